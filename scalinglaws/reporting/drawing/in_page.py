"""A drawing for the page: the values that `charts.js` gives to the chart library, with colours and ends of axes."""

from typing import Any

import numpy as np

from ...records.numbers_in_text import powers
from ..axes import limits
from ..colours import LIGHTEST, PALETTE
from ..markup import formula
from .drawing import Drawing, Mark, Scale
from .limits import limits_of, marks_of_y

STOPS = 9  # of the scale of colours
DIGITS = 5  # of every number: a screen shows no more


def chart_of(drawing: Drawing) -> dict[str, Any]:
    """Give the panels with their marks as plain values; None stands for what is not there."""
    return {
        "panels": [
            {
                "title": powers(panel.title),
                "equation": formula(panel.equation),
                "missing": panel.missing,
                "x": _axis(panel.x, limits_of(panel.x, "x", panel.marks)),
                "y": _axis(panel.y, limits_of(panel.y, "y", marks_of_y(drawing, panel))),
                "marks": [_mark(mark, drawing.scale) for mark in panel.marks if mark.x],
            }
            for panel in drawing.panels
        ],
        "scale": _scale(drawing.scale),
    }


def _axis(axis, values: list[float]) -> dict[str, Any]:
    ends: list[float] = []
    if axis.limits is not None:
        ends = [*axis.limits]
    elif axis.log and values:
        ends = [*limits(values)]
    elif values:
        pad = 0.04 * (max(values) - min(values) or 1.0)
        ends = [min(values) - pad, max(values) + pad]
    given = np.log10(ends).tolist() if axis.log and ends else ends
    told = {"label": axis.label, "log": axis.log, "range": _short(given[::-1] if axis.reversed else given)}
    ticks = {"ticks": list(axis.ticks), "words": list(axis.words)} if axis.ticks else {}
    return told | ticks | ({"flops": True} if axis.pf_days else {})


def _mark(mark: Mark, scale: Scale | None) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": mark.kind, "x": _short(mark.x), "colour": _colours(mark, scale)}
    for name in ("y", "low", "high"):
        if getattr(mark, name):
            found[name] = _short(getattr(mark, name))
    for name in ("dashed", "dotted", "hollow", "thin"):
        if getattr(mark, name):
            found[name] = True
    if mark.label:
        found["label"] = powers(mark.label)
    if mark.notes:
        found["notes"] = mark.notes[0] if len({*mark.notes}) == 1 else list(mark.notes)
    return found | ({"symbol": mark.symbol} if mark.kind == "points" else {})


def _short(values) -> list[float | None]:
    return [None if one is None or not np.isfinite(one) else float(f"{one:.{DIGITS}g}") for one in values]


def _colours(mark: Mark, scale: Scale | None) -> str | list[str]:
    if mark.size is None or scale is None:
        return mark.colour
    many = isinstance(mark.size, tuple)
    found = _of_scale(np.atleast_1d(mark.size), scale)
    return found if many else found[0]


def _of_scale(values: np.ndarray, scale: Scale) -> list[str]:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    share = np.log(np.maximum(values, scale.low) / scale.low) / np.log(scale.high / scale.low)
    return [to_hex(one) for one in colormaps[PALETTE](LIGHTEST * np.clip(share, 0, 1))]


def _scale(scale: Scale | None) -> dict[str, Any] | None:
    if scale is None:
        return None
    ends = np.geomspace(scale.low, scale.high, STOPS)
    return {"label": scale.label, "low": scale.low, "high": scale.high, "colours": _of_scale(ends, scale)}
