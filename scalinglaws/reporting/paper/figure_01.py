"""Figure 1: test loss against compute, data and size, each a power law."""

from ...results.attempt import Lacking
from ..drawing.drawing import Axis, Drawing, Mark, fitted, line, points
from .experiment import Experiment
from .figure import DATA, FLOPS, LOSS, NONEMBEDDING, PaperFigure, intervals, panel, runs_of, sizes

OPEN = "hollow: a bound, in no fit"


def draw(e: Experiment) -> Drawing:
    """Draw the three power laws over the points that they were fitted to, and the learning curves."""
    ladder = e.of("F-N", "F-C", arch="transformer")
    curves = e.curves_of(ladder)

    def by_compute() -> tuple[list[Mark], str]:
        thin = [line(c["flops_6nd"], c["loss_nats"], size=float(c["params_nonembedding"][0]), thin=True)
                for _, c in curves if c["params_nonembedding"][0] > 0]  # fmt: skip
        rows = e.table("frontier")
        rows = rows.take(rows.texts("frontier") == "envelope")
        taken = rows.texts("censored") == ""
        best = points(rows["FLOPs"][taken], rows["loss"][taken], label="lowest loss at a compute", colour="#d55e00")
        out = points(rows["FLOPs"][~taken], rows["loss"][~taken], label=OPEN, colour="#d55e00", hollow=True,
                     notes=tuple(rows.texts("censored")[~taken]))  # fmt: skip
        return _over(e, "L(C)", [*thin, best, out])

    def by_data() -> tuple[list[Mark], str]:
        rows = e.table("data-trend")
        return _over(
            e, "L(D)", [points(rows["D"], rows["loss"], size=tuple(rows["N"]), label="largest model, on subsets")]
        )

    def by_size() -> tuple[list[Mark], str]:
        rows = e.table("size-trend")
        return _over(
            e, "L(N)", [points(rows["N"], rows["loss"], size=tuple(rows["N"]), label="each size, longest horizon")]
        )

    panels = (
        panel("(a) compute", Axis(FLOPS, pf_days=True), Axis(LOSS), by_compute),
        panel("(b) data", Axis(DATA), Axis(LOSS), by_data),
        panel("(c) size", Axis(NONEMBEDDING), Axis(LOSS), by_size),
    )
    told = (
        f"Test loss against compute (a, thin: {runs_of(len(curves), 'learning curve')}), against the text of "
        "the largest "
        f"model trained on subsets (b), and against size at the longest horizon that all sizes have (c). "
        f"In (a) a hollow point is a budget that takes no part in the fit. L(D) is that of one size; "
        f"the claims S1 and S6 divide out what the size limits, so that their exponent of D is larger. {intervals(e)}"
    )
    return Drawing(panels, told, sizes(ladder["params_nonembedding"]), same_y=True)


def _over(e: Experiment, name: str, marks: list[Mark]) -> tuple[list[Mark], str]:
    bands = e.line(name)
    if not bands and not any(mark.x for mark in marks):
        raise Lacking(e.missing.get(name, "").removeprefix("needs "))
    lines = [mark for one in bands for mark in fitted(one, label=one.text)]
    return [*lines, *marks], "" if bands else f"no {name} fit"


FIGURE = PaperFigure(1, "01-power-laws", "Loss against compute, data and size", ("F-N", "F-ND"), draw)
