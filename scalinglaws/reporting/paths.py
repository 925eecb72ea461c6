"""Names in place of paths: a page that is shared does not reveal the folders of its author."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

_WHOLE = re.compile(r"(\w{2,}:)?(?:[A-Za-z]:[\\/]|~?/)(?!/)[^\n:,]*[\\/]([^\\/\n]+)[\\/]*")
_NAME = r"[^\s\\/'\"<>|,;]+"
_WITHIN = re.compile(rf"(?<![\w/\\.~)\]-])(?:[A-Za-z]:[\\/]|~?/)(?!/)(?:{_NAME}[\\/]+)+({_NAME})[\\/]*")

Record = TypeVar("Record")


def without_paths(record: Record) -> Record:
    """Return a copy of a record in whose texts every absolute path is replaced by its last part."""
    copy: Record = _without(record)
    return copy


def _without(part: object) -> Any:
    """Copy a part of a record, of the same type."""
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        fields = [field.name for field in dataclasses.fields(part) if field.init]
        return dataclasses.replace(part, **{name: _without(getattr(part, name)) for name in fields})
    if isinstance(part, Mapping):
        return {key: _without(value) for key, value in part.items()}
    if isinstance(part, list | tuple):
        return type(part)(_without(value) for value in part)
    if isinstance(part, np.ndarray):
        return _column(part) if part.dtype.kind == "U" else part
    return named(part) if isinstance(part, str) else part


def named(text: str) -> str:
    """Replace absolute paths by their last part: in a text that is one path (text:/home/ann/my notes), or within it."""
    whole = _WHOLE.fullmatch(text)
    return f"{whole[1] or ''}{whole[2]}" if whole else _WITHIN.sub(lambda found: found[1], text)


def _column(values: np.ndarray) -> np.ndarray:
    different, which = np.unique(values, return_inverse=True)
    return np.array([named(str(one)) for one in different])[which.ravel()] if len(different) else values
