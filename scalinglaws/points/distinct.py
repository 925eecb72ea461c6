"""The different values of a column, and where each row's value is among them."""

from collections import defaultdict
from itertools import chain, count

import numpy as np

PART = 1 << 14  # rows whose text is held as texts of Python at once


def distinct(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the sorted values, and the place of each row's value among them: `numpy.unique`, faster for text.

    Args:
        values: array of shape (rows,), of numbers or of text; NaN is one value.

    Returns:
        arrays of shapes (values,) and (rows,).
    """
    if values.dtype.kind != "U":
        different, place = np.unique(values, return_inverse=True)
        return different, place.reshape(-1)
    seen: defaultdict[str, int] = defaultdict(count().__next__)
    texts = chain.from_iterable(values[at : at + PART].tolist() for at in range(0, len(values), PART))
    found = np.fromiter(map(seen.__getitem__, texts), np.intp, len(values))
    different = np.array(list(seen), dtype=values.dtype)
    order = np.argsort(different)
    rank = np.empty(len(order), dtype=np.intp)
    rank[order] = np.arange(len(order))
    return different[order], rank[found]
