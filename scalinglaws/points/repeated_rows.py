"""Rows that repeat an earlier one in every column, as of a file that was appended twice: they take no part."""

import numpy as np

from ..errors import counted
from .points import Points


def without_repeated(points: Points) -> tuple[Points, list[str]]:
    """Mark every row that repeats an earlier one in all columns; give the points and a note on their number."""
    alike = _may_repeat(points)
    if not len(alike):
        return points, []
    first: dict[tuple, int] = {}
    because = list(points["excluded_because"]) if "excluded_because" in points else [""] * len(points)
    columns = [v[alike].tolist() for name, v in points.columns.items() if name != "excluded_because"]
    repeated = 0
    for i, row in zip(alike.tolist(), zip(*columns, strict=True), strict=True):
        key = tuple(None if value != value else value for value in row)
        j = first.setdefault(key, i)
        if j != i and not because[i]:
            because[i] = f"repeats row {j + 1} in every column"
            repeated += 1
    if not repeated:
        return points, []
    note = f"{counted(repeated, 'row')} repeat an earlier row in every column and take no part"
    return points.replace(excluded_because=because), [note.replace("row repeat", "row repeats", 1)]


def _may_repeat(points: Points) -> np.ndarray:
    """Number the rows whose hash over all columns is that of another row, in their order."""
    hashed = np.zeros(len(points), dtype=np.uint64)
    for name, values in points.columns.items():
        if name != "excluded_because":
            number = values.dtype.kind == "f"
            codes = (
                np.where(values == values, values + 0.0, np.nan).view(np.uint64) if number else points.distinct(name)[1]
            )
            hashed = (hashed ^ codes.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
            hashed ^= hashed >> np.uint64(32)
    _, which, counts = np.unique(hashed, return_inverse=True, return_counts=True)
    return np.flatnonzero(counts[which.reshape(-1)] > 1)
