"""JSON: lines, one object each; a list of records; columns as pandas writes them; records within an object."""

import re
from collections.abc import Mapping
from typing import Any

from ..errors import PointsError
from ..records.json_values import parse_json, parse_json_values
from .raw import Raw, Rejected, columns_of, flatten


def looks_like_json(head: str) -> bool:
    """Say whether a text begins as JSON does."""
    return bool(re.match(r"\s*(\{(?!\s*')|\[\s*[\[{\]])", head))


def read_json_lines(text: str, name: str) -> Raw:
    """Read JSON in any of the shapes in which scripts write a table.

    Raises:
        PointsError: a list with something else than objects in it.
    """
    whole = _whole(text)
    if isinstance(whole, list):
        return _of_list(whole, name)
    if isinstance(whole, Mapping):
        return of_object(whole)
    if "\n" in text.strip() and not _is_object(text.lstrip().split("\n", 1)[0]):
        objects = list(parse_json_values(text))
        if objects:
            return _of_list([record for _, record in objects], name, [line for line, _ in objects])
    return _by_line(text)


def _whole(text: str) -> Any:
    """Parse a text as one value; None where it is several, or broken."""
    try:
        return parse_json(text)
    except ValueError:
        return None


def _is_object(line: str) -> bool:
    return isinstance(_whole(line), Mapping)


def _by_line(text: str) -> Raw:
    objects: list[dict[str, Any]] = []
    lines: list[int] = []
    rejected: list[Rejected] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            objects.append(_checked_object(parse_json(line)))
            flatten(objects[-1])
        except ValueError as failure:
            del objects[len(lines) :]
            rejected.append(Rejected(number, f"not JSON: {failure}"))
            continue
        lines.append(number)
    raw = _of_objects(objects, lines, "JSON lines")
    raw.rejected = rejected
    return raw


def _of_list(values: list, name: str, lines: list[int] | None = None) -> Raw:
    try:
        objects = [_checked_object(value) for value in values]
        return _of_objects(objects, lines or list(range(1, len(values) + 1)), "JSON records")
    except ValueError as failure:
        raise PointsError(f"{name} is not a JSON list of objects, one a point: {failure}.") from None


def _of_objects(objects: list[dict[str, Any]], lines: list[int], form: str) -> Raw:
    """Make a row of each object, or of each of the rows that every object holds."""
    logged = _log_within(objects)
    if not logged:
        return Raw(columns_of(map(flatten, objects)), lines, form=form)
    found = zip(lines, objects, strict=True)
    rows = [(line, _beside(one) | flatten(row)) for line, one in found for row in one[logged]]
    form = f"{form} with rows under {logged!r}"
    return Raw(columns_of(row for _, row in rows), [line for line, _ in rows], form=form)


def _log_within(objects: list[dict[str, Any]]) -> str | None:
    """Name the one key under which every record has rows of its own, such as the history of its run."""
    keys = {key for one in objects for key, value in one.items() if _are_rows(value)}
    key = next(iter(keys), "")
    return key if len(keys) == 1 and all(_are_rows(one.get(key)) for one in objects) else None


def _are_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _beside(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Give the facts of an object that stand beside its rows."""
    return flatten({key: one for key, one in whole.items() if not isinstance(one, list)})


def of_object(whole: Mapping[str, Any]) -> Raw:
    """Read one object: columns of equal length, records under one of its keys, or a single record."""
    columns = _of_points(whole) or _columns(whole)
    if columns:
        rows = len(next(iter(columns.values())))
        return Raw(columns, list(range(1, rows + 1)), form="JSON columns")
    if _are_records(whole):
        records = [{"run_id": name, **flatten(record)} for name, record in whole.items()]
        return Raw(columns_of(records), list(range(1, len(records) + 1)), form="JSON records by name")
    for key, value in whole.items():
        if isinstance(value, list) and value and all(isinstance(record, Mapping) for record in value):
            beside = flatten({other: one for other, one in whole.items() if _is_fact(one)})
            records = [{**beside, **flatten(record)} for record in value]
            return Raw(columns_of(records), list(range(1, len(records) + 1)), form=f"JSON records under {key!r}")
        nested = _columns(value) if isinstance(value, Mapping) and len(whole) == 1 else {}
        if nested:
            return of_object(value)
    return Raw(columns_of([flatten(whole)]), [1], form="one JSON record")


def _of_points(whole: Mapping[str, Any]) -> dict[str, list]:
    """Give the columns of points that were written whole, by `to_json`."""
    columns = whole.get("columns") if whole.get("record") == "Points" else None
    held = [] if not isinstance(columns, Mapping) else [(name, one) for name, one in columns.items() if _is_array(one)]
    return {name: [_number(entry) for entry in one["$array"]["entries"]] for name, one in held}


def _is_array(value: Any) -> bool:
    array = value.get("$array") if isinstance(value, Mapping) else None
    return isinstance(array, Mapping) and isinstance(array.get("entries"), list)


def _number(entry: Any) -> Any:
    """Read an entry that JSON has no word for: not-a-number, an infinite number."""
    return float(entry.get("$number", "nan")) if isinstance(entry, Mapping) else entry


def _is_fact(value: Any) -> bool:
    return not isinstance(value, list | Mapping)


def _are_records(whole: Mapping[str, Any]) -> bool:
    """Say whether an object holds records by name: two or more objects with two keys or more in common."""
    values = list(whole.values())
    if len(values) < 2 or not all(isinstance(value, Mapping) for value in values):
        return False
    common = set.intersection(*(set(value) for value in values))
    return len(common) >= 2


def _columns(whole: Mapping[str, Any]) -> dict[str, list]:
    """Give columns of cells: lists of equal length, or objects with the same keys, as pandas writes a frame."""
    kinds = {type(value) for value in whole.values()}
    if kinds == {list}:
        lengths = {len(value) for value in whole.values()}
        cells = [one for value in whole.values() for one in value]
        return dict(whole) if len(lengths) == 1 and lengths != {0} and all(map(_is_fact, cells)) else {}
    if kinds == {dict} and len({tuple(value) for value in whole.values()}) == 1:
        inner = {key: list(value.values()) for key, value in whole.items()}
        keys = list(next(iter(whole.values())))
        ordinal = all(key.isdecimal() for key in keys) and len(keys) > 0
        return inner if ordinal and all(_is_fact(one) for column in inner.values() for one in column) else {}
    return {}


def _checked_object(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise ValueError("not an object of column names and values")
    return record
