"""Figure 12: what it costs to train another size than the best."""

import numpy as np

from ...errors import counted
from ...results.attempt import attempt
from ..drawing.drawing import Axis, Drawing, Mark, fitted, points, scale_of
from .experiment import Experiment
from .figure import PaperFigure, intervals, panel


def draw(e: Experiment) -> Drawing:
    """Draw excess compute and steps against N / N_eff: by the measured exponents, and measured at equal losses."""
    rows = attempt(lambda: e.table("off-the-best"), lambda why: None)

    def against(name: str, column: str) -> list[Mark]:
        bands = e.line(name)
        marks = [mark for one in bands for mark in fitted(one, label="eq B.16 and B.17, measured exponents")]
        if rows is not None:
            losses = [f"loss {loss:.3f}" for loss in rows["loss"]]
            marks.append(points(rows["N / N_eff"], rows[column], size=tuple(rows["loss"]) if _several(rows) else None,
                                label="measured at equal loss", notes=tuple(losses)))  # fmt: skip
        return marks

    x = Axis("size over the best size, N / N_eff")
    panels = (
        panel(
            "(a) compute", x, Axis("compute over the least, C / C_eff"), lambda: against("excess compute", "C / C_eff")
        ),
        panel("(b) steps", x, Axis("steps over those of the best size"), lambda: against("excess steps", "S / S_eff")),
    )
    count = 0 if rows is None else len(np.unique(rows["loss"]))
    told = (
        "Compute and steps that a size needs to reach a loss, over those of the size that needs the least compute. "
        f"Points: sizes at {counted(count, 'value')} of the loss whose cheapest size lies between two others, at the "
        f"trained batch, where the law speaks of the critical one. {intervals(e)}"
    )
    scale = scale_of(rows["loss"], "loss (nats per token)") if rows is not None else None
    return Drawing(panels, told, scale)


def _several(rows) -> bool:
    return len(np.unique(rows["loss"])) > 1


FIGURE = PaperFigure(12, "12-off-the-best", "What another size than the best costs", ("F-N", "F-B"), draw)
