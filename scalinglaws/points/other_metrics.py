"""Logs in which each metric has rows of its own: the rows of a held-out loss are points, the others are not."""

from collections.abc import Mapping

from ..errors import counted
from ..formats.raw import missing
from .plain_numbers import plain_numbers

HELD_OUT = ("loss_nats", "loss_bits_per_byte")
CARRIED = ("lr", "tokens", "steps")  # what the latest row before an evaluation says of it too


def rows_of_held_out_loss(columns: Mapping[str, list]) -> tuple[dict[str, list], list[int], list[str]]:
    """Keep the rows of a log that hold a held-out loss; give the columns, the rows kept, and a note on the others.

    A table is such a log where it counts steps and rows without a held-out loss hold the training loss, or where the
    rate stands only in rows without one. What stands only in those rows (the rate) is taken over by the next
    evaluation of the run.
    """
    rows = range(len(next(iter(columns.values()), [])))
    loss = next((name for name in HELD_OUT if name in columns), None)
    other = "loss_train_nats" if "loss_train_nats" in columns else None
    if loss is None or other is None or "steps" not in columns:
        return dict(columns), list(rows), []
    losses = plain_numbers(columns[loss])
    if losses is not None and losses.size and losses.min() > 0:  # a loss in every row
        return dict(columns), list(rows), []
    pairs = enumerate(zip(columns[loss], columns[other], strict=True))
    without = {i for i, (held_out, training) in pairs if _none(held_out) and not _none(training)}
    kept = [i for i in rows if i not in without]
    if not without or not kept:
        return dict(columns), list(rows), []
    carried = {name: _carried(columns, name) for name in CARRIED if name in columns}
    found = {name: [carried.get(name, values)[i] for i in kept] for name, values in columns.items()}
    found = {name: values for name, values in found.items() if not all(map(missing, values))}
    return found, kept, [f"{counted(len(without), 'row')} of {other} are not points: those of {loss} are"]


def _none(cell: object) -> bool:
    return missing(cell) or (isinstance(cell, str) and cell.strip().lower() == "nan")


def _carried(columns: Mapping[str, list], name: str) -> list:
    """Fill the empty cells of a column with the last value of the same run above them."""
    runs, values = columns.get("run_id"), columns[name]
    last: dict[object, object] = {}
    filled = []
    for i, value in enumerate(values):
        run = runs[i] if runs else None
        last[run] = last.get(run) if missing(value) else value
        filled.append(last[run])
    return filled
