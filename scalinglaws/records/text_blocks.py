"""A record as lines and tables, made once: written as plain text for a terminal, and as HTML for a notebook."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from .folding import GAP, columns_here, folded
from .numbers_in_text import short_powers

INDENT = 2  # columns before a table
LEAST_TEXT = 12  # columns: a narrower last column is not wrapped
MOST_LINES = 2  # of a row, in the mean: of a longer text the columns stand in parts
MOST_PARTS = 3  # of a table whose columns are set below one another

# Control characters, which a terminal obeys, and marks that turn the direction of writing: shown as their codes.
CODES = [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
SHOWN = {code: repr(chr(code))[1:-1] for code in CODES}


@dataclass(frozen=True)
class Table:
    """Rows of cells under their heads.

    Attributes:
        caption: what the table holds, for a reader who does not see what stands around it.
        text: the rows as plain text, where they are not written as `table` sets them.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    caption: str = ""
    text: str = ""

    def __str__(self) -> str:
        return self.text or table(self.head, self.rows)


Block = str | Table  # a text of one line or several, or a table


def rows_of(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Table:
    """Make a table of any sequences."""
    return Table(tuple(head), tuple(tuple(row) for row in rows), caption)


def printable(text: str) -> str:
    """Show the control characters of a text in place of sending them: a cell or a name clears no terminal."""
    return text.translate(SHOWN)


def table(head: Sequence[str], rows: Sequence[Sequence[object]], indent: int = INDENT) -> str:
    """Set rows under their heads: the first column to the left, the others to the right, but for the last if text."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    left = {0} | ({len(head) - 1} if any(" " in row[-1] for row in cells) else set())
    return "\n".join(
        " " * indent
        + "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [list(head), *cells]
    )


def as_text(blocks: Iterable[Block], width: int | None = None) -> str:
    """Write the blocks under one another, as a command prints them.

    A table that is wider than `width` has the text of its last column wrapped; if that is not enough, its columns stand
    in parts below one another, each with the first column. Of more than three parts each row is written alone, its
    first cell and below it a line per cell.
    """
    return "\n".join(_fitting(block, width) for block in blocks)


def shown_text(blocks: Iterable[Block]) -> str:
    """Write the blocks for a person at the width of the terminal, as Python's print shows a record."""
    width = columns_here()
    return folded(printable(as_text(blocks, width)), width)


def _with_short_powers(block: Block) -> Block:
    """Write large numbers alike in every cell and line."""
    if isinstance(block, str):
        return short_powers(block)
    rows = tuple(tuple(short_powers(str(cell)) for cell in row) for row in block.rows)
    return Table(tuple(map(short_powers, block.head)), rows, block.caption, short_powers(block.text))


def _fitting(block: Block, width: int | None) -> str:
    block = _with_short_powers(block)
    text = str(block)
    if width is None or not isinstance(block, Table) or _widest(text) <= width:
        return text
    wrapped = _wrapped(block.head, block.rows, width)
    if wrapped and wrapped.count("\n") <= MOST_LINES * len(block.rows):
        return wrapped
    return _in_parts(block, width) or wrapped or _row_by_row(block)


def _widest(text: str) -> int:
    return max(map(len, text.splitlines()), default=0)


def _wrapped(head: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> str:
    """Set a table with the text of its last column wrapped to the room beside the others; empty where it has none."""
    others = table([*head[:-1], ""], [(*row[:-1], "") for row in rows])
    room = width - _widest(others) - GAP
    last = [
        textwrap.wrap(str(row[-1]), max(room, 1), break_long_words=False, break_on_hyphens=False) or [""]
        for row in rows
    ]
    if room < LEAST_TEXT or max(len(line) for lines in [[head[-1]], *last] for line in lines) > room:
        return ""
    blank = ("",) * (len(head) - 1)
    return table(
        head,
        [
            (*(blank if i else row[:-1]), line)
            for row, lines in zip(rows, last, strict=True)
            for i, line in enumerate(lines)
        ],
    )


def _in_parts(block: Table, width: int) -> str:
    """Set the columns of a table in parts that fit, each with the first column, or with numbers where that repeats."""
    if len({str(row[0]) for row in block.rows}) < len(block.rows):
        numbered = [(i, *row) for i, row in enumerate(block.rows, 1)]
        block = rows_of(("#", *block.head), numbered)
    widths = [max(len(str(row[i])) for row in [block.head, *block.rows]) for i in range(len(block.head))]
    parts = _parts(widths, width)
    if not 1 < len(parts) <= MOST_PARTS:
        return ""
    even = next(less for less in range(1, width + 1) if len(_parts(widths, less)) == len(parts))
    texts = []
    for part in _parts(widths, even):
        head, rows = [block.head[i] for i in part], [[row[i] for i in part] for row in block.rows]
        text = table(head, rows)
        texts.append(text if _widest(text) <= width else _wrapped(head, rows, width))
    return "\n\n".join(texts) if all(texts) else ""


def _parts(widths: Sequence[int], room: int) -> list[list[int]]:
    """Divide the columns but the first among parts of no more than `room`: the places of each, the first with each."""
    parts: list[list[int]] = []
    for place, width in enumerate(widths[1:], 1):
        taken = INDENT + sum(widths[i] + GAP for i in parts[-1]) if parts else room
        if taken + width > room:
            parts.append([0])
        parts[-1].append(place)
    return parts


def _row_by_row(block: Table) -> str:
    lines = []
    for first, *others in block.rows:
        lines.append(f"  {first}")
        pairs = zip(block.head[1:], others, strict=True)
        lines += [f"    {head}: {cell}".rstrip() for head, cell in pairs if str(cell).strip()]
    return "\n".join(lines)


def as_html(blocks: Iterable[Block], picture: str = "") -> str:
    """Write the blocks as HTML: texts are paragraphs, and every table has a caption and heads with a scope.

    A picture, an SVG element, comes first.
    """
    parts: list[str] = [picture] if picture else []
    for block in map(_with_short_powers, blocks):
        if isinstance(block, Table):
            parts.append(_table(block))
        elif block.strip():
            parts.append(f"<p>{_escaped(block.strip()).replace(chr(10), '<br>' + chr(10))}</p>")
    return "\n".join(["<div>", *parts, "</div>"])


def _table(block: Table) -> str:
    caption = [f"<caption>{_escaped(block.caption)}</caption>"] if block.caption else []
    head = "".join(f'<th scope="col">{_escaped(name)}</th>' for name in block.head)
    left = [any(" " in str(row[i]) and str(row[i])[0].isalpha() for row in block.rows) for i in range(len(block.head))]
    rows = [_row(row, left) for row in block.rows]
    return "\n".join(["<table>", *caption, f"<thead><tr>{head}</tr></thead>", "<tbody>", *rows, "</tbody>", "</table>"])


def _row(row: Sequence[object], left: Sequence[bool]) -> str:
    """Write a row; cells of columns of words stand to the left, where a notebook would set all to the right."""
    first, *others = (_escaped(cell) for cell in row)
    cells = zip(others, left[1:], strict=True)
    written = (f'<td style="text-align:left">{cell}</td>' if words else f"<td>{cell}</td>" for cell, words in cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(written) + "</tr>"


def _escaped(cell: object) -> str:
    return escape(printable(str(cell)))
