"""Figure 22: schedules of the learning rate."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, line, points
from .experiment import Experiment
from .figure import LOSS, STEPS, PaperFigure, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw each schedule against the step, and the final loss against the sum of the rates."""
    runs = e.of("F-LR")
    names = sorted({*runs["lr_schedule"].tolist()})

    def rates() -> list[Mark]:
        marks = []
        for place, name in enumerate(names):
            curves = e.curves_of(runs.take(runs["lr_schedule"] == name))
            if curves:
                _, one = curves[0]
                marks.append(line(one["steps"], one["lr"], colour=SERIES[place % len(SERIES)], label=name))
        return marks

    def losses() -> list[Mark]:
        marks = []
        for place, name in enumerate(names):
            rows = runs["lr_schedule"] == name
            marks.append(points(runs["lr_sum"][rows], runs["loss_nats"][rows], colour=SERIES[place % len(SERIES)],
                                symbol=SYMBOLS[place % len(SYMBOLS)], label=name,
                                notes=tuple(runs["run_id"][rows].tolist())))  # fmt: skip
        return marks

    panels = (
        panel("(a) the schedules", Axis(STEPS, log=False), Axis("learning rate", log=False), rates),
        panel(
            "(b) their losses", Axis("learning rate summed over the steps", log=False), Axis(LOSS, log=False), losses
        ),
    )
    spread = float(np.ptp(runs["loss_nats"]))
    told = (
        f"{runs_of(len(runs))} of N = {runs['params_nonembedding'][0]:,.0f} with {len(names)} schedules; a "
        "point per seed "
        f"in (b), where all losses span {spread:.3f} nats."
    )
    return Drawing(panels, told)


FIGURE = PaperFigure(22, "22-schedules", "Schedules of the learning rate", ("F-LR",), draw)
