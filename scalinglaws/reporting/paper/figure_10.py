"""Figure 10: the critical batch and the gradient noise scale against the loss."""

import numpy as np

from ...results.attempt import attempt
from ..drawing.drawing import Axis, Drawing, Mark, fitted, points, scale_of
from .experiment import Experiment
from .figure import NONEMBEDDING, PaperFigure, panel


def draw(e: Experiment) -> Drawing:
    """Draw both against the loss, coloured by size."""
    batches = e.table("critical-batch")
    noise = attempt(lambda: e.table("noise-scale"), lambda why: None)
    used = batches.texts("not used") == ""

    def marks() -> list[Mark]:
        found: list[Mark] = []
        low, high = batches["low"], batches["high"]
        for kept, label in ((used, "critical batch, by the scan"), (~used, "not used in the fit")):
            if kept.any():
                found.append(points(batches["loss"][kept], batches["B_crit"][kept], low=low[kept], high=high[kept],
                                    size=tuple(batches["N"][kept]), label=label, hollow=label.startswith("not"),
                                    notes=tuple(batches.texts("not used")[kept])))  # fmt: skip
        if noise is not None:
            error = np.nan_to_num(noise["standard error"])
            found.append(points(noise["loss"], noise["noise scale"], low=noise["noise scale"] - 2 * error,
                                high=noise["noise scale"] + 2 * error, size=tuple(noise["N"]), symbol="s", hollow=True,
                                label="gradient noise scale, 2 standard errors"))  # fmt: skip
        return [*(mark for one in e.line("B_crit(L)") for mark in fitted(one, label=one.text)), *found]

    axes = Axis("test loss L (nats per token)", reversed=True), Axis("batch (tokens)")
    told = (
        f"The batch at which time and text are equally well spent, at {int(used.sum())} pairs of size and loss "
        f"({int((~used).sum())} more not used), and the gradient noise scale at constant rate. The paper plots the "
        "training loss; no text is repeated here, so that the test loss takes its place. Bars are 95% intervals."
    )
    every = [*batches["N"], *(noise["N"] if noise is not None else ())]
    return Drawing((panel("", *axes, marks),), told, scale_of(every, NONEMBEDDING))


FIGURE = PaperFigure(10, "10-critical-batch", "The critical batch against the loss", ("F-B", "F-GNS"), draw)
