"""Figure 4: the compute-optimal model size and tokens against compute (Kaplan et al. 2020, Figure 14 left)."""

import numpy as np

from ..records.numbers_in_text import typeset
from ..results.fitted import Band, Estimate, FrontierFound
from ..results.letters import flops_of
from ..results.rows_in_fits import why_hollow
from ..results.study_results import StudyResults
from . import legends, marks
from .axes import add_pf_days, label_of, logarithmic
from .canvas import new_figure
from .captions import nothing_drawn, runs_shown

PANELS = (("params", "N", "(a) optimal size"), ("tokens", "D", "(b) optimal tokens"))


def frontier(results: StudyResults, *, stacked: bool = False):
    """Draw the best size and tokens at each compute; those that are not used in the fitted line are hollow."""
    figure, panels = new_figure(2, stacked=stacked, height=4.0)
    shared = []
    for axes, (field, letter, title) in zip(panels, PANELS, strict=True):
        quantity = results.counts[letter]
        axes.set_label(quantity)
        axes.set_title(title)
        shared += _panel(axes, results, quantity, field, letter)
    legends.legend_shared(figure, shared, stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def _panel(axes, results: StudyResults, quantity: str, field: str, letter: str) -> list:
    """Draw one panel and return the legend entries that it shares with the other."""
    found = results.frontier
    flops = np.array(found.flops if found else ())
    best = np.array(getattr(found, field) if found else ())
    bands = [band for band in found.bands if band.y_quantity == quantity] if found else []
    if not len(flops):
        legends.say_missing(axes, results, "no frontier yet")
    dots = _dots(axes, flops, best, found) if found and len(flops) else []
    exponent = getattr(found, f"{field}_exponent") if found else None
    own = [legends.proxy("", _power(letter, exponent))] if exponent else []
    for band, colour in zip(bands, marks.LINES, strict=False):
        marks.draw_band(axes, band, colour)
    legends.legend_inside(axes, own, corner="upper left")
    logarithmic(axes, "x", [*flops, *(value for band in bands for value in band.x)])
    logarithmic(axes, "y", [*best, *(value for band in bands for value in _ends(band))], headroom=0.08)
    axes.set_xlabel(label_of(bands[0].x_quantity if bands else flops_of(results)))
    axes.set_ylabel(
        label_of(quantity).replace("training tokens D", "optimal tokens D*").replace("parameters N", "parameters N*")
    )
    add_pf_days(axes)
    return [*dots, *legends.extrapolation_entry(bands), *legends.interval_entry(bands)]


def _ends(band: Band) -> list[float]:
    """Return the values that the axis must show: the line, and its interval up to a factor of 30 from the line."""
    low, high = min(band.y) / 30, max(band.y) * 30
    return [*band.y, *(end for end in (*band.low, *band.high) if end is not None and low <= end <= high)]


def _dots(axes, flops, best, found: FrontierFound) -> list:
    censored = np.array(found.censored, dtype=bool)
    label = axes.get_label()
    axes.scatter(flops[~censored], best[~censored], s=24, color=marks.INK, zorder=4, gid=f"{label}-optima")
    axes.scatter(
        flops[censored],
        best[censored],
        s=24,
        facecolors="none",
        edgecolors=marks.INK,
        linewidths=0.9,
        zorder=4,
        gid=f"{label}-censored",
    )
    entries = []
    if not censored.all():
        entries.append(legends.proxy("o", f"optimum at one budget (n = {(~censored).sum()})", color=marks.INK))
    if censored.any():
        words = f"not used in the exponents: {why_hollow(found)}"
        entries.append(legends.proxy("o", legends.wrapped(words), markerfacecolor="none", markeredgecolor=marks.INK))
    return entries


def _power(letter: str, exponent: Estimate | None) -> str:
    if exponent is None:
        return ""
    return rf"${letter}^* \propto C^{{a}}$,  a = {typeset(exponent)}"


def caption_frontier(results: StudyResults) -> str:
    """Write the caption of figure 4."""
    found = results.frontier
    if found is None:
        return nothing_drawn(results)
    hollow = (
        f"; hollow symbols are not used in the exponents: {why_hollow(found)}"
        if any(found.censored)
        else ", all used in the exponents"
    )
    method = "the envelope of the curves" if found.method == "envelope" else found.method
    exponents = ", ".join(
        f"{words} {typeset(estimate)}"
        for words, estimate in (
            ("size", found.params_exponent),
            ("tokens", found.tokens_exponent),
            ("loss", found.loss_exponent),
        )
        if estimate
    )
    shown = f"Exponents of C: {exponents}. " if exponents else ""
    return (
        f"Compute-optimal model size (a) and tokens (b) against compute, by {method}: {len(found.flops)} budgets"
        f"{hollow}. "
        f"{shown}{runs_shown(results)}"
    )
