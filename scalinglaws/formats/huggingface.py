"""trainer_state.json of Hugging Face's Trainer: what its log_history says."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..records.json_values import parse_json
from .json_records import read_json_lines
from .raw import Raw, columns_of, flatten

_OF = {"step": "steps", "eval_loss": "loss_nats", "loss": "loss_train_nats", "learning_rate": "lr"}


def looks_like_trainer_state(head: str) -> bool:
    """Say whether a text is the state that Trainer saves."""
    return head.lstrip().startswith("{") and '"log_history"' in head and '"global_step"' in head


def read_trainer_state(text: str, name: str) -> Raw:
    """Read the rows of log_history: an evaluation is a point and takes the rate that was logged at its step.

    `max_steps` is the length that was planned.
    """
    try:
        state = parse_json(text)
    except ValueError:
        return read_json_lines(text, name)  # which says where it is broken
    rows = [{_OF.get(key, key): one for key, one in flatten(row).items()} for row in state["log_history"]]
    held_out = [row for row in rows if "loss_nats" in row]
    rates = {row["steps"]: row["lr"] for row in rows if "lr" in row and "steps" in row}
    of_run = {"run_id": Path(name).parent.name or Path(name).stem, **_planned(state)}
    kept = held_out or [row for row in rows if "loss_train_nats" in row]
    records = [{**of_run, "lr": rates.get(row.get("steps")), **row} for row in kept]
    notes = [f"{len(rows) - len(kept)} of {len(rows)} rows of log_history hold no held-out loss and are not points"]
    return Raw(
        columns_of(records),
        list(range(1, len(records) + 1)),
        form="trainer_state.json of Hugging Face's Trainer",
        notes=notes * bool(held_out) + _broken(rows),
    )


def _planned(state: Mapping[str, Any]) -> dict[str, Any]:
    steps = state.get("max_steps")
    return {"planned_steps": steps} if isinstance(steps, int) and steps > 0 else {}


def _broken(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Say at which steps a loss was no number."""
    bad = [
        row.get("steps") for row in rows for name in ("loss_nats", "loss_train_nats") if row.get(name) != row.get(name)
    ]
    return [f"the loss is not a number at step {', '.join(map(str, bad[:5]))}"] if bad else []
