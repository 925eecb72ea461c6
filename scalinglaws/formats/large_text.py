"""Large tables of delimited text, read by polars where it is installed; cell for cell as `delimited` reads them."""

import csv
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, overload

from .delimited import FORM
from .raw import Raw, checked_header, is_number

LARGE = 4_000_000  # bytes from which a file is read so
HEAD = 100_000  # bytes in which the header and the delimiter are found
PART = 1 << 24  # bytes that are looked through at once


class Cells(Sequence[str]):
    """A column of text that polars holds: its cells become texts of Python where they are asked for."""

    def __init__(self, series: Any):
        self._series = series

    def __len__(self) -> int:
        return len(self._series)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        found = self._series[place]
        return found.fill_null("").to_list() if isinstance(place, slice) else found or ""

    def __iter__(self) -> Iterator[str]:
        return iter(self._series.fill_null("").to_list())

    @cached_property
    def numbers(self) -> Any:
        """The column as an array of float64, NaN where a cell is empty; None where a cell is no number to Python."""
        from polars import Float64, Series

        read = self._series.cast(Float64, strict=False)
        strange = self._series.filter(read.is_null() & self._series.is_not_null())
        if not all(map(is_number, strange)):
            return None
        if len(strange):  # blanks around a number, or 1_000
            read = Series([float(cell or "nan") for cell in self], dtype=Float64)
        return read.fill_null(float("nan")).to_numpy()

    @cached_property
    def labels(self) -> tuple[list[str], Any]:
        """The different cells, and an array of the place of each row's cell among them."""
        from polars import Enum

        filled = self._series.fill_null("")
        names = filled.unique(maintain_order=True)
        return names.to_list(), filled.cast(Enum(names)).to_physical().to_numpy()


def head_of_large(path: Path) -> str:
    """Give the beginning of a large file of plain text, up to its last whole line; empty for any other file."""
    if path.stat().st_size < LARGE:
        return ""
    with path.open("rb") as file:
        start = file.read(HEAD).rpartition(b"\n")[0]
    try:
        return "" if start.startswith((b"#", b"\xef\xbb\xbf")) or b"\0" in start else start.decode()
    except UnicodeDecodeError:
        return ""


def read_large(path: Path, head: str, mark: str) -> Raw | None:
    """Read a large table whose lines are all alike; None for any other file, and where polars is not installed.

    Alike are lines of plain UTF-8 with as many delimiters as the header has, without quotes, blanks behind a delimiter,
    carriage returns or empty lines. What else a table may hold, `read_delimited` knows.
    """
    try:
        import polars
    except ImportError:
        return None
    names = next(csv.reader([head.partition("\n")[0]], delimiter=mark))
    lines = _lines_alike(path, mark, len(names) - 1)
    if len(names) < 2 or any(not name or name != name.strip() for name in names) or lines < 2:
        return None
    try:
        frame = polars.read_csv(
            path,
            has_header=False,
            skip_rows=1,
            new_columns=checked_header(names, str(path)),
            separator=mark,
            quote_char=None,
            infer_schema=False,
        )
    except polars.exceptions.PolarsError:
        return None
    columns: dict[str, Any] = {name: Cells(frame[name]) for name in names}
    return Raw(columns, list(range(2, lines + 1)), form=FORM[mark]) if len(frame) == lines - 1 else None


def _lines_alike(path: Path, mark: str, marks: int) -> int:
    """Count the lines of a file; 0 where they are not alike, as far as counting can say."""
    lines = found = 0
    last = b"\n"
    with path.open("rb") as file:
        while part := file.read(PART):
            whole = last + part
            blank = b" " in part and (b"\n " in whole or mark.encode() + b" " in whole)
            if blank or b'"' in part or b"\r" in part or b"\n\n" in whole:
                return 0
            lines, found, last = lines + part.count(b"\n"), found + part.count(mark.encode()), part[-1:]
    lines += last != b"\n"
    return lines if found == lines * marks else 0
