"""Figure 2: learning curves against tokens and against compute, coloured by size."""

from ..drawing.drawing import Axis, Drawing, Mark, line
from .experiment import Experiment
from .figure import FLOPS, LOSS, TOKENS, PaperFigure, panel, runs_of, sizes


def draw(e: Experiment) -> Drawing:
    """Draw every curve of the families of sizes."""
    curves = [
        (key, c) for key, c in e.curves_of(e.of("F-N", "F-C", arch="transformer")) if c["params_nonembedding"][0] > 0
    ]

    def against(column: str) -> list[Mark]:
        return [
            line(c[column], c["loss_nats"], size=float(c["params_nonembedding"][0]), thin=True, notes=(key,) * len(c))
            for key, c in curves
        ]

    panels = (
        panel("(a) tokens", Axis(TOKENS), Axis(LOSS), lambda: against("tokens")),
        panel("(b) compute", Axis(FLOPS, pf_days=True), Axis(LOSS), lambda: against("flops_6nd")),
    )
    counts = sorted({float(c["params_nonembedding"][0]) for _, c in curves})
    told = (
        f"Test loss during {runs_of(len(curves), 'run')} of {len(counts)} sizes, warm-up and decay of the rate "
        "included. "
        f"To read a loss, go along it: the larger size gets there with fewer tokens (a); one size gets there with the "
        f"least compute (b)."
    )
    return Drawing(panels, told, sizes(counts))


FIGURE = PaperFigure(2, "02-curves", "Learning curves by size", ("F-N",), draw)
