"""A record as lines and tables, made once: written as plain text for a terminal, and as HTML for a notebook."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

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


def table(head: Sequence[str], rows: Sequence[Sequence[object]], indent: int = 2) -> str:
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

    A table that is wider than `width` is written row by row: each row is its first cell, and below it a line per cell.
    """
    return "\n".join(_fitting(block, width) for block in blocks)


def _fitting(block: Block, width: int | None) -> str:
    text = str(block)
    if width is None or not isinstance(block, Table) or max(map(len, text.splitlines()), default=0) <= width:
        return text
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
    for block in blocks:
        if isinstance(block, Table):
            parts.append(_table(block))
        elif block.strip():
            parts.append(f"<p>{_escaped(block.strip()).replace(chr(10), '<br>' + chr(10))}</p>")
    return "\n".join(["<div>", *parts, "</div>"])


def _table(block: Table) -> str:
    caption = [f"<caption>{_escaped(block.caption)}</caption>"] if block.caption else []
    head = "".join(f'<th scope="col">{_escaped(name)}</th>' for name in block.head)
    rows = [_row(row) for row in block.rows]
    return "\n".join(["<table>", *caption, f"<thead><tr>{head}</tr></thead>", "<tbody>", *rows, "</tbody>", "</table>"])


def _row(row: Sequence[object]) -> str:
    first, *others = (_escaped(cell) for cell in row)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"


def _escaped(cell: object) -> str:
    return escape(printable(str(cell)))
