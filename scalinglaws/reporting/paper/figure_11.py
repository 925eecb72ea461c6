"""Figure 11: the loss against size at equal compute, and at equal steps."""

from typing import Any

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, fitted, line, points
from .experiment import Experiment
from .figure import LOSS, NONEMBEDDING, PaperFigure, intervals, panel


def draw(e: Experiment) -> Drawing:
    """Draw the curves of all sizes, cut at a few values of C_min and of S_min."""

    def at_compute() -> list[Mark]:
        return _cut(e, "cut-compute", "C_min", ()) if e.table("cut-compute") else []

    def at_steps() -> list[Mark]:
        return _cut(e, "cut-steps", "S_min", e.line("L(N,S) of N")) if e.table("cut-steps") else []

    e.table("cut-compute")
    panels = (
        panel("(a) equal compute", Axis(NONEMBEDDING), Axis(LOSS), at_compute),
        panel("(b) equal steps", Axis(NONEMBEDDING), Axis(LOSS), at_steps),
    )
    told = (
        "Learning curves of all sizes, interpolated at equal compute (a, FLOPs) and at equal steps (b), both in units "
        "of small and large batches by the measured critical batch. At each compute one size is best. The lines of (b) "
        f"are L(N, S_min). {intervals(e)}"
    )
    return Drawing(panels, told)


def _cut(e: Experiment, table: str, letter: str, lines) -> list[Mark]:
    rows = e.table(table)
    marks: list[Mark] = []
    for place, value in enumerate(np.unique(rows[letter])):
        how: dict[str, Any] = {"colour": SERIES[place % len(SERIES)]}
        here = rows[letter] == value
        x, y = rows["N"][here], rows["loss"][here]
        marks += [mark for one in lines if one.colour_value == value for mark in fitted(one, **how)]
        marks += [] if lines else [line(x, y, thin=True, **how)]
        marks.append(points(x, y, symbol=SYMBOLS[place % len(SYMBOLS)], label=f"{letter} = {value:.3g}", **how))
    return marks


FIGURE = PaperFigure(11, "11-equal-cost", "Loss against size at equal cost", ("F-N", "F-B"), draw)
