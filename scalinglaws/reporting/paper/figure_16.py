"""Figure 16: when to stop on little text, and the gap between test and training."""

import numpy as np

from ...results.attempt import Lacking
from ..drawing.drawing import Axis, Drawing, Mark, line, points, scale_of
from .experiment import Experiment
from .figure import DATA, STEPS, PaperFigure, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw the step of the lowest test loss against its bound, and both losses of the largest size."""

    def bound() -> list[Mark]:
        rows = e.table("early-stopping")
        told = tuple(f"N = {n:,.0f}, D = {d:,.0f}" for n, d in zip(rows["N"], rows["D"], strict=True))
        ends = np.array([min(*rows["bound"], *rows["S_min"]), max(*rows["bound"], *rows["S_min"])])
        return [
            line(ends, ends, dotted=True, label="the bound: no run may lie below"),
            points(rows["bound"], rows["S_min"], size=tuple(rows["D"]), label="runs that stopped early", notes=told),
        ]

    runs = e.of("F-ND", "F-D")
    largest = runs.take(runs["params_nonembedding"] == runs["params_nonembedding"].max())

    def both() -> list[Mark]:
        curves = e.curves_of(largest)
        if not curves:
            raise Lacking("family F-ND (curves of 0 runs present)")
        marks: list[Mark] = []
        for run_id, one in curves:
            row = np.flatnonzero(largest["run_id"] == run_id)[0]
            size = float(largest["tokens"][row] / largest["epochs"][row])
            marks.append(line(one["steps"], one["loss_nats"], size=size, label="test loss"))
            marks.append(
                line(one["steps"], one["loss_train_nats"], size=size, thin=True, dashed=True, label="training loss")
            )
        return marks

    data = runs["tokens"] / runs["epochs"]
    panels = (
        panel("(a) when to stop", Axis("bound S_c (L(N,D) - L(N,inf))^(-1/alpha_S) (steps)"),
              Axis("lowest test loss at S_min (steps)"), bound),
        panel("(b) test and training", Axis(STEPS), Axis("loss (nats per token)"), both),
    )  # fmt: skip
    told = (
        "(a) The step of the lowest test loss, in units of S_min, against the lower bound of eq 5.7. (b) Test loss "
        f"(solid) and training loss (dashed) of {runs_of(len(largest))} of N = "
        f"{largest['params_nonembedding'][0]:,.0f} "
        "on subsets of the text; the gap between them is larger than the excess of the test loss."
    )
    return Drawing(panels, told, scale_of(data, DATA))


FIGURE = PaperFigure(16, "16-early-stopping", "When to stop on little text", ("F-ND", "F-N", "F-B"), draw)
