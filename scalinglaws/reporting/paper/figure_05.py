"""Figure 5: how little the shape matters at one size."""

import numpy as np

from ..drawing.drawing import SERIES, SYMBOLS, Axis, Drawing, Mark, points
from .experiment import Experiment
from .figure import PaperFigure, panel, runs_of

KNOBS = (
    ("d_ff / d_model", "(a) feed-forward ratio", "d_ff / d_model"),
    ("d_model / n_layer", "(b) aspect ratio", "d_model / n_layer"),
    ("n_heads", "(c) heads", "number of heads"),
)


def draw(e: Experiment) -> Drawing:
    """Draw the loss over the best of each knob's values, corrected to one size."""
    rows = e.table("shapes")
    panels = tuple(
        panel(title, Axis(label), Axis("loss above the best (%)", log=False), lambda knob=knob: _knob(rows, knob))
        for knob, title, label in KNOBS
    )
    horizons = " and ".join(f"{one:.3g}" for one in np.unique(rows["tokens"]))
    told = (
        f"Loss of {runs_of(len(rows), 'shape')} of about N = {np.nanmedian(rows['N']):,.0f} above the best of its "
        f"panel, in per cent, after a correction to one N by L(N); a series per horizon ({horizons} tokens). One "
        "knob is turned at a time, except that N is kept by the width where depth is turned."
    )
    return Drawing(panels, told)


def _knob(rows, knob: str) -> list[Mark]:
    marks: list[Mark] = []
    for place, tokens in enumerate(np.unique(rows["tokens"])):
        here = (rows.texts("knob") == knob) & (rows["tokens"] == tokens)
        one = rows.take(here)
        order = np.argsort(one["value"])
        x, y = one["value"][order], 100 * one["above the best"][order]
        told = tuple(f"(n_layer, d_model, n_heads, d_ff) = {text}" for text in one.texts("shape")[order])
        marks.append(
            points(x, y, colour=SERIES[place], symbol=SYMBOLS[place], label=f"{tokens:.3g} tokens", notes=told)
        )
    return marks


FIGURE = PaperFigure(5, "05-shapes", "Loss against shape at one size", ("F-SHAPE",), draw)
