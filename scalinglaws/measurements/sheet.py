"""What is measured: constants beside those of the paper, and tables of numbers."""

from dataclasses import dataclass
from typing import Any

from ..points.points import Points
from ..records.numbers_in_text import UNIDENTIFIED
from ..results.fitted import Estimate


@dataclass(frozen=True)
class Constant:
    """One measured number beside what the paper printed.

    Attributes:
        measured: with its interval; None where it could not be measured, and `how` says why.
        published: as printed, for another text, vocabulary and range of sizes; None where the paper prints none.
        source: where in the paper.
        how: from which runs and by which fit.
    """

    name: str
    meaning: str
    measured: Estimate | None
    published: float | None
    source: str
    how: str


@dataclass(frozen=True)
class Sheet:
    """One measured table: cells are numbers, texts or nothing; `about` says what a row is."""

    name: str
    title: str
    about: str
    columns: tuple[str, ...]
    rows: tuple[tuple[float | str | None, ...], ...]


@dataclass(frozen=True)
class Measurements:
    """The quantities that the paper measured, measured here; `missing` says which could not be, and why."""

    constants: tuple[Constant, ...]
    sheets: tuple[Sheet, ...]
    missing: tuple[str, ...]


def value_of(estimate: Estimate | None) -> float | str:
    """Give the content of the cell for a value; the ends of its interval have cells of their own."""
    return UNIDENTIFIED if estimate is None else estimate.value


def cells_of(estimate: Estimate | None) -> tuple[float | str | None, float | None, float | None]:
    """Give three cells: the value, and the ends of its interval."""
    return (UNIDENTIFIED, None, None) if estimate is None else (estimate.value, estimate.low, estimate.high)


def rows_of(points: Points) -> list[dict[str, Any]]:
    """Give the rows of points as dictionaries."""
    names = list(points.columns)
    return [dict(zip(names, row, strict=True)) for row in zip(*(points[n].tolist() for n in names), strict=True)]
