"""Points: named columns, one row per observed loss; the only data that a law gets."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

import numpy as np

from ..errors import PointsError, argument, nearest, unknown_name
from ..formats.large_text import Cells
from ..formats.raw import Rejected, missing
from ..quantities import QUANTITIES, SYNONYMS, playing
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .distinct import distinct
from .plain_numbers import plain_numbers
from .points_text import points_blocks

OF_THE_CLOCK = frozenset("seconds started ended device tokens_per_second mfu peak_memory_bytes".split())
NO_LABEL = ("nan", "NaN", "None")  # what Python writes for a missing name: no run has this name


@dataclass(frozen=True, eq=False, repr=False)
class Points(PublicRecord):
    """Columns of equal length; a column's name is its definition (`quantities.py`).

    Numbers are float64 arrays, labels arrays of str. Other columns of a table are kept under their own names. A row
    with a non-empty `excluded_because` is shown, but not fitted.

    Attributes:
        columns: name -> array of shape (rows,).
        source: where the points came from, for a person.
        where: the choice of rows of the source, as in `read_points(where=...)`; empty for all.
        notes: sentences about what looks wrong in them.
        pooled: columns of labels across which a law may be fitted; see `across`.
        letters: letter of a law -> column, if one was chosen when the table was read; fits use it.
        rejected: rows of the source that could not be read, each with its line and reason.
    """

    columns: Mapping[str, Any] = field(repr=False)
    source: str = ""
    where: str = ""
    notes: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()
    letters: Mapping[str, str] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()

    def __post_init__(self):
        if not isinstance(self.columns, _Checked):
            object.__setattr__(self, "columns", _checked(_columns_of(self.columns)))

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __contains__(self, name: str) -> bool:
        return SYNONYMS.get(name, name) in self.columns

    def __getitem__(self, name: str) -> np.ndarray:
        name = SYNONYMS.get(name, name) if isinstance(name, str) else name
        if name not in self.columns:
            raise PointsError(
                f"no column is called {name!r}; the table has {', '.join(sorted(self.columns))}."
                f"{nearest(name, self.columns)} Name it with {argument(map={name: 'COLUMN'})}."
            )
        return self.columns[name]

    def take(self, rows: np.ndarray) -> "Points":
        """Keep the rows of a boolean mask or an array of row numbers."""
        return replace(self, columns=_Checked({name: values[rows] for name, values in self.columns.items()}))

    def replace(self, **columns: Sequence | np.ndarray) -> "Points":
        """Set or add columns."""
        return replace(self, columns=_checked(_columns_of(columns), self.columns))

    def across(self, *names: str) -> "Points":
        """Say that one law may be fitted across the labels of these columns: tokenizers, test sets, recipes ...

        Raises:
            NameUnknownError: no such column.
        """
        for name in names:
            if name not in self:
                raise unknown_name("column", name, self.columns)
        return replace(self, pooled=tuple(dict.fromkeys((*self.pooled, *names))))

    @cached_property
    def kept(self) -> "Points":
        """The rows that are not excluded from fits."""
        if "excluded_because" not in self:
            return self
        rows = self["excluded_because"] == ""
        return self if rows.all() else self.take(rows)

    def distinct(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Give the sorted values of a column, and the place of every row's value among them."""
        column, known = self[name], getattr(self.columns, "distinct", {})
        if name not in known:
            known[name] = distinct(column)
        return known[name]

    @cached_property
    def settings(self) -> np.ndarray:
        """Number the pairs of size and tokens, for every row; rows of one number are of one setting.

        All are of one where the table has neither; a row that lacks its size or tokens is of a setting of its own.
        """
        number = np.zeros(len(self), dtype=np.intp)
        for role in ("params", "tokens"):
            name = next((name for name in playing(role) if name in self), None)
            if name:
                values, place = distinct(np.round(self[name], 3))
                place = np.where(np.isnan(self[name]), len(values) + np.arange(len(self)), place)
                number = distinct(number * (place.max(initial=0) + 1) + place)[1]
        return number

    @property
    def cluster(self) -> str:
        """Name the column whose equal values share their noise: the trunk that runs branched off, else the run."""
        return "lineage" if "lineage" in self else "run_id"

    def clusters(self, column: str = "run_id") -> np.ndarray:
        """Name the run of every row: equal labels are one run, a row without a label is a run of its own.

        A row without a lineage belongs to the run that it names.
        """
        if column in self and self[column].dtype.kind == "U" and (self[column] != "").all():
            return self[column]
        own = np.array([f"row {i + 1}" for i in range(len(self))], dtype=str)
        if column not in self:
            return own
        if column == "lineage":
            own = self.clusters("run_id")
        values = self[column]
        labels = values if values.dtype.kind == "U" else np.array(["" if v != v else f"{v:g}" for v in values])
        return np.where(labels == "", own, labels)

    @property
    def fingerprint(self) -> str:
        """Hash the content, so that a fit can name its points; columns of time and machine are left out."""
        digest = hashlib.sha256()
        for name in sorted(set(self.columns) - OF_THE_CLOCK):
            digest.update(name.encode())
            values = self.columns[name]
            digest.update(values.tobytes() if values.dtype == np.float64 else "\0".join(values).encode())
        return digest.hexdigest()[:12]

    def blocks(self) -> list[Block]:
        """Give the text of these points."""
        return points_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of their repr."""
        return {
            "rows": len(self),
            "kept": len(self.kept),
            "columns": tuple(self.columns),
            "source": self.source,
            "fingerprint": self.fingerprint,
        }

    def rows(self) -> dict[str, np.ndarray]:
        """Give the columns."""
        return dict(self.columns)


class _Checked(dict[str, np.ndarray]):
    """Columns under our names, of arrays of one length; with the different values of those that were asked for."""

    def __init__(self, columns: Mapping[str, np.ndarray]):
        super().__init__(columns)
        self.distinct: dict[str, tuple[np.ndarray, np.ndarray]] = {}


def _checked(given: Mapping[str, Any], beside: Mapping[str, np.ndarray] = MappingProxyType({})) -> _Checked:
    """Turn what was given into such columns, beside those that are known to be.

    Raises:
        PointsError: columns of different lengths, or of no numbers where a quantity needs them.
    """
    made = {SYNONYMS.get(name, name): _as_column(name, values) for name, values in given.items()}
    columns = _Checked({**beside, **made})
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise PointsError(f"the columns differ in length: {lengths}. Give every column one value per row.")
    known = getattr(beside, "distinct", {})
    columns.distinct |= {name: found for name, found in known.items() if name not in made}
    return columns


def _columns_of(given: Any) -> Mapping[str, Any]:
    """Give the columns of a dictionary or a data frame.

    Raises:
        PointsError: it is neither, or a column is no list of values.
    """
    if not hasattr(given, "items"):
        if not hasattr(given, "to_dict"):
            raise PointsError(
                f"points are made from a dictionary of columns or a data frame; this is a {type(given).__name__}. "
                "scalinglaws.read takes a file or a folder too."
            )
        given = given.to_dict(as_series=False)  # of polars
    for name, values in given.items():
        if not isinstance(name, str) or isinstance(values, str) or not hasattr(values, "__len__"):
            raise PointsError(f"column {name!r} must be a list or an array, one value per row; it is {values!r:.40}.")
    return given


def _as_column(name: str, values: Sequence) -> np.ndarray:
    known = QUANTITIES.get(SYNONYMS.get(name, name))
    text = isinstance(values, np.ndarray) and values.dtype.kind == "U"
    if known is not None and known.name in ("run_id", "lineage"):
        labels = _labels(values)
        return np.where(np.isin(labels, NO_LABEL), "", labels)
    if (known is None and text) or (known is not None and known.role == "label"):
        return _labels(values)
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub":
        return values.astype(np.float64, copy=values.flags.writeable)  # what nobody can write to is shared
    plain = plain_numbers(values)
    if plain is not None:
        return plain
    if known is None and isinstance(values, Cells):
        return _labels(values)
    try:
        return np.array([np.nan if missing(v) else v for v in values], dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        if known is not None:
            raise PointsError(f"column {name!r} must hold numbers; it holds {_first_text(values)!r}.") from None
        return _labels(values)


def _labels(values: Sequence) -> np.ndarray:
    """Write values as text; missing values are empty, and half of a surrogate pair is escaped."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "U":
        return values
    if isinstance(values, Cells):
        different, place = values.labels
        return _labels(different)[place]
    return np.array(["" if missing(v) or not (text := str(v)).strip() else _encodable(text) for v in values], dtype=str)


def _encodable(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _first_text(values: Sequence) -> str:
    for value in values:
        try:
            float(value)
        except (TypeError, ValueError, OverflowError):
            return str(value)
    return ""
