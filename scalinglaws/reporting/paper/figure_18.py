"""Figure 18: steps against tokens at equal loss."""

from functools import partial

import numpy as np

from ..drawing.drawing import Axis, Drawing, Mark, line, points, scale_of
from .experiment import Experiment
from .figure import STEPS, TOKENS, PaperFigure, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw what each batch takes to a loss, and the hyperbola of S_min and E_min, a panel per size."""
    rows, found = e.table("isoquants"), e.table("critical-batch")
    panels = []
    for place, n in enumerate(np.unique(np.round(rows["N"]))):
        here = np.abs(rows["N"] / n - 1) < 0.01
        of_size = found.take((np.abs(found["N"] / n - 1) < 0.01) & (found.texts("not used") == ""))
        panels.append(panel(f"({'abcdef'[place]}) N = {n:,.0f}", Axis(STEPS), Axis(TOKENS),
                            partial(_isoquants, rows.take(here), of_size)))  # fmt: skip
    told = (
        f"Steps and tokens that {runs_of(len(np.unique(rows['batch'])), 'batch size')} need to reach a loss, "
        "each at its "
        "best rate, at every third loss of the scan. Lines: (S/S_min - 1)(E/E_min - 1) = 1 with S_min and B_crit = "
        "E_min / S_min fitted at that loss."
    )
    return Drawing(tuple(panels), told, scale_of(rows["loss"], "test loss (nats per token)"))


def _isoquants(rows, law) -> list[Mark]:
    marks: list[Mark] = []
    for loss in np.unique(rows["loss"])[::3]:
        here = rows["loss"] == loss
        x, y = rows["steps"][here], rows["tokens"][here]
        marks.append(
            points(
                x, y, size=float(loss), label="measured", notes=tuple(f"batch {b:,.0f}" for b in rows["batch"][here])
            )
        )
        at = np.flatnonzero(np.abs(law["loss"] / loss - 1) < 1e-6)
        if len(at):
            least, critical = law["S_min"][at[0]], law["B_crit"][at[0]]
            steps = np.geomspace(max(x.min(), least * 1.02), x.max(), 50)
            marks.append(line(steps, least * critical / (1 - least / steps), size=float(loss), label="fitted"))
    return marks


FIGURE = PaperFigure(18, "18-steps-and-tokens", "Steps against tokens at equal loss", ("F-B",), draw)
