"""Columns -> a table of CSV, TSV, JSON lines or Parquet, written completely or not at all, with its notes beside it."""

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MisuseError
from .json_values import read_hint, write_json, write_whole

Columns = Mapping[str, Any]
NOTES = ".notes.json"  # behind the name of a table: the file of its notes


def write_table(
    columns: Columns, path: Path, error: type[MisuseError] = MisuseError, notes: Sequence[str] = ()
) -> None:
    """Write columns in the format that the file's ending names; completely or not at all.

    Numbers are written so that they read back to the same float64; a missing one is an empty cell (null). Notes go to a
    file of their own, PATH.notes.json, with the digest of the table.

    Raises:
        error: the ending is unknown, or polars is missing for Parquet.
        StoreError: the folder cannot be written to.
    """
    form = FORMS.get(path.suffix.lower())
    if form is None:
        raise error(f"{path} should end in one of {', '.join((*FORMS, '.json'))}; the ending gives the format.")
    table = form(columns, error)
    write_whole(path, table)
    if notes:
        write_json(_notes_of(path), {"of": sha256(table).hexdigest(), "notes": list(notes)})
    else:
        _notes_of(path).unlink(missing_ok=True)


def notes_beside(path: Path) -> list[str]:
    """Read the notes that were written with a table; none where the table was changed since."""
    match read_hint(_notes_of(path)):
        case {"of": str(digest), "notes": [*notes]} if digest == sha256(path.read_bytes()).hexdigest():
            return [str(note) for note in notes]
    return []


def _notes_of(path: Path) -> Path:
    return path.with_name(path.name + NOTES)


def _cells(values: Any) -> list:
    values = np.asarray(values)
    if values.dtype.kind != "f":
        return values.tolist()
    return [None if v != v else int(v) if v.is_integer() and abs(v) < 2**53 else v for v in values.tolist()]


def as_csv(columns: Columns, delimiter: str = ",") -> str:
    """Write columns as the text of a CSV table; a missing number is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*map(_cells, columns.values()), strict=True))
    return text.getvalue()


def _as_csv(columns: Columns, error: type[MisuseError]) -> bytes:
    return as_csv(columns).encode()


def _as_tsv(columns: Columns, error: type[MisuseError]) -> bytes:
    return as_csv(columns, "\t").encode()


def _as_json_lines(columns: Columns, error: type[MisuseError]) -> bytes:
    cells = {name: [_in_json(cell) for cell in _cells(values)] for name, values in columns.items()}
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode()


def _in_json(cell: Any) -> Any:
    """Write an infinite number as text, for JSON has no word for it."""
    return str(cell) if isinstance(cell, float) and abs(cell) == float("inf") else cell


def _as_parquet(columns: Columns, error: type[MisuseError]) -> bytes:
    try:
        import polars
    except ImportError:
        raise error("writing Parquet needs polars: pip install 'scalinglaws[table]', or write CSV.") from None
    buffer = io.BytesIO()
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    plain = {name: values.tolist() if values.dtype.kind == "O" else values for name, values in arrays.items()}
    polars.DataFrame(plain, strict=False).write_parquet(buffer)
    return buffer.getvalue()


FORMS: dict[str, Callable[[Columns, type[MisuseError]], bytes]] = {
    ".csv": _as_csv,
    ".tsv": _as_tsv,
    ".tab": _as_tsv,
    ".jsonl": _as_json_lines,
    ".ndjson": _as_json_lines,
    ".parquet": _as_parquet,
    ".pq": _as_parquet,
}
