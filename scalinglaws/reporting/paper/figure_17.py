"""Figure 17: models that use their layers several times."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, points
from .experiment import Experiment
from .figure import LOSS, PaperFigure, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw recurrent and plain Transformers against parameters, counted once and at every use."""
    rows = e.table("recurrent")

    def against(reused: bool) -> list[Mark]:
        factor = rows["reuse"] if reused else 1.0
        plain_n, plain = (rows["N"] * factor, rows["plain at reuse x N" if reused else "plain at N"])
        order = np.argsort(plain_n)
        marks = [points(plain_n[order], plain[order], colour=SERIES[0], label="plain, interpolated between sizes")]
        kinds = sorted({(r, s) for r, s in zip(rows["reuse"], rows.texts("sharing"), strict=True)})
        for place, (reuse, sharing) in enumerate(kinds, 1):
            here = (rows["reuse"] == reuse) & (rows.texts("sharing") == sharing)
            marks.append(points((rows["N"] * factor)[here], rows["loss"][here], colour=SERIES[place % len(SERIES)],
                                symbol=SYMBOLS[place % len(SYMBOLS)], 
                                label=f"used {reuse:.0f} times, {sharing}"))  # fmt: skip
        return marks

    panels = (
        panel("(a) every use counted", Axis("parameters with reuse (parameters)"), Axis(LOSS), lambda: against(True)),
        panel("(b) parameters counted once", Axis("parameters N (parameters)"), Axis(LOSS), lambda: against(False)),
    )
    told = (
        f"{runs_of(len(rows), 'recurrent Transformer')} beside plain ones: at equal compute (a), where reuse counts as "
        "size, and at equal parameters (b)."
    )
    return Drawing(panels, told)


FIGURE = PaperFigure(17, "17-recurrent", "Layers used several times", ("F-UT", "F-N"), draw)
