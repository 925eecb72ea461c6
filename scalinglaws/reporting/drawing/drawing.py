"""What a figure is: panels with axes and marks, a scale of colours and a caption; nothing here draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...results.fitted import Band

INK, SOFT = "#1b1f24", "#8b929c"
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#1b1f24", "#7c3aed")  # Okabe and Ito 2008
SYMBOLS = ("o", "s", "D", "^", "v", "P", "X", "h")  # one per series as well: never by colour alone


@dataclass(frozen=True)
class Axis:
    """One axis: its label with the unit, its scale, and whether it runs from high to low.

    Attributes:
        limits: ends; by default those of the points and lines, never those of an interval.
        pf_days: whether a second axis shows FLOPs in PF-days.
        ticks: the values that have ticks, by default chosen by the scale; words: what stands there in place of them.
    """

    label: str
    log: bool = True
    reversed: bool = False
    limits: tuple[float, float] | None = None
    pf_days: bool = False
    ticks: tuple[float, ...] = ()
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mark:
    """Points, a line or a band of one series.

    Attributes:
        kind: "points", "line" or "band" (an interval, or an area between `low` and `high`).
        low, high: ends of the interval of each value; points have them as bars.
        label: entry in the legend; empty for none.
        size: value on the drawing's scale of colours, one for all or one per point; else `colour` holds.
        dashed: for a line beyond the data; hollow: for points that take no part in a fit.
        notes: what is said of each point under the pointer.
    """

    kind: str
    x: tuple[float, ...]
    y: tuple[float, ...] = ()
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    label: str = ""
    size: float | tuple[float, ...] | None = None
    colour: str = INK
    symbol: str = "o"
    dashed: bool = False
    dotted: bool = False
    hollow: bool = False
    thin: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChartPanel:
    """One panel; with `missing` it is empty and says what it needs."""

    title: str
    x: Axis
    y: Axis
    marks: tuple[Mark, ...] = ()
    missing: str = ""
    equation: str = ""


@dataclass(frozen=True)
class Scale:
    """The scale of colours over the logarithm of a quantity."""

    label: str
    low: float
    high: float


@dataclass(frozen=True)
class Drawing:
    """A figure: one or more panels, what the colours mean, and the caption.

    Attributes:
        same_y: one scale of y for all panels.
        note: what stands above the panels of a picture, such as how many runs are missing.
    """

    panels: tuple[ChartPanel, ...]
    caption: str = ""
    scale: Scale | None = None
    same_y: bool = False
    note: str = ""


def points(x, y, **more) -> Mark:
    """Make the mark of points; values that are not finite are left out."""
    return _mark("points", x, y, more)


def line(x, y, **more) -> Mark:
    """Make the mark of a line."""
    return _mark("line", x, y, more)


def band(x, low, high, **more) -> Mark:
    """Make the mark of an interval or an area."""
    return Mark("band", _floats(x), low=_ends(low), high=_ends(high), **more)


def _mark(kind: str, x, y, more: dict) -> Mark:
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    good = np.isfinite(x) & np.isfinite(y)
    for name in ("low", "high", "notes"):
        if len(more.get(name, ())):
            more[name] = tuple(one for one, keep in zip(more[name], good, strict=True) if keep)
    if isinstance(more.get("size"), Sequence | np.ndarray):
        more["size"] = _floats(np.asarray(more["size"], dtype=float)[good])
    for name in ("low", "high"):
        if name in more:
            more[name] = _ends(more[name])
    return Mark(kind, _floats(x[good]), _floats(y[good]), **more)


def _floats(values) -> tuple[float, ...]:
    return tuple(float(one) for one in values)


def _ends(values) -> tuple[float | None, ...]:
    return tuple(None if one is None or not np.isfinite(one) else float(one) for one in values)


def fitted(one: Band, *, label: str = "", size: float | None = None, colour: str = INK) -> list[Mark]:
    """Make the marks of a fitted line: solid over its data, dashed beyond, and its interval as a band."""
    x, y = np.array(one.x), np.array(one.y)
    first, last = one.fitted_to
    inside = (x >= first * (1 - 1e-9)) & (x <= last * (1 + 1e-9))
    how = {"size": size, "colour": colour}
    marks = []
    if any(end is not None for end in (*one.low, *one.high)):
        known = [low is not None and high is not None for low, high in zip(one.low, one.high, strict=True)]
        ends = ([end for end, keep in zip(each, known, strict=True) if keep] for each in (one.low, one.high))
        marks.append(band(x[known], *ends, **how))
    before, after = x <= first, x >= last
    for rows, dashed in ((inside, False), (before, True), (after, True)):
        near = rows if dashed else _with_neighbours(rows)
        if near.sum() > 1:
            marks.append(line(x[near], y[near], dashed=dashed, label="" if dashed else label, **how))
    return marks


def _with_neighbours(rows: np.ndarray) -> np.ndarray:
    """Mark the values next to marked ones too, so that a solid and a dashed line meet."""
    found = rows.copy()
    found[1:] |= rows[:-1]
    found[:-1] |= rows[1:]
    return found


def scale_of(values, label: str) -> Scale | None:
    """Make the scale of colours over these positive values; None without two different ones."""
    good = [float(one) for one in np.ravel(values) if np.isfinite(one) and one > 0]
    return Scale(label, min(good), max(good)) if len(set(good)) > 1 else None
