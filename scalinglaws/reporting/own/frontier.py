"""The compute-optimal model size and tokens against compute (Kaplan et al. 2020, Figure 14 left)."""

from dataclasses import replace

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import typeset
from ...results.letters import flops_of, of_a_table
from ...results.rows_in_fits import why_hollow
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import nothing_drawn, runs_shown
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, Mark, points
from .figure import StudyFigure, about_bands, band_marks, empty_panel
from .laws import COLOURS

PANELS = (("params", "N", "(a) optimal size"), ("tokens", "D", "(b) optimal tokens"))
METHODS = {"envelope": "the envelope of the curves", "isoflop": "the minima of the isoFLOP budgets"}


def draw(results: StudyResults) -> Drawing:
    """Draw the best size and tokens at each compute; those that are not used in the fitted line are hollow."""
    return Drawing(tuple(_panel(results, *one) for one in PANELS), caption(results))


def _panel(results: StudyResults, field: str, letter: str, title: str) -> ChartPanel:
    found, quantity = results.frontier, results.counts[letter]
    own = [band for band in found.bands if band.y_quantity == quantity] if found else []
    bands = [replace(band, text=band.text.replace(quantity, f"{letter}*", 1)) for band in own]
    marks: list[Mark] = [*band_marks(bands, COLOURS)]
    if found and len(found.flops):
        flops, best, out = np.array(found.flops), np.array(getattr(found, field)), np.array(found.censored, dtype=bool)
        reasons = found.reasons or ("",) * len(flops)
        told = tuple(why.replace("-", " ") for why, is_out in zip(reasons, out, strict=True) if is_out)
        label = f"optimum at one budget (n = {int((~out).sum())})"
        marks.append(points(flops[~out], best[~out], label=label, colour=INK))
        label = f"not used in the exponents: {why_hollow(found)}"
        marks.append(points(flops[out], best[out], label=label, colour=INK, hollow=True, notes=told))
    exponent = getattr(found, f"{field}_exponent") if found else None
    words = f"{letter}* ~ C^a, a = {typeset(exponent)}" if exponent else ""
    x = Axis(label_of(bands[0].x_quantity if bands else flops_of(results)), pf_days=True)
    y = label_of(quantity).replace("training tokens D", "optimal tokens D*").replace("parameters N", "parameters N*")
    panel = ChartPanel(title, x, Axis(y), tuple(mark for mark in marks if mark.x), equation=words)
    return empty_panel(panel, results, "no frontier yet")


def caption(results: StudyResults) -> str:
    """Give the method, the number of budgets, why some take no part, and the exponents."""
    found = results.frontier
    if found is None:
        return nothing_drawn(results)
    hollow = (
        f"; hollow symbols are not used in the exponents: {why_hollow(found)}"
        if any(found.censored)
        else ", all used in the exponents"
    )
    method = METHODS.get(found.method, found.method)
    named = (("size", found.params_exponent), ("tokens", found.tokens_exponent), ("loss", found.loss_exponent))
    exponents = ", ".join(f"{words} {typeset(estimate)}" for words, estimate in named if estimate)
    shown = f"Exponents of C: {exponents}. " if exponents else ""
    return (
        f"Compute-optimal model size (a) and tokens (b) against compute, by {method}: "
        f"{counted(len(found.flops), 'budget')}{hollow}. {shown}{about_bands(found.bands)} {runs_shown(results)}"
    )


FIGURE = StudyFigure(
    "frontier",
    "The compute-optimal frontier",
    draw,
    lambda results: results.frontier is not None or not of_a_table(results),
    "no frontier: too few sizes meet at one compute",
)
