"""The record behind the page as plain JSON values, so that every number on the page can be downloaded."""

import dataclasses
import math
from collections.abc import Mapping

import numpy as np

from ..results.study_results import StudyResults


def plain(results: StudyResults) -> dict:
    """Convert the results to JSON values; points become columns, and numbers that are not finite become null."""
    return {"format": "scalinglaws-study-results-1", **_plain(results)}


def _plain(value):
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, bool | int | float | str) or value is None else str(value)
