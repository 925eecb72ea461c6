"""Hugging Face's Trainer: the log_history of its trainer_state.json, and the dictionaries that it prints."""

import ast
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..records.json_values import parse_json
from .json_records import read_json_lines
from .raw import Raw, columns_of, flatten, is_number
from .run_folders import run_of_state

_PRINTED = re.compile(r"\{'(?:eval_)?loss': [^{}]*\}")
_OF = {"step": "steps", "eval_loss": "loss_nats", "loss": "loss_train_nats", "learning_rate": "lr"}
_OF["num_input_tokens_seen"] = "tokens"  # logged where the Trainer was asked to count them


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
    of_run = {"run_id": run_of_state(Path(name)), **_planned(state)}
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


def looks_like_trainer_output(head: str) -> bool:
    """Say whether a text holds the dictionaries that Trainer prints."""
    return any("'epoch'" in found for found in _PRINTED.findall(head))


def read_trainer_output(text: str, name: str) -> Raw:
    """Read what Trainer printed: evaluations where there are any, else its training losses; how far, by epochs.

    A printed learning rate goes to the next evaluation.
    """
    rows: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.splitlines(), 1):
        for found in _PRINTED.findall(line):
            said = _read(found)
            rows += [(number, {_OF.get(key, key): one for key, one in said.items()})] if said else []
    held_out = [row for row in rows if "loss_nats" in row[1]]
    kept, rate = held_out or rows, None
    for _, row in rows:
        rate = row.setdefault("lr", rate)
        row["epochs"] = row.pop("epoch", None)
    records = [{"run_id": Path(name).stem, **row} for _, row in kept]
    notes = [f"{len(rows) - len(held_out)} printed training losses are not points: the held-out losses are"]
    return Raw(
        columns_of(records),
        [number for number, _ in kept],
        form="output of Hugging Face's Trainer",
        notes=notes * bool(held_out and len(held_out) < len(rows)),
    )


def _read(text: str) -> dict[str, Any]:
    """Read a printed dictionary; a loss that is no number is written nan there, which Python does not read."""
    try:
        found = ast.literal_eval(re.sub(r"\bnan\b", "None", text))
    except (ValueError, SyntaxError):
        return {}
    return {key: float(one) if isinstance(one, str) and is_number(one) else one for key, one in found.items()}
