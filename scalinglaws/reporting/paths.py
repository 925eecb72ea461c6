"""Names in place of paths: a page that is shared does not reveal the folders of its author."""

import dataclasses
import re
from collections.abc import Mapping
from typing import TypeVar

import numpy as np

_WHOLE = re.compile(r"(\w{2,}:)?(?:[A-Za-z]:[\\/]|~?/)(?!/)[^\n:,]*[\\/]([^\\/\n]+)[\\/]*")
_NAME = r"[^\s\\/'\"<>|,;]+"
_WITHIN = re.compile(rf"(?<![\w/\\.~)\]-])(?:[A-Za-z]:[\\/]|~?/)(?!/)(?:{_NAME}[\\/]+)+({_NAME})[\\/]*")

Record = TypeVar("Record")


def without_paths(record: Record) -> Record:
    """Return a copy of a record in whose texts every absolute path is replaced by its last part."""
    if dataclasses.is_dataclass(record):
        fields = [field.name for field in dataclasses.fields(record) if field.init]
        return dataclasses.replace(record, **{name: without_paths(getattr(record, name)) for name in fields})
    if isinstance(record, Mapping):
        return {key: without_paths(value) for key, value in record.items()}
    if isinstance(record, list | tuple):
        return type(record)(without_paths(value) for value in record)
    if isinstance(record, np.ndarray):
        return _column(record) if record.dtype.kind == "U" else record
    return named(record) if isinstance(record, str) else record


def named(text: str) -> str:
    """Replace absolute paths by their last part: in a text that is one path (text:/home/ann/my notes), or within it."""
    whole = _WHOLE.fullmatch(text)
    return f"{whole[1] or ''}{whole[2]}" if whole else _WITHIN.sub(lambda found: found[1], text)


def _column(values: np.ndarray) -> np.ndarray:
    different, which = np.unique(values, return_inverse=True)
    return np.array([named(str(one)) for one in different])[which.ravel()] if len(different) else values
