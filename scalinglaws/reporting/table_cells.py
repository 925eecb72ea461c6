"""The parts of a table on the page."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from ..records.numbers_in_text import ABSENT, typeset
from ..results.fitted import Estimate


@dataclass(frozen=True)
class Cell:
    """The text of a cell, the number by which it is sorted (None for text), and the ends of that number's interval."""

    text: str
    value: float | None = None
    ends: tuple[tuple[str, float | None], ...] = ()
    maths: bool = False


def estimated(estimate: Estimate) -> Cell:
    """Make the cell of a number with its interval."""
    return Cell(typeset(estimate), estimate.value, (("low", estimate.low), ("high", estimate.high)))


@dataclass(frozen=True)
class ReportTable:
    """A table: `name` is the stem of its downloads, `columns` its headings."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    below: tuple[str, ...] = field(default=())


def numeric(table: ReportTable) -> tuple[bool, ...]:
    """Say for each column whether it has numbers: such columns are right-aligned, including their headings."""
    return tuple(any(row[place].value is not None for row in table.rows) for place in range(len(table.columns)))


def without_empty(table: ReportTable, may_go: Collection[str]) -> ReportTable:
    """Leave out those of the named columns that are empty in every row."""
    said = [any(row[place].text not in ("", ABSENT) for row in table.rows) for place in range(len(table.columns))]
    kept = [place for place, name in enumerate(table.columns) if said[place] or name not in may_go]
    rows = tuple(tuple(row[place] for place in kept) for row in table.rows)
    return replace(table, columns=tuple(table.columns[place] for place in kept), rows=rows)
