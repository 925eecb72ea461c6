"""A record as lines and tables, made once: written as plain text for a terminal, and as HTML for a notebook."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from .numbers_in_text import printable, table


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


def as_text(blocks: Iterable[Block]) -> str:
    """Write the blocks under one another, as a command prints them."""
    return "\n".join(str(block) for block in blocks)


def as_html(blocks: Iterable[Block]) -> str:
    """Write the blocks as HTML: texts are paragraphs, and every table has a caption and heads with a scope."""
    parts: list[str] = []
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
