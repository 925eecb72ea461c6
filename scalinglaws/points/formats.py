"""Read CSV, TSV, JSON lines and Parquet into raw columns, keeping the line number of every row."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from ..errors import PointsError
from ..records.json_values import parse_json
from ..records.ranges import shown
from .points import Rejected, missing

DEEPEST = 20  # objects within objects of a record
MOST_TEXT = 10_000  # characters of one cell
MOST_COLUMNS = 100_000
MOST_WHOLE = 2**53  # whole numbers that a float holds exactly
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


@dataclass
class Raw:
    """A table as read: values still text or plain numbers.

    Attributes:
        columns: name -> values, all of one length.
        rows: line number of each row.
        rejected: rows that have no place in the columns.
    """

    columns: dict[str, list]
    rows: list[int]
    rejected: list[Rejected] = field(default_factory=list)
    source: str = ""


def read_raw(source: object, form: str | None = None) -> Raw:
    """Read a file, an open text stream, or what holds columns: a data frame of pandas or polars, a dictionary.

    `form` is csv, tsv, jsonl or parquet; by default the file's ending says, and a stream's first line.

    Raises:
        PointsError: no such file, not UTF-8, no header, a column named twice, no rows; or nothing that holds a table.
    """
    if holds_columns(source):
        return _checked_raw(_of_columns(source))
    if not isinstance(source, str | Path) and not hasattr(source, "read"):
        raise PointsError(
            f"a table is read from {shown(source)}: give a file's name, an open file, a data frame of pandas or "
            "polars, or a dictionary of columns."
        )
    name = getattr(source, "name", "standard input") if hasattr(source, "read") else str(source)
    form = form or SUFFIXES.get(Path(name).suffix.lower())
    if form not in {None, *SUFFIXES.values()}:
        raise PointsError(f"format = {form!r}; it must be one of csv, tsv, jsonl, parquet.")
    if form == "parquet":
        raw = _parquet(source)
    else:
        text = _text(source, name)
        raw = _READERS[form or _sniff(text)](text, name)
    raw.source = name
    return _checked_raw(raw)


def _checked_raw(raw: Raw) -> Raw:
    if not raw.rows:
        wrong = f" The first of {len(raw.rejected)} rejected: {raw.rejected[0].reason}." if raw.rejected else ""
        raise PointsError(f"{raw.source} holds no rows that can be read.{wrong}")
    return raw


def holds_columns(source: object) -> bool:
    """Say whether something is a table in memory: a dictionary of columns, or a data frame."""
    return isinstance(source, Mapping) or (hasattr(source, "columns") and hasattr(source, "to_dict"))


def _of_columns(source: Any) -> Raw:
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
    source_name = "a dictionary of columns" if isinstance(source, Mapping) else "a data frame"
    _checked_header(names, source_name)
    return Raw(cells, list(range(1, 1 + next(iter(lengths.values()), 0))), source=source_name)


def _of_frame(frame: Any) -> Mapping:
    """Give the columns of a frame of polars, or of pandas, whose names may stand twice."""
    if hasattr(frame, "iloc"):
        _checked_header([str(name) for name in frame.columns], "the data frame")
        return {name: frame.iloc[:, i].tolist() for i, name in enumerate(frame.columns)}
    return frame.to_dict(as_series=False)


def _plain(value: Any) -> Any:
    """Give a value in memory as a file would hold it: none where it is missing, and a whole number without a point."""
    if missing(value):
        return None
    value = value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < MOST_WHOLE else cell(value)


def _text(source: str | Path | TextIO, name: str) -> str:
    try:
        text = source.read() if hasattr(source, "read") else Path(source).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise PointsError(f"{name} does not exist.") from None
    except UnicodeDecodeError as failure:
        raise PointsError(
            f"{name} is not UTF-8 text (byte {failure.start}). Save it as UTF-8 CSV, TSV, JSON lines or Parquet."
        ) from None
    except OSError as failure:
        raise PointsError(f"{name} cannot be read: {failure.strerror}.") from None
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise PointsError(f"{name} is empty. A table has a line of column names and a line for every point.")
    if "\0" in text[:4096]:
        raise PointsError(f"{name} is not text. Save it as UTF-8 CSV, TSV, JSON lines or Parquet.")
    return text


def _sniff(text: str) -> str:
    first = text.lstrip().split("\n", 1)[0]
    if first.startswith("{"):
        return "jsonl"
    return "tsv" if first.count("\t") > first.count(",") else "csv"


def _delimited(text: str, name: str, delimiter: str) -> Raw:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        header = next((row for row in reader if any(text.strip() for text in row)), [])
        names = _checked_header([text.strip() for text in header], name)
        columns: list[list] = [[] for _ in names]
        raw = Raw(dict(zip(names, columns, strict=True)), [])
        for cells in reader:
            if len(cells) == len(names):
                for column, text in zip(columns, cells, strict=True):
                    column.append(text)
                raw.rows.append(reader.line_num)
            elif any(text.strip() for text in cells):
                raw.rejected.append(Rejected(reader.line_num, f"{len(cells)} cells under {len(names)} column names"))
    except csv.Error as failure:
        raise PointsError(f"{name}, line {reader.line_num}: {failure}.") from None
    return raw


def _checked_header(names: list[str], source: str) -> list[str]:
    if len(names) > MOST_COLUMNS:
        raise PointsError(f"{source} has {len(names):,} columns; a table is read up to {MOST_COLUMNS:,}.")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        raise PointsError(
            f"{source} names {len(twice)} of its columns twice: {', '.join(f'{name[:40]!r}' for name in twice[:6])}. "
            "Give every column one name of its own."
        )
    if names and all(_is_number(name) for name in names):
        raise PointsError(
            f"the first line of {source} holds numbers alone: {', '.join(names[:6])}. It must name the columns."
        )
    return names


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _json_lines(text: str, name: str) -> Raw:
    records, raw = [], Raw({}, [])
    if text.lstrip().startswith("["):
        return _json_array(text, name)
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = flatten(_checked_object(parse_json(line)))
        except ValueError as failure:
            raw.rejected.append(Rejected(number, f"not JSON: {failure}"))
            continue
        records.append(record)
        raw.rows.append(number)
    raw.columns = columns_of(records)
    return raw


def _json_array(text: str, name: str) -> Raw:
    try:
        records = [flatten(_checked_object(record)) for record in parse_json(text)]
    except ValueError as failure:
        raise PointsError(f"{name} is not a JSON list of objects, one a point: {failure}.") from None
    return Raw(columns_of(records), list(range(1, len(records) + 1)))


def _checked_object(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        raise ValueError("not an object of column names and values")
    return record


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


def _parquet(source: str | Path | TextIO) -> Raw:
    try:
        import polars
    except ImportError:
        raise PointsError("reading Parquet needs polars: pip install 'scalinglaws[table]', or give CSV.") from None
    if hasattr(source, "read"):
        raise PointsError("Parquet is not text: give the file by its name, or CSV or JSON lines through the pipe.")
    if not Path(source).is_file():
        raise PointsError(f"{source} does not exist.")
    try:
        frame = polars.read_parquet(source)
    except (polars.exceptions.PolarsError, OSError) as failure:
        raise PointsError(f"{source} cannot be read as Parquet: {failure}.") from None
    columns = {name: [cell(value) for value in values] for name, values in frame.to_dict(as_series=False).items()}
    return Raw(columns, list(range(1, len(frame) + 1)))


_READERS: dict[str, Callable[[str, str], Raw]] = {
    "csv": lambda text, name: _delimited(text, name, ","),
    "tsv": lambda text, name: _delimited(text, name, "\t"),
    "jsonl": _json_lines,
}
