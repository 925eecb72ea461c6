"""Figure 19: the least steps and the least tokens to a loss, against size."""

import numpy as np

from ..drawing.drawing import Axis, Drawing, Mark, line, points, scale_of
from .experiment import Experiment
from .figure import LEAST_STEPS, NONEMBEDDING, PaperFigure, panel


def draw(e: Experiment) -> Drawing:
    """Draw S_min and E_min of every size at fixed losses."""
    rows = e.table("least-cost")

    def against(column: str) -> list[Mark]:
        marks: list[Mark] = []
        for loss in np.unique(rows["loss"]):
            here = rows["loss"] == loss
            x, y = rows["N"][here], rows[column][here]
            outside = rows.texts("outside")[here] != ""
            marks.append(line(x, y, size=float(loss), thin=True))
            for kept, words in ((~outside, "B_crit measured there"), (outside, "B_crit extrapolated")):
                if kept.any():
                    marks.append(points(x[kept], y[kept], size=float(loss), label=words, hollow=words.endswith("ated"),
                                        notes=tuple(f"loss {loss:.3f}" for _ in range(int(kept.sum())))))  # fmt: skip
        return marks

    panels = (
        panel("(a) steps", Axis(NONEMBEDDING), Axis(LEAST_STEPS), lambda: against("S_min")),
        panel(
            "(b) tokens", Axis(NONEMBEDDING), Axis("tokens at a small batch E_min (tokens)"), lambda: against("E_min")
        ),
    )
    told = (
        f"The least steps (a) and the least tokens (b) with which each size reaches {len(np.unique(rows['loss']))} "
        "losses, from the learning curves and the measured critical batch. Hollow: a loss outside those of the batch "
        "scan."
    )
    return Drawing(panels, told, scale_of(rows["loss"], "loss (nats per token)"))


FIGURE = PaperFigure(19, "19-sample-efficiency", "Least steps and tokens to a loss", ("F-N", "F-B"), draw)
