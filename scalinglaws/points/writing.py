"""Points -> a table of CSV, TSV, JSON lines or Parquet, written completely or not at all."""

import csv
import io
import json
from pathlib import Path

import numpy as np

from ..errors import PointsError
from ..records.arguments import checked
from ..records.json_values import write_whole
from .points import Points

SUFFIXES = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}


@checked
def write_points(points: Points, path: str | Path) -> None:
    """Write points as CSV, TSV, JSON lines or Parquet, by the file's ending; completely or not at all.

    Numbers are written so that they read back to the same float64; a missing one is an empty cell (null).

    Raises:
        PointsError: the ending is unknown, or polars is missing for Parquet.
        StoreError: the folder cannot be written to.
    """
    path = Path(path)
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise PointsError(f"{path} should end in one of {', '.join(SUFFIXES)}; the ending gives the format.")
    written = {"csv": _as_csv, "tsv": _as_tsv, "jsonl": _as_json_lines, "parquet": _as_parquet}[form](points)
    write_whole(path, written)


def _cells(values: np.ndarray) -> list:
    if values.dtype.kind != "f":
        return values.tolist()
    return [None if v != v else int(v) if v.is_integer() and abs(v) < 2**53 else v for v in values.tolist()]


def as_csv(points: Points, delimiter: str = ",") -> str:
    """Write points as the text of a CSV table; a missing number is an empty cell."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(points.columns)
    writer.writerows(zip(*(_cells(values) for values in points.columns.values()), strict=True))
    return text.getvalue()


def _as_csv(points: Points) -> bytes:
    return as_csv(points).encode()


def _as_tsv(points: Points) -> bytes:
    return as_csv(points, "\t").encode()


def _as_json_lines(points: Points) -> bytes:
    cells = {name: _cells(values) for name, values in points.columns.items()}
    rows = (dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True))
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows).encode()


def _as_parquet(points: Points) -> bytes:
    try:
        import polars
    except ImportError:
        raise PointsError("writing Parquet needs polars: pip install 'scalinglaws[table]', or write CSV.") from None
    buffer = io.BytesIO()
    polars.DataFrame({name: values for name, values in points.columns.items()}).write_parquet(buffer)
    return buffer.getvalue()
