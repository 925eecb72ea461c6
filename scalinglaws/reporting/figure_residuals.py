"""Figure 6: the residuals of the main law, against size and against tokens."""

import numpy as np

from ..results.letters import loss_of
from ..results.rows_in_fits import fitted_rows, held_out_rows
from ..results.sentences import main_fit
from ..results.study_results import StudyResults
from . import legends, marks
from .axes import label_of, logarithmic
from .canvas import new_figure
from .captions import runs_shown
from .colours import add_colour_bar, size_colours

PANELS = (("N", "(a) against size"), ("D", "(b) against tokens"))


def residuals(results: StudyResults, *, stacked: bool = False):
    """Draw the points' `residual_log` in percent of the loss; a trend along either axis shows a misfit of the law."""
    figure, panels = new_figure(2, stacked=stacked, height=3.7)
    colours = size_colours(results)
    for axes, (letter, title) in zip(panels, PANELS, strict=True):
        quantity = results.counts[letter]
        axes.set_label(f"residual-{quantity}")
        axes.set_title(title)
        entries = _panel(axes, results, quantity, colours)
    legends.legend_shared(figure, entries, stacked=stacked)
    if has_residuals(results):
        add_colour_bar(figure, panels, results, colours, stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def has_residuals(results: StudyResults) -> bool:
    """Say whether the record has residuals to draw."""
    return "residual_log" in results.points and bool(np.isfinite(results.points["residual_log"]).any())


def _panel(axes, results: StudyResults, quantity: str, colours) -> list:
    points, entries = results.points, []
    known = has_residuals(results) and quantity in points
    if known:
        rows = np.isfinite(points["residual_log"]) & (points[quantity] > 0)
        kept, held = fitted_rows(results), held_out_rows(results)
        entries = [
            entry
            for entry in (
                _part(axes, results, quantity, colours, rows & kept, "in the fit"),
                _part(axes, results, quantity, colours, rows & held, "held out"),
            )
            if entry
        ]
    else:
        legends.say_missing(axes, results, "no residuals yet")
    axes.axhline(0.0, color=marks.INK, linewidth=0.8)
    logarithmic(axes, "x", points[quantity].tolist() if known else [])
    axes.set_xlabel(label_of(quantity))
    axes.set_ylabel("ln(measured / fitted loss) (%)")
    return entries


def _part(axes, results, quantity, colours, rows, words):
    if not rows.any():
        return None
    points, held = results.points, words == "held out"
    percent = 100 * points["residual_log"][rows]
    if "loss_nats_sem" in points and loss_of(results) == "loss_nats":
        error = 100 * points["loss_nats_sem"][rows] / points["loss_nats"][rows]
        axes.errorbar(
            points[quantity][rows], percent, error, fmt="none", ecolor=legends.FAINT, elinewidth=0.8, zorder=2
        )
    colour = marks.STAR if held else marks.colour_of(results, colours, rows)
    marker, size = ("*", 95) if held else ("o", 26)
    axes.scatter(
        points[quantity][rows],
        percent,
        s=size,
        c=colour,
        marker=marker,
        edgecolors="white",
        linewidths=0.5,
        zorder=3,
        rasterized=marks.many(results),
        gid=f"{axes.get_label()}-{words.replace(' ', '-')}",
    )
    return legends.proxy(
        marker,
        f"{words} (n = {rows.sum()})",
        markerfacecolor=marks.STAR if held else marks.MIDDLE,
        markeredgecolor="white",
        markersize=10 if held else 6,
    )


def caption_residuals(results: StudyResults) -> str:
    """Write the caption of figure 6."""
    fit = main_fit(results)
    known = "loss_nats_sem" in results.points
    bars = "; error bars: standard error of the finite test set" if known else ""
    left = f", rms {100 * fit.rms_log:.2f}%" if fit else ""
    return (
        f"Residuals of {fit.law if fit else 'the main law'} against model size (a) and tokens (b){left}"
        f"{bars}. {runs_shown(results)}"
    )
