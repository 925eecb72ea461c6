"""Merged cells of a spreadsheet, saved as one filled cell above empty ones: each stands for the rows of its block."""

from collections.abc import Mapping

from ..formats.large_text import Cells
from ..formats.raw import missing
from ..quantities import QUANTITIES

_MERGED = ("params", "tokens", "label", "shape")  # roles of what several rows share


def without_merged(columns: Mapping[str, list]) -> tuple[dict[str, list], list[str]]:
    """Fill the cells below merged ones; give the columns and a sentence on each.

    Only a column that can be nothing else is filled: the first row has a value, and so has every k-th row after it and
    no other, to the end. Other gaps stay gaps.
    """
    found, said = dict(columns), []
    for name, cells in columns.items():
        size = _block(cells) if name in QUANTITIES and QUANTITIES[name].role in _MERGED else 0
        if size:
            found[name] = [cells[i - i % size] for i in range(len(cells))]
            said.append(f"{name}: each value is taken for the {size - 1} empty cells below it too, as of merged cells")
    return found, said


def _block(cells: list) -> int:
    """Give the rows of each block of a column of merged cells; 0 where it is none."""
    if isinstance(cells, Cells) or len(cells) < 4 or missing(cells[0]) or not missing(cells[1]):
        return 0
    filled = [i for i, cell in enumerate(cells) if not missing(cell) and str(cell).strip()]
    size = filled[1] if len(filled) > 1 else 0
    return size if size and filled == list(range(0, len(cells), size)) and len(cells) % size == 0 else 0
