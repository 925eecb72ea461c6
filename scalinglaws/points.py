"""Points: named columns, one row an observed loss; all that a law ever sees."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .errors import PointsError, nearest
from .quantities import QUANTITIES, SYNONYMS


@dataclass(frozen=True)
class Points:
    """Columns of equal length; a column's name is its definition (`quantities.py`).

    Numbers are float64 arrays, labels arrays of str. Further columns of a foreign table may ride along under their own
    names. A row with a non-empty `excluded_because` is shown, and takes no part in a fit.

    Attributes:
        columns: name -> array of shape (rows,).
        source: where the points came from, for a person.
    """

    columns: Mapping[str, np.ndarray | list] = field(repr=False)
    source: str = ""

    def __post_init__(self):
        columns = {SYNONYMS.get(name, name): _as_column(name, values) for name, values in self.columns.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise PointsError(f"the columns differ in length: {lengths}. Give every column one value a row.")
        object.__setattr__(self, "columns", columns)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __contains__(self, name: str) -> bool:
        return name in self.columns

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.columns:
            raise PointsError(
                f"no column is called {name!r}; the table has {', '.join(sorted(self.columns))}."
                f"{nearest(name, self.columns)} Name it with --map {name}=COLUMN."
            )
        return self.columns[name]

    def take(self, rows: np.ndarray) -> "Points":
        """Keep the rows of a boolean mask or an array of row numbers."""
        return Points({name: values[rows] for name, values in self.columns.items()}, self.source)

    def replace(self, **columns: Sequence) -> "Points":
        """Set or add columns."""
        return Points({**self.columns, **columns}, self.source)

    @property
    def kept(self) -> "Points":
        """The rows that take part in a fit."""
        if "excluded_because" not in self:
            return self
        return self.take(self["excluded_because"] == "")

    @property
    def fingerprint(self) -> str:
        """Hash the content, so that a fit can say which points it saw."""
        digest = hashlib.sha256()
        for name in sorted(self.columns):
            digest.update(name.encode())
            values = self.columns[name]
            digest.update(values.tobytes() if values.dtype == np.float64 else "\0".join(values).encode())
        return digest.hexdigest()[:12]


def _as_column(name: str, values: Sequence) -> np.ndarray:
    known = QUANTITIES.get(SYNONYMS.get(name, name))
    array = np.asarray(values)
    if known is not None and known.role == "label":
        return np.array(["" if v is None else str(v) for v in values], dtype=str)
    if array.dtype.kind in "fiub":
        return array.astype(np.float64)
    try:
        return np.array([np.nan if v in (None, "") else v for v in values], dtype=np.float64)
    except (TypeError, ValueError):
        if known is not None:
            raise PointsError(f"column {name!r} must hold numbers; it holds {_first_text(values)!r}.") from None
        return np.array(["" if v is None else str(v) for v in values], dtype=str)


def _first_text(values: Sequence) -> str:
    for value in values:
        try:
            float(value)
        except (TypeError, ValueError):
            return str(value)
    return ""
