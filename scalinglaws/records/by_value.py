"""What a record holds, as one hashable value: two records are equal where these are."""

import dataclasses
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

NOT_A_NUMBER = "not a number"  # unlike NaN it equals itself


def content(value: Any) -> Hashable:
    """Turn a value into one that compares by what it holds: arrays by their entries, NaN equal to NaN.

    A list equals a tuple of the same entries, as JSON knows no difference; fields declared with `compare=False` take no
    part; what is no data (a function) stands for itself.
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and not value.ndim):
        return content(value.item())
    if isinstance(value, np.ndarray):
        return ("array", value.shape, value.dtype.kind, _entries(value))
    if isinstance(value, float) and value != value:
        return NOT_A_NUMBER
    if isinstance(value, Mapping):
        return ("mapping", frozenset((key, content(one)) for key, one in value.items()))
    if isinstance(value, tuple | list):
        return tuple(content(one) for one in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return (
            type(value),
            *(content(getattr(value, field.name)) for field in dataclasses.fields(value) if field.compare),
        )
    return value


def _entries(array: np.ndarray) -> Hashable:
    if array.dtype.kind != "f":
        return tuple(array.ravel().tolist())
    plain = np.where(np.isnan(array), np.nan, array + 0.0)  # one NaN, and no sign of a zero
    return plain.astype(np.float64).tobytes()
