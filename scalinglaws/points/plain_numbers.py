"""A whole column of text as numbers, at once where every cell is one."""

from collections.abc import Sequence

import numpy as np


def plain_numbers(column: Sequence) -> np.ndarray | None:
    """Read a list of texts each of which is a number, as Python's float does; None for any other column."""
    if not isinstance(column, list) or not all(type(value) is str for value in column):
        return None
    try:
        return np.array(column, dtype=np.float64)
    except ValueError:
        return None
