"""Figure 15: where the laws of compute and of data would contradict each other."""

from ...records.numbers_in_text import UNDETERMINED, between, number
from ...results.attempt import Lacking
from ..drawing.drawing import SERIES, Axis, Drawing, Mark, fitted, points
from .experiment import Experiment
from .figure import LOSS, PaperFigure, intervals, panel
from .figure_13 import frontier_points


def draw(e: Experiment) -> Drawing:
    """Draw L(C_min) and L(D) at the data that C_min allows, from the runs to where they cross."""
    rows = e.table("contradiction")
    at = dict(zip(rows.texts("quantity"), zip(rows["value"], rows["low"], rows["high"], strict=True), strict=True))
    if not e.line("L(C_min), far"):
        raise Lacking(e.missing.get("L(C_min), far", "").removeprefix("needs "))

    def marks() -> list[Mark]:
        found: list[Mark] = []
        for name, colour in (("L(C_min), far", SERIES[2]), ("L(D(C_min)), far", SERIES[0])):
            for one in e.line(name):
                found += fitted(one, label=one.text, colour=colour)
        found += frontier_points(e, "c-min", "loss", "measured frontier", SERIES[2], "s")
        cross = points(
            [at["flops"][0]], [at["loss_nats"][0]], colour=SERIES[1], symbol="X", label="the lines cross here"
        )
        return [*found, cross]

    told = (
        "Compute-efficient training uses D = 2 C_min / (6 N) tokens; where L(D) would lie above L(C_min), the laws "
        f"contradict each other and must have broken before{where(*at['flops'])}. {intervals(e)}"
    )
    return Drawing((panel("", Axis("compute C_min (FLOPs)", pf_days=True), Axis(LOSS), marks),), told)


def where(flops: float, low: float, high: float) -> str:
    """Say at which compute the laws contradict each other, or that it is not determined."""
    ends = between(low, high, ".3g")
    known = flops > 0 and UNDETERMINED not in ends
    return f": at C_min = {number(flops)} FLOPs {ends}" if known else "; these runs do not determine where"


FIGURE = PaperFigure(15, "15-contradiction", "Where the laws contradict each other", ("F-N", "F-B", "F-ND"), draw)
