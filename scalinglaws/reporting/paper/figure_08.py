"""Figure 8: the loss on other texts, against size and against the loss on the text of training."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, line, points
from .experiment import Experiment
from .figure import LOSS, NONEMBEDDING, PaperFigure, panel, runs_of

OTHER = "loss_nats@"


def texts_of(columns) -> list[str]:
    """Name the other texts on which the runs were evaluated; places in the context are no texts."""
    return [
        name.removeprefix(OTHER) for name in columns if name.startswith(OTHER) and not name.startswith(f"{OTHER}T=")
    ]


def draw(e: Experiment) -> Drawing:
    """Draw the losses of the longest runs on every text, and the losses during training against each other."""
    runs = e.of("F-OOD", "F-N", arch="transformer")
    longest = runs.take((runs["tokens"] == runs["tokens"].max()) & (runs["n_layer"] > 1))
    texts = texts_of(runs.columns)

    def by_size() -> list[Mark]:
        marks = [
            points(longest["params_nonembedding"], longest["loss_nats"], label="the training text", colour=SERIES[0])
        ]
        for place, text in enumerate(texts, 1):
            marks.append(points(longest["params_nonembedding"], longest[OTHER + text], label=text,
                                colour=SERIES[place % len(SERIES)], symbol=SYMBOLS[place % len(SYMBOLS)]))  # fmt: skip
        return marks

    def by_loss() -> list[Mark]:
        marks: list[Mark] = []
        along = e.curves_of(longest)
        for place, text in enumerate(texts, 1):
            how = {"colour": SERIES[place % len(SERIES)]}
            marks += [
                line(c["loss_nats"], c[OTHER + text], thin=True, dashed=True, **how)
                for _, c in along
                if OTHER + text in c
            ]
            marks.append(points(longest["loss_nats"], longest[OTHER + text], label=text,
                                symbol=SYMBOLS[place % len(SYMBOLS)], **how))  # fmt: skip
        values = np.array([min(longest["loss_nats"]), max(longest["loss_nats"])])
        marks.append(line(values, values, dotted=True, label="the same loss on both"))
        return marks

    panels = (
        panel("(a) size", Axis(NONEMBEDDING), Axis(LOSS), by_size),
        panel("(b) loss on the training text", Axis("loss on the training text (nats per token)", reversed=True),
              Axis("loss on another text (nats per token)", reversed=True), by_loss),
    )  # fmt: skip
    told = (
        f"{runs_of(len(longest))} of {longest['tokens'].max():,.0f} tokens, evaluated on their own text and on "
        f"{len(texts)} others. In (b) points are finished runs and dashed lines the same runs during training."
    )
    return Drawing(panels, told)


FIGURE = PaperFigure(8, "08-other-texts", "Loss on other texts", ("F-OOD", "F-N"), draw)
