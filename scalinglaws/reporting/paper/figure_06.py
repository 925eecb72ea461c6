"""Figure 6: sizes counted with and without embeddings, by depth."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, points
from .experiment import Experiment
from .figure import EVERY, LOSS, NONEMBEDDING, PaperFigure, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw the losses at one horizon against both counts, a series per depth."""
    runs = e.of("F-N", "F-C", "F-SEED", "F-SHAPE", arch="transformer")
    tokens, counts = np.unique(runs["tokens"], return_counts=True)
    depths = [len(np.unique(runs["n_layer"][runs["tokens"] == one])) for one in tokens]
    best = max(range(len(tokens)), key=lambda i: (depths[i], counts[i]))
    runs = runs.take(runs["tokens"] == tokens[best])
    if "tokenizer" in runs:
        names, each = np.unique(runs["tokenizer"], return_counts=True)
        runs = runs.take(runs["tokenizer"] == names[each.argmax()])

    def against(column: str) -> list[Mark]:
        marks = []
        for place, depth in enumerate(np.unique(runs["n_layer"])):
            rows = (runs["n_layer"] == depth) & (runs[column] > 0)
            if rows.any():
                label = f"{depth:.0f} layer" + "s" * int(depth != 1)
                told = tuple(runs["run_id"][rows].tolist())
                marks.append(points(runs[column][rows], runs["loss_nats"][rows], colour=SERIES[place % len(SERIES)],
                                    symbol=SYMBOLS[place % len(SYMBOLS)], label=label, notes=told))  # fmt: skip
        return marks

    panels = (
        panel("(a) all parameters", Axis(EVERY), Axis(LOSS), lambda: against("params_total")),
        panel("(b) without embeddings", Axis(NONEMBEDDING), Axis(LOSS), lambda: against("params_nonembedding")),
    )
    told = (
        f"Test loss of {runs_of(len(runs))} at {tokens[best]:,.0f} tokens against both counts of parameters, a symbol "
        "per depth. Models without layers have no place in (b)."
    )
    return Drawing(panels, told)


FIGURE = PaperFigure(6, "06-embeddings", "Size with and without embeddings", ("F-N", "F-SHAPE"), draw)
