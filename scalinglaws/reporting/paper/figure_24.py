"""Figure 24: depth and the loss on other texts."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, line, points
from .experiment import Experiment
from .figure import LOSS, PaperFigure, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw the losses on every text against depth at one size."""
    rows = e.table("transfer-depth")
    texts = [name.removeprefix("offset, ") for name in rows.columns if name.startswith("offset, ")]

    def marks() -> list[Mark]:
        order = np.argsort(rows["n_layer"])
        depth, own = rows["n_layer"][order], rows["loss"][order]
        found: list[Mark] = []
        for place, text in enumerate(["", *texts]):
            y = own if not text else own + rows[f"offset, {text}"][order]
            how = {"colour": SERIES[place % len(SERIES)]}
            found.append(line(depth, y, thin=True, **how))
            found.append(
                points(depth, y, symbol=SYMBOLS[place % len(SYMBOLS)], label=text or "the training text", **how)
            )
        return found

    told = (
        f"Test loss of {runs_of(len(rows), 'model')} of about N = {np.median(rows['N']):,.0f} against depth, on "
        "the text "
        f"of training and on {len(texts)} others. If depth did not matter to transfer, the distances between the lines "
        "would not change."
    )
    x = Axis("layers", ticks=tuple(np.unique(rows["n_layer"]).tolist()))
    return Drawing((panel("", x, Axis(LOSS), marks),), told)


FIGURE = PaperFigure(24, "24-depth-and-texts", "Depth and the loss on other texts", ("F-SHAPE", "F-OOD"), draw)
