"""A whole column of text as numbers, or as labels, at once."""

from collections.abc import Sequence

import numpy as np

from ..formats.large_text import Cells


def plain_numbers(column: Sequence) -> np.ndarray | None:
    """Read a column of texts each of which is empty or a number, as Python's float does; None for any other column."""
    if isinstance(column, Cells):
        return column.numbers
    if not isinstance(column, list) or set(map(type, column)) != {str}:
        return None
    try:
        return np.fromiter((float(cell or "nan") for cell in column), np.float64, len(column))
    except ValueError:
        return None
