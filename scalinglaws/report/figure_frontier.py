"""Figure 4: the compute-optimal model size and tokens against compute (Kaplan et al. 2020, Figure 14 left)."""

import numpy as np

from ..results import Estimate, StudyResults
from . import marks
from .axes import add_pf_days, label_of, logarithmic
from .canvas import new_figure
from .numbers import interval

PANELS = (("params_nonembedding", "params", "N", "a  optimal size"), ("tokens", "tokens", "D", "b  optimal tokens"))


def frontier(results: StudyResults, *, stacked: bool = False):
    """Draw the best size and tokens at each compute; a bound (the best model was the smallest or largest) is hollow."""
    figure, panels = new_figure(2, stacked=stacked, width=4.4, height=4.0)
    for axes, (quantity, field, letter, title) in zip(panels, PANELS, strict=True):
        axes.set_label(quantity)
        axes.set_title(title)
        _panel(axes, results, quantity, field, letter)
    marks.note_missing(figure, results)
    return figure


def _panel(axes, results: StudyResults, quantity: str, field: str, letter: str) -> None:
    found = results.frontier
    flops = np.array(found.flops if found else ())
    best = np.array(getattr(found, field) if found else ())
    bands = [band for band in found.bands if band.y_quantity == quantity] if found else []
    if not len(flops):
        marks.say_missing(axes, results, "no frontier yet")
    entries = _dots(axes, flops, best, np.array(found.censored, dtype=bool)) if len(flops) else []
    exponent = getattr(found, f"{field}_exponent") if found else None
    for band, colour in zip(bands, marks.LINES, strict=False):
        entries += marks.draw_band(axes, band, colour, name=_power(letter, exponent) if band is bands[0] else "")
    if exponent and not bands:
        entries.append(marks.proxy("", _power(letter, exponent)))
    entries += marks.extrapolation_entry(bands)
    logarithmic(axes, "x", [*flops, *(value for band in bands for value in band.x)])
    logarithmic(axes, "y", [*best, *(value for band in bands for value in (*band.y, *band.low, *band.high) if value is not None)])
    axes.set_xlabel(label_of(bands[0].x_quantity if bands else "flops_6nd"))
    axes.set_ylabel(label_of(quantity).replace("training tokens D", "optimal tokens D*").replace("parameters N", "parameters N*"))
    add_pf_days(axes)
    marks.legend_below(axes, entries)


def _dots(axes, flops, best, censored) -> list:
    label = axes.get_label()
    axes.scatter(flops[~censored], best[~censored], s=24, color=marks.INK, zorder=4, gid=f"{label}-optima")
    axes.scatter(flops[censored], best[censored], s=24, facecolors="none", edgecolors=marks.INK, linewidths=0.9, zorder=4,
                 gid=f"{label}-censored")  # fmt: skip
    entries = [marks.proxy("o", f"best of the sizes present (n = {(~censored).sum()})", color=marks.INK)]
    if censored.any():
        words = f"a bound: the best was the smallest or largest present (n = {censored.sum()})"
        entries.append(marks.proxy("o", words, markerfacecolor="none", markeredgecolor=marks.INK))
    return entries


def _power(letter: str, exponent: Estimate | None) -> str:
    if exponent is None:
        return ""
    return rf"${letter}^* \propto C^{{a}}$,  a = {interval(exponent)}"
