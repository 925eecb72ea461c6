"""A table in Markdown, as people paste it into issues: | a | b | over |---|---|."""

import re
from itertools import pairwise

from .raw import Raw, Rejected, checked_header

_RULE = re.compile(r"\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?")
_EMPHASIS = re.compile(r"^[*_`~]+|[*_`~]+$")


def looks_like_markdown(head: str) -> bool:
    """Say whether a line of dashes stands under a line of bars."""
    lines = head.splitlines()
    return any("|" in a and "-" in b and _RULE.fullmatch(b.strip()) for a, b in pairwise(lines))


def read_markdown(text: str, name: str) -> Raw:
    """Read the first table of a text; emphasis around a cell is taken off, other lines are left out.

    Raises:
        PointsError: a column named twice.
    """
    lines = text.splitlines()
    at = next(i for i in range(1, len(lines)) if _RULE.fullmatch(lines[i].strip()) and "|" in lines[i - 1])
    names = checked_header(_cells(lines[at - 1]), name)
    columns: list[list] = [[] for _ in names]
    raw = Raw(dict(zip(names, columns, strict=True)), rows := [], form="table in Markdown")
    for number, line in enumerate(lines[at + 1 :], at + 2):
        if "|" not in line:
            break
        cells = _cells(line)
        if len(cells) != len(names):
            raw.rejected.append(Rejected(number, f"{len(cells)} cells under {len(names)} column names"))
            continue
        for column, written in zip(columns, cells, strict=True):
            column.append(written)
        rows.append(number)
    return raw


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [_EMPHASIS.sub("", cell.strip()).strip() for cell in inner.split("|")]
