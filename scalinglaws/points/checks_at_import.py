"""What a table must have before its rows are called points."""

from ..errors import PointsError, argument
from ..quantities import QUANTITIES
from .names import may_be_loss, plain, which_count
from .reading import Imported
from .size_columns import column_of_sizes

OBSERVED = frozenset(
    "loss loss_other loss_task loss_rise accuracy error overfitting overfitting_nats size_ratio compute_ratio "
    "steps_ratio characters_transferred lr batch".split()
)  # roles of what is measured on a run, or chosen for it

_OF_ANYTHING = {"value", "values", "result", "y"}


def check_loss(imported: Imported) -> None:
    """Refuse a table in which no column is known as a loss.

    Raises:
        PointsError: naming what the source was taken for, its columns, and what to type.
    """
    points = imported.points
    if any(QUANTITIES[name].role in OBSERVED for name in points.columns if name in QUANTITIES):
        return
    numbers = [name for name, values in points.columns.items() if values.dtype.kind == "f" and name not in QUANTITIES]
    of_bytes = [name for name in numbers if "byte" in plain(name)[0]]
    offered = argument(map={"loss_bits_per_byte": of_bytes[0]} if of_bytes else {"loss_nats": _likely(numbers)})
    count = column_of_sizes(points)
    size = f", and the size, {which_count(count)}" if count else ""
    raise PointsError(
        f"{points.source}, read as {imported.form}, has no column that is known as a loss: it is no table of points. "
        f"Its columns: {', '.join(points.columns)}. Name the loss, for example with {offered}{size}."
    )


def _likely(numbers: list[str]) -> str:
    """Name the column that is most likely the loss: by its name, or as the only one; COLUMN where none is likely."""
    by_name = [name for name in numbers if may_be_loss(name) or plain(name)[0] in _OF_ANYTHING]
    return by_name[0] if by_name else numbers[0] if len(numbers) == 1 else "COLUMN"
