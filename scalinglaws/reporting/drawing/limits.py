"""What an axis must show: points, lines and near bars, and never the ends of a band."""

import numpy as np

from .drawing import Axis, ChartPanel, Drawing, Mark


def limits_of(axis: Axis, which: str, marks: tuple[Mark, ...]) -> list[float]:
    """Give the values that an axis must show: those of points, bars near them and lines, and never those of a band."""
    if axis.limits is not None:
        return list(axis.limits)
    shown = [mark for mark in marks if mark.kind != "band"] or list(marks)
    values = [one for mark in shown for one in (mark.x if which == "x" else (*mark.y, *_near(mark)))]
    return [one for one in values if np.isfinite(one) and (one > 0 or not axis.log)]


def marks_of_y(drawing: Drawing, panel: ChartPanel) -> tuple[Mark, ...]:
    """Give the marks that set the axis of y of a panel: those of all panels where they share one scale."""
    return tuple(mark for one in drawing.panels for mark in one.marks) if drawing.same_y else panel.marks


def _near(mark: Mark) -> list[float]:
    """Give the ends of bars that do not extend far beyond their value; those of an area, where there is "
    "nothing else."""
    if mark.kind == "band":
        return [end for end in (*mark.low, *mark.high) if end is not None]
    pairs = [(value, end) for ends in (mark.low, mark.high) for value, end in zip(mark.y, ends, strict=False)]
    return [end for value, end in pairs if end is not None and (value <= 0 or 0.33 < end / value < 3)]
