"""A table in memory, a data frame of pandas or polars or a dictionary of columns, read as its file would be."""

from collections.abc import Mapping
from typing import Any

from ..errors import PointsError
from ..records.ranges import shown
from .raw import Raw, cell, checked_header, missing

MOST_WHOLE = 2**53  # whole numbers that a float holds exactly


def holds_columns(source: object) -> bool:
    """Say whether something is a table in memory: a dictionary of columns, or a data frame."""
    return isinstance(source, Mapping) or (hasattr(source, "columns") and hasattr(source, "to_dict"))


def of_columns(source: Any) -> Raw:
    """Take the columns of a table in memory as those of a file would be read: what is missing there is empty here."""
    columns = source if isinstance(source, Mapping) else _of_frame(source)
    for name, values in columns.items():
        if isinstance(values, str | bytes) or not hasattr(values, "__iter__"):
            raise PointsError(f"column {name!r} is {shown(values)}: a column is a list or an array, one value a row.")
    cells = {str(name): [_plain(value) for value in values] for name, values in columns.items()}
    lengths = {name: len(values) for name, values in cells.items()}
    if len(set(lengths.values())) > 1:
        raise PointsError(f"the columns differ in length: {lengths}. Give every column one value a row.")
    names = [str(name) for name in columns]
    form = "a dictionary of columns" if isinstance(source, Mapping) else "a data frame"
    checked_header(names, form)
    return Raw(cells, list(range(1, 1 + next(iter(lengths.values()), 0))), source=form, form=form)


def _of_frame(frame: Any) -> Mapping:
    """Give the columns of a frame of polars, or of pandas, whose names may stand twice."""
    if hasattr(frame, "iloc"):
        checked_header([str(name) for name in frame.columns], "the data frame")
        return {name: frame.iloc[:, i].tolist() for i, name in enumerate(frame.columns)}
    return frame.to_dict(as_series=False)


def _plain(value: Any) -> Any:
    """Give a value in memory as a file would hold it: none where it is missing, and a whole number without a point."""
    if missing(value):
        return None
    value = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MOST_WHOLE else cell(value)
