"""A table as read: named columns of cells, where each row stood in its file, and what could not be read."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..errors import PointsError

DEEPEST = 20  # objects within objects of a record
MOST_TEXT = 10_000  # characters of one cell
MOST_COLUMNS = 100_000


class LineOfFile(int):
    """The line of a row in one of several files: as text it names the file."""

    file = ""

    @classmethod
    def of(cls, line: int, file: str) -> "LineOfFile":
        """Make the line of a file."""
        made = cls(line)
        made.file = file
        return made

    def __str__(self) -> str:
        return f"{int(self)} of {self.file}" if self.file else repr(self)


@dataclass(frozen=True)
class Rejected:
    """A row that could not become a point: its line in the file (the header is line 1) and why."""

    row: int
    reason: str


@dataclass
class Raw:
    """A table as read: values are still text or plain numbers.

    Attributes:
        columns: name -> values, all of one length.
        rows: line number of each row; a `LineOfFile` where there are several files.
        rejected: rows that have no place in the columns.
        source: the file, for a person.
        form: what the file was taken for, for a person: "CSV", "nanoGPT log".
        notes: sentences about what was read from where, and what was left out.
    """

    columns: dict[str, list]
    rows: Sequence[int]
    rejected: list[Rejected] = field(default_factory=list)
    source: str = ""
    form: str = ""
    notes: list[str] = field(default_factory=list)


def checked_header(names: list[str], source: str) -> list[str]:
    """Give the names of columns back.

    Raises:
        PointsError: too many, a name twice, or numbers alone.
    """
    if len(names) > MOST_COLUMNS:
        raise PointsError(f"{source} has {len(names):,} columns; a table is read up to {MOST_COLUMNS:,}.")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise PointsError(
            f"{source} names {len(twice)} of its columns twice: {', '.join(f'{name[:40]!r}' for name in twice[:6])}. "
            "Give every column one name of its own."
        )
    if names and all(is_number(name) for name in names):
        raise PointsError(
            f"the first line of {source} holds numbers alone: {', '.join(names[:6])}. It must name the columns."
        )
    return names


def is_number(text: str) -> bool:
    """Say whether a text is a number as Python reads one."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def flatten(record: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Join the keys of nested objects with a dot: {"config": {"lr": 1}} -> {"config.lr": 1}; a list becomes its text.

    Raises:
        ValueError: it is nested deeper than any record of a run.
    """
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if isinstance(value, Mapping) and prefix.count(".") >= DEEPEST:
            raise ValueError(f"nested more than {DEEPEST} deep")
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = cell(value)
    return flat


def cell(value: Any) -> Any:
    """Give a value as one cell of a table: a list, a date, a structure as its text; text is cut where it is endless."""
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:MOST_TEXT]


def columns_of(records: Iterable[Mapping[str, Any]]) -> dict[str, list]:
    """Turn records with differing keys into columns; what a record lacks becomes None."""
    records = list(records)
    names = dict.fromkeys(key for record in records for key in record)
    return {name: [record.get(name) for record in records] for name in names}


def missing(value: object) -> bool:
    """Say whether a cell is empty: None, no text, not-a-number, or the missing value of a data frame."""
    if value is None or isinstance(value, str):
        return not value
    try:
        return bool(value != value)
    except TypeError:  # the missing value of pandas will not be asked
        return True
    except ValueError:  # an array
        return False
