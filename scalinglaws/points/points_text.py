"""Points as text: their number, their runs, their source, and the range of every column."""

from typing import TYPE_CHECKING

import numpy as np

from ..errors import counted
from ..quantities import QUANTITIES
from ..records.numbers_in_text import short
from ..records.text_blocks import Block, rows_of

if TYPE_CHECKING:
    from .points import Points

MOST_COLUMNS = 40  # that are listed


def points_blocks(points: "Points") -> list[Block]:
    """Write the number of points and the content of each column."""
    left_out = len(points) - len(points.kept)
    part = f"; {left_out} excluded from fits" if left_out else ""
    runs = len(np.unique(points.clusters(points.cluster)))
    source = f" from {points.source}" if points.source else ""
    names = list(points.columns)
    rows = [(name, *_range(points, name), _meaning(name)) for name in names[:MOST_COLUMNS]]
    more = [f"  and {len(names) - MOST_COLUMNS} more columns"] if len(names) > MOST_COLUMNS else []
    head = ("column", "lowest", "highest", "meaning")
    title = f"{counted(len(points), 'point')} of {counted(runs, 'run')}{source}{part}"
    return [title, rows_of(head, rows, "columns"), *more, *(f"note: {note}" for note in points.notes)]


def _range(points: "Points", name: str) -> tuple[str, str]:
    column = points[name]
    if column.dtype.kind == "U":
        return counted(len(np.unique(column[column != ""])), "label"), ""
    known = column[np.isfinite(column)]
    return (short(known.min()), short(known.max())) if len(known) else ("-", "-")


def _meaning(name: str) -> str:
    known = QUANTITIES.get(name)
    return "" if known is None else known.meaning.partition(" (")[0].partition("; ")[0].rstrip(".")
