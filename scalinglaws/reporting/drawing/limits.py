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


def leaves(drawing: Drawing, panel: ChartPanel) -> bool:
    """Whether an interval extends beyond its panel: no axis is stretched by one."""
    values = limits_of(panel.y, "y", marks_of_y(drawing, panel))
    ends = [end for mark in panel.marks if mark.kind == "band" for end in (*mark.low, *mark.high) if end is not None]
    if not (values and ends):
        return False
    if panel.y.log:
        return max(ends) > 1.2 * max(values) or min(ends) < min(values) / 1.2
    spare = 0.2 * (max(values) - min(values))
    return max(ends) > max(values) + spare or min(ends) < min(values) - spare


def _near(mark: Mark) -> list[float]:
    """Give the ends of bars that are near their value; those of an area, where there is nothing else."""
    if mark.kind == "band":
        return [end for end in (*mark.low, *mark.high) if end is not None]
    pairs = [(value, end) for ends in (mark.low, mark.high) for value, end in zip(mark.y, ends, strict=False)]
    return [end for value, end in pairs if end is not None and (value <= 0 or 0.33 < end / value < 3)]
