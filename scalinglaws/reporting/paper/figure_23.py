"""Figure 23: the power law of size against the logarithm."""

from ..drawing.drawing import SERIES, Axis, Drawing, Mark, fitted, points
from .experiment import Experiment
from .figure import LOSS, NONEMBEDDING, PaperFigure, intervals, panel


def draw(e: Experiment) -> Drawing:
    """Draw both forms over the losses of all sizes."""
    rows, trends = e.table("size-trend"), e.table("trends")
    better = dict(zip(trends.texts("trend"), trends["AIC over the logarithm"], strict=True)).get("L(N)", float("nan"))

    def marks() -> list[Mark]:
        lines = [mark for name, colour in (("L(N)", SERIES[0]), ("logarithm", SERIES[1])) for one in e.line(name)
                 for mark in fitted(one, label=one.text, colour=colour)]  # fmt: skip
        return [
            *lines,
            points(rows["N"], rows["loss"], label="measured", notes=tuple(f"N = {n:,.0f}" for n in rows["N"])),
        ]

    told = (
        f"Test loss of {len(rows)} sizes at {rows['tokens'][0]:,.0f} tokens, with a power law and with b ln(N_0 "
        "/ N), both "
        f"of two constants. AIC of the logarithm minus that of the power law: {better:.1f} (above zero the "
        "power law is "
        f"better). {intervals(e)}"
    )
    return Drawing((panel("", Axis(NONEMBEDDING), Axis(LOSS), marks),), told)


FIGURE = PaperFigure(23, "23-power-or-logarithm", "A power law or a logarithm", ("F-N",), draw)
