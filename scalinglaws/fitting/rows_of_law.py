"""The rows that a law is about: whole curves for laws of curves, every batch for laws of the batch."""

from collections.abc import Iterable

from ..laws.declaration import Law
from ..points.points import Points
from ..points.row_kinds import kept_again

_OF_CURVES, _OF_BATCHES = "mid-decay", "untuned"


def with_its_rows(laws: Iterable[Law], points: Points) -> Points:
    """Let the rows take part again that the reader left out for laws of finished, tuned runs, and that these laws need.

    Rows before the end of a schedule belong to laws of a whole schedule and of the steps; the batches that did worse
    to laws in which the batch is an input.
    """
    members = list(laws)
    curves = bool(members) and all(law.along is not None or "S" in law.inputs for law in members)
    batches = bool(members) and all("B" in law.inputs for law in members)
    return kept_again(points, *[_OF_CURVES] * curves, *[_OF_BATCHES] * batches)
