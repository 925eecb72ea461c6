"""Records to JSON and back, every digit and every NaN kept: what is read equals what was written.

The JSON that commands print (`to_plain`) is for other programs, and writes NaN as null; this is for `from_json`.
"""

import dataclasses
import json
import types
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

from ..errors import MisuseError
from .json_values import parse_json

ARRAY, NUMBER, NAMED = "$array", "$number", "$named"  # keys that mark what JSON has no word for
KIND = "record"  # key of the name of a record's class


def written(record: Any) -> str:
    """Write a dataclass as JSON, with the name of its class.

    An object that has `named_in_json`, as a law has, is written by its name.

    Raises:
        MisuseError: it holds something that is no data, such as a function.
    """
    return json.dumps({KIND: type(record).__name__, **_fields(record)}, allow_nan=False)


def read(kind: type, text: str, named: Sequence[Any] = ()) -> Any:
    """Make a record of class `kind` from what `written` wrote.

    Args:
        named: objects written by their names that their class does not know: laws of one's own.

    Raises:
        MisuseError: it is no such JSON.
    """
    with _blamed(kind):
        return made(kind, _checked(kind, text), tuple(named))


def read_part(kind: type, field: str, part: Any, text: str, named: Sequence[Any] = ()) -> Any:
    """Make one field of a record of class `kind`, itself of class `part`.

    Raises:
        MisuseError: it is no such JSON.
    """
    with _blamed(kind):
        return _value(part, _checked(kind, text)[field], tuple(named))


@contextmanager
def _blamed(kind: type) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError, KeyError, AttributeError) as failure:
        raise MisuseError(
            f"this is no JSON of a {kind.__name__}: {failure}. Give the text that its to_json() wrote."
        ) from None


def _checked(kind: type, text: str) -> dict[str, Any]:
    values = parse_json(text)
    if not isinstance(values, dict) or values.pop(KIND, None) != kind.__name__:
        raise ValueError("it does not name that record")
    return values


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(record, field.name)) for field in dataclasses.fields(record)}


def _plain(value: Any) -> Any:
    if hasattr(value, "named_in_json"):
        return {NAMED: value.named_in_json()}
    if isinstance(value, np.ndarray | np.generic) and not isinstance(value, float):
        array = np.asarray(value)
        entries = [_plain(one) for one in array.ravel().tolist()]
        return {ARRAY: {"type": array.dtype.str, "shape": list(array.shape), "entries": entries}}
    if isinstance(value, float):
        return float(value) if np.isfinite(value) else {NUMBER: str(float(value))}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, tuple | list | frozenset | set):
        return [_plain(one) for one in (value if isinstance(value, tuple | list) else sorted(value))]
    if dataclasses.is_dataclass(value):
        return _fields(value)
    if value is None or isinstance(value, str | int):
        return value
    raise MisuseError(f"{type(value).__name__} {value!r:.60} is no data and cannot be written as JSON.")


@cache
def _kinds(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def made(kind: Any, values: Mapping[str, Any], named: tuple[Any, ...] = ()) -> Any:
    """Make a dataclass of the JSON values of its fields."""
    kinds = _kinds(kind)
    told = [field.name for field in dataclasses.fields(kind) if field.name in values or not _optional(field)]
    return kind(**{name: _value(kinds[name], values[name], named) for name in told})


def _optional(field: dataclasses.Field[Any]) -> bool:
    """Whether a field has a default: a record written before the field was there lacks it."""
    return field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING


def _value(kind: Any, value: Any, named: tuple[Any, ...]) -> Any:
    """Read a value that is declared to be of a kind."""
    origin, inside = get_origin(kind) or kind, get_args(kind)
    if origin in (Union, types.UnionType):
        return None if value is None else _value(_chosen(inside, value), value, named)
    if dataclasses.is_dataclass(origin) and isinstance(value, dict) and NAMED not in value:
        return made(origin, value, named)
    if isinstance(value, dict) and inside:
        return {_key(inside[0], key): _value(inside[1], one, named) for key, one in value.items()}
    if isinstance(value, dict):
        return _marked(origin, value, named)
    if isinstance(value, list):
        return _several(origin, inside, value, named)
    return value


def _chosen(kinds: tuple[Any, ...], value: Any) -> Any:
    """Choose the member of a union that a value is of: a mapping for an object, a sequence for a list."""
    if isinstance(value, dict) and not {ARRAY, NUMBER} & set(value):
        return next((one for one in kinds if _holds(one, value)), dict)
    if isinstance(value, list):
        return next((one for one in kinds if get_origin(one) in (tuple, list)), list)
    return object


def _holds(kind: Any, value: dict[str, Any]) -> bool:
    """Say whether an object is of a kind: a dataclass of these fields, or a mapping."""
    if not dataclasses.is_dataclass(kind):
        return bool(get_args(kind))
    return NAMED in value or {field.name for field in dataclasses.fields(kind)} == set(value)


def _key(kind: Any, key: str) -> Any:
    return int(key) if kind is int else float(key) if kind is float else key


def _several(origin: Any, inside: tuple[Any, ...], values: list[Any], named: tuple[Any, ...]) -> Any:
    if origin is tuple and inside and inside[-1] is not Ellipsis:
        return tuple(_value(kind, one, named) for kind, one in zip(inside, values, strict=True))
    kind = inside[0] if inside else object
    members = [_value(kind, one, named) for one in values]
    return origin(members) if origin in (tuple, frozenset, set) else members


def _marked(kind: Any, value: dict[str, Any], named: tuple[Any, ...]) -> Any:
    if set(value) == {NUMBER}:
        return float(value[NUMBER])
    if set(value) == {NAMED}:
        return kind.from_name_in_json(value[NAMED], named)
    if set(value) == {ARRAY}:
        return _array(**value[ARRAY])
    return {key: _value(object, one, named) for key, one in value.items()}


def _array(type: str, shape: list[int], entries: list[Any]) -> Any:
    flat = [_value(object, one, ()) for one in entries]
    array = np.array(flat, dtype=np.dtype(type)).reshape(shape)
    return array if shape else array[()]
