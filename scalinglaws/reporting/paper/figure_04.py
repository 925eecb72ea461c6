"""Figure 4: the joint laws L(N, D) and L(N, S_min) over their points."""

from ..drawing.drawing import Axis, Drawing, Mark, fitted, points
from .experiment import Experiment
from .figure import DATA, LEAST_STEPS, LOSS, PaperFigure, intervals, panel, runs_of, sizes


def draw(e: Experiment) -> Drawing:
    """Draw the loss against data at every size, and the learning curves in units of S_min."""
    rows = e.table("overfitting")
    out = rows.texts("left out") != ""

    def by_data() -> list[Mark]:
        marks = [mark for one in e.line("L(N,D) of D") for mark in fitted(one, size=one.colour_value, label="L(N, D)")]
        for kept, label in ((~out, "early stopped"), (out, "left out of the fit")):
            told = tuple(f"N = {n:,.0f}; {why or 'in the fit'}"
                         for n, why in zip(rows["N"][kept], rows.texts("left out")[kept], strict=True))  # fmt: skip
            if kept.any():
                marks.append(points(rows["D"][kept], rows["loss"][kept], size=tuple(rows["N"][kept]), label=label,
                                    hollow=label.startswith("left"), notes=told))  # fmt: skip
        return marks

    def by_steps() -> list[Mark]:
        lines = e.line("L(N,S) of S")
        thin = [mark for one in lines for mark in fitted(one, size=one.colour_value, label="L(N, S_min)")]
        cut = e.table("least-cost")
        steps = points(cut["S_min"], cut["loss"], size=tuple(cut["N"]), label="measured: the step that reaches a loss")
        return [*thin, steps]

    panels = (
        panel("(a) data", Axis(DATA), Axis(LOSS), by_data),
        panel("(b) steps", Axis(LEAST_STEPS), Axis(LOSS), by_steps),
    )
    told = (
        f"(a) Lowest test loss of {runs_of(len(rows))} on subsets of the text ({int(out.sum())} left out of the fit, "
        "hollow), with L(N, D) at each size. (b) The steps to fixed losses, in units of S_min by the measured critical "
        f"batch, with L(N, S_min) at each size. {intervals(e)}"
    )
    return Drawing(panels, told, sizes([*rows["N"], *(one.colour_value or 1 for one in e.line("L(N,S) of S"))]))


FIGURE = PaperFigure(
    4, "04-joint-laws", "Loss against data, and against steps, at every size", ("F-ND", "F-N", "F-B"), draw
)
