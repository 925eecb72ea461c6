"""Delimited text: CSV, TSV, semicolons with decimal commas, bars, blanks; as spreadsheets and numpy save it too."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from ..errors import PointsError
from .raw import Raw, Rejected, checked_header, is_number

FORM = {",": "CSV", "\t": "TSV", ";": "CSV with semicolons", "|": "text with bars", " ": "text with blanks"}
SNIFFED = 50  # lines from which the delimiter is read
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?")
_GROUPS = re.compile(r"\d{1,3}(?:,\d{3}){2,}")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")


def delimiter_of(text: str) -> str | None:
    """Find the delimiter of a table: the one that cuts most lines into as many cells as the first; None if none does.

    A text of one column, each line one word, is a table too: its delimiter is the comma.
    """
    lines = [line for line in text.splitlines()[: 4 * SNIFFED] if line.strip()][:SNIFFED]
    found = {mark: _agreement(lines, mark) for mark in (",", "\t", ";", "|", " ")}
    best = max(found, key=lambda mark: found[mark])
    if found[best][0] > 0:
        return best
    return "," if all(len(line.split()) == 1 for line in lines) else None


def _agreement(lines: list[str], mark: str) -> tuple[float, int]:
    """Give the share of lines of the commonest number of cells, and that number; (0, 0) where it is no delimiter."""
    counts = [len(cells) for cells in _rows(lines, mark)]
    several = Counter(count for count in counts if count > 1)
    if not several:
        return 0.0, 0
    number, lines_of_it = several.most_common(1)[0]
    share = lines_of_it / len(counts)
    if mark == " ":  # prose has blanks: a table's lines all agree, and below its header they hold numbers
        cells = [cell for row in _rows(lines[1:], mark) for cell in row]
        numbers = sum(map(is_number, cells))
        return (0.5 * share, number) if share > 0.95 and numbers >= 0.4 * len(cells) > 0 else (0.0, 0)
    return (share, number) if share >= 0.5 else (0.0, 0)


def _rows(lines: Iterable[str], mark: str) -> Iterator[list[str]]:
    if mark == " ":
        return (line.split() for line in lines)
    return csv.reader(lines, delimiter=mark, skipinitialspace=True)


def read_delimited(text: str, name: str, mark: str | None = None) -> Raw:
    """Read delimited text; the first line with two names is the header.

    Lines above the header that fill a single cell (the title of a spreadsheet), nameless columns without a cell, and
    the "# " that numpy writes before a header are left out.

    Raises:
        PointsError: no header, a column named twice, or a line that csv cannot read.
    """
    text = _without_comments(text)
    mark = mark or delimiter_of(text) or ","
    numbered = _numbered(text, name, mark)
    header, skipped = _header(numbered, name)
    if len(set(filter(None, header))) < len(list(filter(None, header))):
        header, numbered = _second_header(header, numbered, skipped)
    raw = Raw({}, rows := [], form=FORM.get(mark, "delimited text"), notes=skipped)
    whole: list[list[str]] = []
    for line, cells in numbered:
        if len(cells) > len(header) and not any(map(str.strip, cells[len(header) :])):
            cells = cells[: len(header)]  # a delimiter at the end of the line
        if len(cells) == len(header):
            whole.append(cells)
            rows.append(line)
        elif any(cell.strip() for cell in cells):
            raw.rejected.append(Rejected(line, f"{len(cells)} cells under {len(header)} column names"))
    columns = [list(column) for column in zip(*whole, strict=True)] or [[] for _ in header]
    del whole
    if _lies_on_its_side(header, columns[0]):
        raw.notes.append("the table lies on its side: each line is read as a column")
        header, *rest = ([title, *cells] for title, cells in zip(header, columns, strict=True))
        return Raw(_upright(header, rest, name), range(1, len(rest) + 1), raw.rejected, form=raw.form, notes=raw.notes)
    named = [i for i, title in enumerate(header) if title or any(cell.strip() for cell in columns[i])]
    names = checked_header([header[i] for i in named], name)
    raw.columns = {title: columns[i] for title, i in zip(names, named, strict=True)}
    if mark != ",":
        without_decimal_commas(raw, mark)
    return raw


def _lies_on_its_side(header: list[str], names: list[str]) -> bool:
    """Say whether a line holds a quantity and not a run: its name, then numbers; the corner of a matrix names two."""
    one_name = re.fullmatch(r"[\w.#-]+", header[0]) is not None and not is_number(header[0])
    numbers = len(header) > 2 and all(map(is_number, header[1:]))
    return one_name and numbers and len(names) > 1 and not any(map(is_number, names)) and all(names)


def _upright(names: list[str], rows: list[list[str]], source: str) -> dict[str, list]:
    return dict(zip(checked_header(names, source), map(list, zip(*rows, strict=True)), strict=True))


def _without_comments(text: str) -> str:
    """Empty the lines of comments above a table; the last of them is its header where its cells are as many."""
    if not text.startswith("#"):
        return text
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    comments = [i for i in range(first) if lines[i].startswith("#")]
    cut = re.compile(r"[,;\t|]|\s+")
    if comments and len(cut.split(lines[comments[-1]].lstrip("# "))) == len(cut.split(lines[first])):
        comments.pop()
    for i in comments:
        lines[i] = ""
    return "\n".join(lines)


def _numbered(text: str, name: str, mark: str) -> Iterator[tuple[int, list[str]]]:
    """Give the rows that are not empty, each with its line number."""
    if mark == " ":
        yield from ((i, line.split()) for i, line in enumerate(text.splitlines(), 1) if line.strip())
        return
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, skipinitialspace=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as failure:
        raise PointsError(f"{name}, line {reader.line_num}: {failure}.") from None


def _header(numbered: Iterator[tuple[int, list[str]]], name: str) -> tuple[list[str], list[str]]:
    """Find the line of column names; give it, and a note on the lines above it."""
    titles: list[str] = []
    for _, cells in numbered:
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) == 1 and len(cells) > 1:
            titles.append(filled[0])
        elif filled:
            names = [cell.strip() for cell in cells]
            names[0] = names[0].removeprefix("#").strip()
            return names, [f"left out above the header: {', '.join(map(repr, titles))}"] if titles else []
    raise PointsError(f"{name} has no line of column names.")


def _second_header(
    header: list[str], numbered: Iterator[tuple[int, list[str]]], notes: list[str]
) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """Take the second line for the names where the first groups them, and so repeats: as many names, all different."""
    line, cells = next(numbered, (0, []))
    names = [cell.strip() for cell in cells]
    if len(names) == len(header) == len(set(names)) and all(names) and not any(map(is_number, names)):
        groups = ", ".join(dict.fromkeys(filter(None, header)))
        notes.append(f"left out above the header, as it groups the columns: {groups}")
        return names, numbered
    return header, chain([(line, cells)] if cells else [], numbered)


def without_decimal_commas(raw: Raw, mark: str) -> None:
    """Write decimal commas as points, where commas stand in numbers and some of them cannot separate thousands.

    Behind semicolons, which spreadsheets write where the comma is decimal, 3,144 is so unless some cell is 1,234,567.
    """
    texts = {name: cells for name, cells in raw.columns.items() if getattr(cells, "numbers", None) is None}
    with_commas = [name for name, cells in texts.items() if _all_with(_DECIMAL_COMMA, cells)]
    cells = [cell for name in with_commas for cell in raw.columns[name] if _DECIMAL_COMMA.fullmatch(cell)]
    grouped = mark != ";" or any(_GROUPS.fullmatch(cell) for column in texts.values() for cell in column[:SNIFFED])
    if all(_THOUSANDS.fullmatch(cell) for cell in cells) and grouped:
        return
    if not with_commas:
        return
    for name in with_commas:
        raw.columns[name] = [cell.replace(",", ".") for cell in raw.columns[name]]
    raw.notes.append(f"decimal commas are read as points in {', '.join(with_commas)}")


def _all_with(pattern: re.Pattern[str], cells: list[str]) -> bool:
    """Say whether a column holds numbers alone, some of which match a pattern."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    numbers = [cell for cell in filled if not is_number(cell)]
    return bool(numbers) and all(pattern.fullmatch(cell) for cell in numbers)
