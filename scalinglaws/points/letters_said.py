"""What the letters of a law or a forecast count in a table, in one line."""

from collections.abc import Mapping

import numpy as np

from ..errors import argument
from ..quantities import playing
from .points import Points


def letters_said(columns: Mapping[str, str], points: Points | None = None) -> str:
    """Say which column each letter is, and how to choose another count of the size that is there.

    Args:
        columns: letter -> column.
        points: the table, for its other counts.
    """
    said = ", ".join(f"{letter} = {column}" for letter, column in columns.items())
    size = columns.get("N", "")
    others = [name for name in playing("params") if points and name != size and _counts_else(points, name, size)]
    return f"{said}; for another count of the size: {argument(map={'N': others[0]})}" if others else said


def _counts_else(points: Points, name: str, size: str) -> bool:
    if size not in points or name not in points:
        return False
    one, other = points.kept[size], points.kept[name]
    return bool(np.any(np.isfinite(other)) and not np.allclose(one, other, equal_nan=True))
