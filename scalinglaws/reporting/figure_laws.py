"""Figure 1: test loss against compute, tokens and parameters, with power laws (Kaplan et al. 2020, Figure 1)."""

from collections.abc import Sequence

import numpy as np

from ..results.fitted import Band, LearningCurve
from ..results.letters import flops_of, loss_of, of_a_table, tokens_of
from ..results.rows_in_fits import fitted_rows
from ..results.study_results import StudyResults
from . import legends, marks
from .axes import add_pf_days, label_of, logarithmic
from .canvas import new_figure
from .captions import floor_line, nothing_drawn, points_drawn
from .colours import add_colour_bar, size_colours

PANELS = (
    ("L(C)", "C", "(a) compute"),
    ("L(D)", "D", "(b) tokens"),
    ("L(N)", "N", "(c) size"),
)


def laws(results: StudyResults, *, stacked: bool = False):
    """Draw the loss against compute (with learning curves and frontier), tokens and size, with fits and intervals."""
    figure, panels = new_figure(len(PANELS), stacked=stacked, height=4.2)
    colours = size_colours(results)
    shared = []
    for axes, (law, letter, title) in reversed([*zip(panels, PANELS, strict=True)]):
        axes.set_label(law)
        legends.title(axes, title, stacked=stacked, over_axis=True)
        shared += law_panel(axes, results, law, results.counts[letter], colours)
    if len(results.points) or results.curves:
        add_colour_bar(figure, panels, results, colours, stacked=stacked)
    legends.legend_shared(figure, shared, stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def law_panel(axes, results: StudyResults, law: str, quantity: str, colours) -> list:
    """Draw one panel and return the legend entries that it shares with the others."""
    bands = results.bands.get(law, ())
    quantity = bands[0].x_quantity if bands else quantity
    curves = results.curves if law == "L(C)" else ()
    rows = fitted_rows(results, bands, named=True)
    points = marks.draw_points(axes, results, quantity, loss_of(results), colours, rows, counted=False)
    lines = marks.draw_curves(axes, curves, lambda curve: compute_along(results, curve, quantity), colours)
    if law == "L(C)" and quantity == flops_of(results):
        lines += _frontier(axes, results)
    if not points and not lines:
        legends.say_missing(axes, results, f"no points for {law} yet")
    own = _fits(axes, results, law, bands, int(rows.sum())) if points else []
    _scales(axes, results, bands, quantity, curves, headroom=0.05 + 0.075 * len(own))
    legends.legend_inside(axes, own)
    about_lines = [*legends.extrapolation_entry(bands), *legends.interval_entry(bands)]
    return [*points, *about_lines, *lines, *marks.draw_floor(axes, results)]


def _fits(axes, results: StudyResults, law: str, bands: Sequence[Band], n: int) -> list:
    if not bands:
        return [legends.proxy("", legends.no_fit(results, law))]
    entries = []
    for band, colour in zip(bands, marks.LINES, strict=False):
        entries += marks.draw_band(axes, band, colour)
    return [*entries, legends.proxy("", f"fitted to n = {n} points")]


def _frontier(axes, results: StudyResults) -> list:
    """Draw the lowest measured loss at each compute, where no smaller budget reached a loss as low; this is no fit."""
    found = results.frontier
    if found is None:
        return []
    part = [(c, loss) for c, loss, out in zip(found.flops, found.loss_nats, found.censored, strict=True) if not out]
    lowest = [pair for k, pair in enumerate(part) if all(pair[1] < before for _, before in part[:k])]
    if len(lowest) < 2:
        return []
    axes.plot(
        *zip(*lowest, strict=True),
        color="#0f766e",
        linewidth=1.3,
        linestyle=(0, (1, 1.1)),
        zorder=3,
        gid="L(C)-frontier",
    )
    return [
        legends.proxy(
            "", f"compute-efficient frontier ({found.method})", color="#0f766e", linestyle=(0, (1, 1.1)), linewidth=1.3
        )
    ]


def compute_along(results: StudyResults, curve: LearningCurve, quantity: str) -> Sequence[float]:
    """Return the compute along a learning curve by another count: the FLOPs per token are constant during a run."""
    points = results.points
    if quantity == flops_of(results) or quantity not in points or "run_id" not in points:
        return curve.flops_6nd
    row = np.flatnonzero(points["run_id"] == curve.run_id)
    if not len(row):
        return [np.nan] * len(curve.tokens)
    per_token = points[quantity][row[0]] / points[tokens_of(results)][row[0]]
    return [tokens * per_token for tokens in curve.tokens]


def _scales(axes, results, bands, quantity, curves, headroom) -> None:
    points = results.points
    x = [value for band in bands for value in band.x]
    y = [value for band in bands for value in band.y]
    if quantity in points:
        x += points[quantity].tolist()
    if loss_of(results) in points:
        y += points[loss_of(results)].tolist()
    if curves:
        x += [value for curve in curves for value in compute_along(results, curve, quantity)]
        y += [value for curve in curves for value in curve.loss_nats]
    y += [results.true_floor_nats] if results.true_floor_nats else []
    logarithmic(axes, "x", x)
    logarithmic(axes, "y", y, headroom=headroom)
    axes.set_xlabel(label_of(quantity))
    axes.set_ylabel(label_of(loss_of(results)))
    if quantity.startswith("flops"):
        add_pf_days(axes)


def caption_laws(results: StudyResults) -> str:
    """Write the caption of figure 1."""
    if not len(results.points):
        return nothing_drawn(results)
    drawn, table = points_drawn(results), of_a_table(results)
    loss = "Loss" if table else "Test loss"
    seen = [w for w, here in (("learning curves", results.curves), ("frontier", results.frontier)) if here or not table]
    along = f" with {' and '.join(seen)}" if seen else ""
    return (
        f"{loss} against training compute{along} (a), training tokens (b) and model size (c). {drawn} "
        f"Each line is fitted to the filled points of its panel; shaded bands are intervals of the fitted line; "
        f"dashed parts are extrapolated.{floor_line(results)}"
    )
