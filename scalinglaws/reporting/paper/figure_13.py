"""Figure 13: the lowest loss against compute, as trained and at a small batch."""

from ..drawing.drawing import SERIES, Axis, Drawing, Mark, fitted, line, points
from .experiment import Experiment
from .figure import LOSS, PaperFigure, intervals, panel, runs_of, sizes

WAYS = (("envelope", "L(C)", "as trained, C = 6ND", "o"), ("c-min", "L(C_min)", "at a small batch, C_min", "s"))


def frontier_points(e: Experiment, method: str, column: str, label: str, colour: str, symbol: str) -> list[Mark]:
    """Make the points of a frontier: filled where they are in its fit, hollow with the reason where they are not."""
    rows = e.table("frontier")
    rows = rows.take(rows.texts("frontier") == method)
    reasons = rows.texts("censored")
    marks = []
    for kept, words in ((reasons == "", label), (reasons != "", "hollow: a bound, in no fit")):
        if kept.any():
            marks.append(points(rows["FLOPs"][kept], rows[column][kept], colour=colour, symbol=symbol, label=words,
                                hollow=words.startswith("hollow"), notes=tuple(reasons[kept])))  # fmt: skip
    return marks


def draw(e: Experiment) -> Drawing:
    """Draw both frontiers over the learning curves of all sizes; those of one layer too."""
    curves = e.curves_of(e.of("F-N", "F-C", arch="transformer"))
    curves = [(key, one) for key, one in curves if one["params_nonembedding"][0] > 0]

    def marks() -> list[Mark]:
        found = [line(one["flops_6nd"], one["loss_nats"], size=float(one["params_nonembedding"][0]), thin=True)
                 for _, one in curves]  # fmt: skip
        for (method, law, words, symbol), colour in zip(WAYS, SERIES[1:], strict=False):
            for one in e.line(law):
                found += fitted(one, label=one.text, colour=colour)
            found += frontier_points(e, method, "loss", words, colour, symbol)
        return found

    told = (
        f"The lowest loss at each compute over {runs_of(len(curves), 'learning curve')}: as trained at one batch, and "
        "with each curve moved to the compute it would need at a small batch. Only the second may be extrapolated. "
        f"{intervals(e)}"
    )
    scale = sizes([one["params_nonembedding"][0] for _, one in curves])
    return Drawing((panel("", Axis("compute (FLOPs)", pf_days=True), Axis(LOSS), marks),), told, scale)


FIGURE = PaperFigure(13, "13-frontier-loss", "The lowest loss against compute", ("F-N", "F-B"), draw)
