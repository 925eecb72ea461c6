"""Figure 7: LSTMs beside Transformers, by size and by place in the context."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, line, points
from .experiment import Experiment
from .figure import LOSS, NONEMBEDDING, PLACE, PLACE_LOSS, PaperFigure, panel, runs_of

MOST_PAIRS = 3


def draw(e: Experiment) -> Drawing:
    """Draw both architectures against size, and their loss along the context at the sizes of the LSTMs."""
    lstm = e.of("F-LSTM", arch="lstm")
    horizon = float(np.unique(lstm["tokens"]).max())

    def by_size() -> list[Mark]:
        plain = e.of("F-N", "F-SEED", arch="transformer")
        plain = plain.take((plain["tokens"] == horizon) & (plain["n_layer"] > 1))
        marks = [points(plain["params_nonembedding"], plain["loss_nats"], label="Transformer", colour=SERIES[0])]
        for place, depth in enumerate(np.unique(lstm["n_layer"]), 1):
            rows = lstm["n_layer"] == depth
            label = f"LSTM, {depth:.0f} layer" + "s" * int(depth != 1)
            marks.append(points(lstm["params_nonembedding"][rows], lstm["loss_nats"][rows], label=label,
                                colour=SERIES[place], symbol=SYMBOLS[place]))  # fmt: skip
        return marks

    def by_place() -> list[Mark]:
        plain = e.of("F-N", "F-SEED", arch="transformer")
        plain = plain.take(plain["tokens"] == horizon)
        marks: list[Mark] = []
        order = np.argsort(lstm["params_nonembedding"])
        for place, row in enumerate(order[np.unique(np.linspace(0, len(order) - 1, MOST_PAIRS).round().astype(int))]):
            n = lstm["params_nonembedding"][row]
            near = int(np.abs(np.log(np.maximum(plain["params_nonembedding"], 1) / n)).argmin())
            other = plain["run_id"][near], plain["params_nonembedding"][near], "Transformer", False
            for run_id, size, words, dotted in ((lstm["run_id"][row], n, "LSTM", True), other):
                rows = e.by_place()["run_id"] == run_id
                label = f"{words}, N = {size:,.0f}"
                marks.append(line(e.by_place()["position"][rows], e.by_place()["loss_nats"][rows], colour=SERIES[place],
                                  label=label, dotted=dotted, thin=not dotted))  # fmt: skip
        return marks

    panels = (
        panel("(a) size", Axis(NONEMBEDDING), Axis(LOSS), by_size),
        panel("(b) place in the context", Axis(PLACE), Axis(PLACE_LOSS), by_place),
    )
    told = (
        f"{runs_of(len(lstm), 'LSTM')} and the Transformers of the families of sizes at {horizon:,.0f} tokens. In (b) "
        "each LSTM (dotted) stands beside the Transformer of the nearest size (line of the same colour)."
    )
    return Drawing(panels, told)


FIGURE = PaperFigure(7, "07-lstm", "LSTMs beside Transformers", ("F-LSTM", "F-N"), draw)
