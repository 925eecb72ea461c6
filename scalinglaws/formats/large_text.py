"""Large tables of delimited text, read by polars where it is installed; cell for cell as `delimited` reads them.

The file is read in parts. Of each part the numbers stay, or of text the place of each cell among the different ones.
Where the text of a column of numbers is asked for (a run called 007), that column is read from the file again.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache, cached_property, partial
from itertools import count
from pathlib import Path
from typing import Any, overload

import numpy as np

from ..errors import PointsError
from .delimited import FORM
from .opening import BROKEN, MOST_BYTES, opened
from .raw import MOST_TEXT, Raw, checked_header, is_number

LARGE = 4_000_000  # bytes from which a file is read so
HEAD = 100_000  # bytes in which the header and the delimiter are found
PART = 1 << 20  # bytes that are read at once

Labels = tuple[list[str], np.ndarray]  # the different cells, and the place of each row's cell among them


class Cells(Sequence[str]):
    """A column of text, held as numbers or as labels: its cells become texts of Python where they are asked for.

    Attributes:
        numbers: a read-only array of float64, NaN where a cell is empty; None where a cell is no number to Python.
    """

    def __init__(self, rows: int, numbers: np.ndarray | None, labels: Callable[[], Labels]):
        self.numbers = numbers
        self._rows = rows
        self._labels = labels

    def __len__(self) -> int:
        return self._rows

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        different, places = self.labels
        return [different[i] for i in places[place]] if isinstance(place, slice) else different[places[place]]

    def __iter__(self) -> Iterator[str]:
        different, places = self.labels
        return map(different.__getitem__, places.tolist())

    @cached_property
    def labels(self) -> Labels:
        """The different cells, and an array of the place of each row's cell among them."""
        return self._labels()


class _Column:
    """A column while its parts are read: as numbers while every cell is one, as labels where none of it was."""

    def __init__(self, rows: int):
        self.known: defaultdict[str, int] = defaultdict(count().__next__)
        self.numbers = np.empty(rows)
        self.places: np.ndarray | None = None
        self.mixed = False

    def add(self, series: Any, start: int) -> None:
        """Take the cells of the next part, which begins at a row."""
        rows = slice(start, start + len(series))
        numbers = None if self.mixed or self.places is not None else _numbers_of(series)
        if numbers is not None:
            self.numbers[rows] = numbers
        elif start and self.places is None:
            self.mixed = True
        else:
            self.places = np.empty(len(self.numbers), np.uint32) if self.places is None else self.places
            self.places[rows] = _labelled(series, self.known)

    def cells(self, again: Callable[[], Labels]) -> Cells:
        """Give the column; `again` reads its labels from the file."""
        rows, places = len(self.numbers), self.places
        if places is not None:
            return Cells(rows, None, lambda: (list(self.known), places))
        self.numbers.flags.writeable = False
        return Cells(rows, None if self.mixed else self.numbers, again)


def _numbers_of(series: Any) -> np.ndarray | None:
    """Read a column of text as numbers, NaN where a cell is empty; None where a cell is no number to Python."""
    from polars import Float64

    read = series.cast(Float64, strict=False)
    strange = series.filter(read.is_null() & series.is_not_null())
    if not all(map(is_number, strange)):
        return None
    if len(strange):  # blanks around a number, or 1_000
        return np.array([float(cell or "nan") for cell in series.fill_null("")])
    return read.fill_null(float("nan")).to_numpy()


def _labelled(series: Any, known: defaultdict[str, int]) -> np.ndarray:
    """Number the cells of a column of text; `known` has the number of each cell, and learns those of new ones."""
    from polars import Enum

    filled = series.fill_null("")
    names = filled.unique(maintain_order=True)
    return np.array([known[name] for name in names])[filled.cast(Enum(names)).to_physical().to_numpy()]


def cells_of(series: Any) -> Cells | None:
    """Give a column of numbers or of short text that polars holds; None for any other."""
    from polars import Float64, String

    if series.dtype.is_numeric():
        numbers = series.cast(Float64).fill_null(float("nan")).to_numpy(writable=True)
        numbers.flags.writeable = False
        return Cells(len(series), numbers, lambda: _labels_of_numbers(series))
    if series.dtype != String or (series.str.len_chars().max() or 0) > MOST_TEXT:
        return None
    column = _Column(len(series))
    column.add(series, 0)
    return column.cells(lambda: _labels_of_texts([series]))


def _labels_of_texts(parts: Iterable[Any]) -> Labels:
    """Number the cells of the parts of a column of text."""
    known: defaultdict[str, int] = defaultdict(count().__next__)
    places = [_labelled(series, known) for series in parts]
    return list(known), np.concatenate(places)


def _labels_of_numbers(series: Any) -> Labels:
    """Write numbers as Python does; a missing one is empty."""
    known: defaultdict[str, int] = defaultdict(count().__next__)
    texts = ("" if value is None or value != value else str(value) for value in series)
    places = np.fromiter((known[text] for text in texts), np.intp, len(series))
    return list(known), places


def head_of_large(path: Path) -> str:
    """Give the beginning of a large file of plain text, up to its last whole line; empty for any other file."""
    if path.stat().st_size < LARGE:
        return ""
    try:
        with opened(path) as file:
            start = file.read(HEAD).rpartition(b"\n")[0]
        return "" if start.startswith((b"#", b"\xef\xbb\xbf")) or b"\0" in start else start.decode()
    except (UnicodeDecodeError, *BROKEN):
        return ""


def read_large(path: Path, head: str, mark: str) -> Raw | None:
    """Read a large table whose lines are all alike; None for any other file, and where polars is not installed.

    Alike are lines of plain UTF-8 with as many delimiters outside of quotes as the header has, without line ends in
    quotes, blanks behind a delimiter or empty lines. What else a table may hold, `read_delimited` knows.
    """
    try:
        from polars.exceptions import PolarsError
    except ImportError:
        return None
    names = next(csv.reader([head.partition("\n")[0].rstrip("\r")], delimiter=mark))
    if len(names) < 2 or any(not name or name != name.strip() for name in names):
        return None
    checked_header(names, str(path))
    try:
        if not (rows := _lines_alike(path, mark, len(names) - 1)):
            return None
        columns, start = [_Column(rows) for _ in names], 0
        for part in _parts(path):
            read = _series(part, mark)
            if len(read) != len(names) or len(read[0]) != part.count(b"\n"):
                return None
            for column, series in zip(columns, read, strict=True):
                column.add(series, start)
            start += len(read[0])
    except (PolarsError, *BROKEN):
        return None
    again = [partial(_labels_in, path, mark, i, rows) for i in range(len(names))]
    cells: dict[str, Any] = {name: columns[i].cells(again[i]) for i, name in enumerate(names)}
    return Raw(cells, range(2, rows + 2), form=FORM[mark])


def _parts(path: Path) -> Iterator[bytes]:
    """Give the lines below the header, whole lines of about a megabyte at a time; each line ends in a newline."""
    with opened(path) as file:
        file.readline(PART)
        while part := file.read(PART):
            part = (part + file.readline(PART)).replace(b"\r\n", b"\n")
            yield part if part.endswith(b"\n") else part + b"\n"


def _lines_alike(path: Path, mark: str, marks: int) -> int:
    """Count the lines below the header; 0 where they are not alike, as far as counting can say."""
    rows = read = 0
    for part in _parts(path):
        read += len(part)
        if b'"' in part:
            part = _quoted(mark).sub(b"", b"\n" + part)[1:]
        lines = part.count(b"\n")
        blank = b" " in part and (b"\n " in part or part.startswith(b" ") or mark.encode() + b" " in part)
        if blank or b'"' in part or b"\r" in part or part.startswith(b"\n") or b"\n\n" in part:
            return 0
        if part.count(mark.encode()) != lines * marks or read > MOST_BYTES:
            return 0
        rows += lines
    return rows


@cache
def _quoted(mark: str) -> re.Pattern[bytes]:
    """Match a cell in quotes."""
    return re.compile(rb'(?<=[%b\n])"(?:[^"\n]|"")*"(?=[%b\n])' % ((re.escape(mark.encode()),) * 2))


def _series(part: bytes, mark: str, only: int | None = None) -> list[Any]:
    """Read the columns of lines as text, or one of them; an empty cell is null.

    Raises:
        PolarsError: a line has more cells than others, or it is no UTF-8.
    """
    from polars import read_csv

    columns = None if only is None else [only]
    quote = '"' if b'"' in part else None
    read = read_csv(part, has_header=False, columns=columns, separator=mark, quote_char=quote, infer_schema=False)
    return read.get_columns()


def _labels_in(path: Path, mark: str, column: int, rows: int) -> Labels:
    """Read the labels of one column of a large table that was read before.

    Raises:
        PointsError: the file is another by now.
    """
    from polars.exceptions import PolarsError

    try:
        found = _labels_of_texts(_series(part, mark, column)[0] for part in _parts(path))
    except (PolarsError, *BROKEN):
        found = [], np.array([])
    if len(found[1]) != rows:
        raise PointsError(f"{path} was changed while it was read. Read it again.")
    return found
