"""Figure 20: the loss by place in the context, at the end and during training."""

import numpy as np

from ...points.points import Points
from ...results.attempt import Lacking
from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, line, points, scale_of
from .experiment import Experiment, Rows
from .figure import PLACE, PLACE_LOSS, STEPS, PaperFigure, panel, runs_of, sizes

SAME = 0.01  # of the loss at T = 1: a fit whose ends lie elsewhere is of another run of this size
AT = "loss_nats@T="


def draw(e: Experiment) -> Drawing:
    """Draw the losses by place of the longest runs with a + b T^-p, and those of the largest model as it trains."""
    runs = e.of("F-N", arch="transformer")
    runs = runs.take(
        (runs["tokens"] == runs["tokens"].max()) & (runs["n_layer"] > 1) & (runs["seed"] == runs["seed"].min())
    )
    fits = e.table("positions")

    def at_the_end() -> list[Mark]:
        marks: list[Mark] = []
        for run_id, n, tokens in zip(runs["run_id"], runs["params_nonembedding"], runs["tokens"], strict=True):
            rows = e.by_place()["run_id"] == run_id
            marks.append(line(e.by_place()["position"][rows], e.by_place()["loss_nats"][rows], size=float(n), thin=True,
                              label="measured"))  # fmt: skip
            marks += _fitted(fits, float(n), float(tokens), e.by_place().take(rows))
        if not marks:
            raise Lacking("the losses by place of family F-N")
        return marks

    largest = runs.take(runs["params_nonembedding"] == runs["params_nonembedding"].max())
    places = sorted(float(name.removeprefix(AT)) for name in e.curves.columns if name.startswith(AT))

    def during() -> list[Mark]:
        found = e.curves_of(largest)
        if not found or not places:
            raise Lacking("the losses by place during training of family F-N")
        curve = found[0][1]
        return [
            points(curve["steps"], curve[f"{AT}{place:g}"], colour=SERIES[k % len(SERIES)], label=f"T = {place:g}",
                   symbol=SYMBOLS[k % len(SYMBOLS)], thin=True)
            for k, place in enumerate(places)
        ]  # fmt: skip

    panels = (
        panel("(a) at the end", Axis(PLACE), Axis(PLACE_LOSS), at_the_end),
        panel("(b) the largest size as it trains", Axis(STEPS), Axis(PLACE_LOSS), during),
    )
    told = (
        f"(a) The loss at each place of the context for {runs_of(len(runs))} of {runs['tokens'].max():,.0f} "
        "tokens, with a + b T^-p fitted where they determine it. (b) The losses of the largest of them at a few places "
        "against the step."
    )
    return Drawing(panels, told, sizes(runs["params_nonembedding"]) or scale_of([1, 10], ""))


def _fitted(fits: Rows, n: float, tokens: float, measured: Points) -> list[Mark]:
    """Make the line of the fit whose ends are those of these losses; none where they determine no fit."""
    here = (fits.texts("arch") == "transformer") & (fits["N"] == n) & (fits["tokens"] == tokens)
    at = np.flatnonzero(here & np.isfinite(fits["p"]) & (fits["context"] == fits["context"].max()))
    if not len(at) or not len(measured):
        return []
    first, last = measured["loss_nats"][[0, -1]]
    away = np.abs(fits["at T = 1"][at] - first) + np.abs(fits["last"][at] - last)
    if away.min() > SAME * first:
        return []
    a, b, p = (fits[name][at[away.argmin()]] for name in ("a", "b", "p"))
    x = np.geomspace(1, measured["position"].max(), 50)
    return [line(x, a + b * x**-p, size=n, label="a + b T^-p")]


FIGURE = PaperFigure(20, "20-places", "Loss by place in the context", ("F-N",), draw)
