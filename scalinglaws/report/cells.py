"""What a table of the page is made of."""

from dataclasses import dataclass, field

from ..results import Estimate
from .numbers import interval


@dataclass(frozen=True)
class Cell:
    """The text of a cell, the number it sorts by (None for text), and the named ends of that number's interval."""

    text: str
    value: float | None = None
    ends: tuple[tuple[str, float | None], ...] = ()
    maths: bool = False


def estimated(estimate: Estimate) -> Cell:
    """Make the cell of a number with its interval."""
    return Cell(interval(estimate), estimate.value, (("low", estimate.low), ("high", estimate.high)))


@dataclass(frozen=True)
class Table:
    """A table: `name` is the stem of its downloads, `columns` its headings."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    below: tuple[str, ...] = field(default=())
