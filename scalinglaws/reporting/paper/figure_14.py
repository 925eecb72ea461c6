"""Figure 14: the best size and the steps against compute."""

from ...records.numbers_in_text import interval
from ..drawing.drawing import SERIES, Axis, Drawing, Mark, fitted
from .experiment import Experiment
from .figure import NONEMBEDDING, STEPS, PaperFigure, intervals, panel
from .figure_13 import frontier_points


def draw(e: Experiment) -> Drawing:
    """Draw N* and S* of both frontiers."""

    def size() -> list[Mark]:
        return [
            *_of(e, "envelope", "frontier", "params_nonembedding", "N", "as trained", SERIES[1], "p_N, fixed batch"),
            *_of(
                e,
                "c-min",
                "frontier, C_min",
                "params_nonembedding",
                "N",
                "at a small batch",
                SERIES[2],
                "p_N, frontier",
            ),
        ]

    def steps() -> list[Mark]:
        return _of(e, "c-min", "frontier, C_min", "steps", "S_min", "S_min", SERIES[2], "p_S, frontier")

    e.table("frontier")
    panels = (
        panel("(a) best size", Axis("compute (FLOPs)", pf_days=True), Axis(NONEMBEDDING), size),
        panel("(b) steps", Axis("compute C_min (FLOPs)", pf_days=True), Axis(STEPS), steps),
    )
    told = (
        "The size of the lowest loss at each compute (a) and the least steps there (b), with the power law through "
        "the filled points. A hollow point is a bound: the best size is the smallest or largest trained, or "
        "lies at the "
        f"edge. {intervals(e)}"
    )
    return Drawing(panels, told)


def _of(e: Experiment, method: str, lines: str, quantity: str, column: str, words: str, colour: str, constant: str):
    exponent = e.constant(constant)
    told = f", exponent {interval(exponent.measured)}" if exponent and exponent.measured else ""
    bands = [one for one in e.line(lines) if quantity in one.y_quantity]
    marks = [mark for one in bands for mark in fitted(one, label=words + told, colour=colour)]
    symbol = "o" if method == "envelope" else "s"
    return [*marks, *frontier_points(e, method, column, "" if bands else words, colour, symbol)]


FIGURE = PaperFigure(14, "14-best-size", "The best size and the steps against compute", ("F-N", "F-B"), draw)
