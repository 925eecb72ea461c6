"""The result of a run as its trainer reports it: from result.json, or from the log or table that it writes."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ...errors import FailureError, ScalingLawsError, nearest
from ...formats.raw import Raw, is_number
from ...formats.read_raw import read_raw
from ...points.points import Points
from ...points.reading import read_points
from ...records.json_values import read_json
from ...run.item_scores import ItemScores
from ...run.run import RunSpec
from ...run.trainer import RESULT, Trainer

LOG = "log.txt"  # what the command prints, in the trainer's folder
UNITS = {"nats": 1.0, "bits": math.log(2)}  # of a loss per token -> nats
FOLDERS = {"tensorboard", "wandb", "mlflow"}  # formats that are folders, which say themselves what they are
STATES = {"trainer-state"}  # formats whose file lies in a folder of its own
ZERO = ("0", "0.0")
COUNTS = ("params_nonembedding", "params_nonembedding_exact", "params_with_head", "params_total")
FACTS = ("n_layer", "d_model", "n_heads", "n_ctx", "batch_tokens", "n_vocab")
TASK = ("accuracy", "choice_probability", "loss_task_bits_per_byte", "accuracy_chance", "items")  # of one's own items
KEYS = (
    *("loss", "unit", "loss_se", "loss_train", "tokens", "steps", "tokens_unique", "bytes_per_token", "curve"),
    *(*COUNTS, *FACTS, "seconds", "energy_joules", "diverged", *TASK),
)


@dataclass(frozen=True)
class Reported:
    """What a trainer reports of a run; None where it does not say.

    Attributes:
        curve: (step, loss in nats per token) of each evaluation, in order; nan where it is no number.
        tokens: seen in training when the last loss was measured.
        facts: counts of parameters, sizes, and what else it says, by name.
        items: what its last model answered to multiple-choice items.
        form: what the result was read as.
    """

    curve: tuple[tuple[int, float], ...]
    tokens: float | None = None
    loss_sem: float | None = None
    loss_train: float | None = None
    facts: Mapping[str, float] = field(default_factory=dict)
    form: str = ""
    items: ItemScores | None = None


def read_result(trainer: Trainer, spec: RunSpec, folder: Path) -> Reported:
    """Read the result of a run in its trainer's folder.

    Raises:
        FailureError: there is none, or it cannot be read.
    """
    if trainer.is_function or trainer.reads == RESULT:
        return _of_json(folder / RESULT)
    form, _, name = trainer.reads.partition(":")
    place = folder / (name or ("" if form in FOLDERS | STATES else LOG))
    try:
        asked = None if form in FOLDERS | STATES else form
        raw = read_raw(str(place), asked)
        before = _before_training(raw)
        found = read_points(_without_zeros(raw.columns), keep_rows="all")
    except ScalingLawsError as problem:
        raise FailureError(f"its result cannot be read as {trainer.reads}: {problem}") from None
    reported = _of_points(found.points, raw.form, spec)
    return replace(reported, curve=(*before, *(one for one in reported.curve if one[0] > 0)))


def _without_zeros(columns: Mapping[str, list]) -> dict[str, list]:
    """Leave out counts of parameters that are zero: nanoGPT prints 0.00M for a model of less than 5,000."""
    zero = [name for name in COUNTS if name in columns and all(str(one) in ZERO for one in columns[name])]
    return {name: cells for name, cells in columns.items() if name not in zero}


def _before_training(raw: Raw) -> tuple[tuple[int, float], ...]:
    """The held-out loss before the first step, which is no point of a run but says in which unit losses are."""
    columns = [raw.columns.get(name, []) for name in ("steps", "loss_nats")]
    rows = [(str(step), str(loss)) for step, loss in zip(*columns, strict=False)]
    first = next((loss for step, loss in rows if is_number(step) and float(step) == 0 and is_number(loss)), None)
    return () if first is None else ((0, float(first)),)


def _of_json(path: Path) -> Reported:
    if not path.is_file():
        raise FailureError(f"it wrote no {RESULT}: {path} is missing.")
    try:
        told = read_json(path, dict)
    except ScalingLawsError as problem:
        raise FailureError(str(problem)) from None
    for key in told:
        if key not in KEYS:
            raise FailureError(f"{path} has the key {key!r}.{nearest(key, KEYS)} Known: {', '.join(KEYS)}.")
    unit = told.get("unit", "nats")
    if unit not in UNITS:
        raise FailureError(f"{path}: unit = {unit!r}; a loss is in {' or '.join(UNITS)} per token.")
    numbers = {key: _number(path, key, value) for key, value in told.items() if key not in ("unit", "curve")}
    if told.get("diverged") is True:
        numbers["loss"] = math.nan
    if "loss" not in numbers or "steps" not in numbers:
        raise FailureError(f"{path} needs at least loss and steps; it has {', '.join(told) or 'no key'}.")
    last = (int(numbers["steps"]), numbers["loss"] * UNITS[unit])
    curve = [(int(step), loss * UNITS[unit]) for step, loss in _curve(path, told.get("curve", []))]
    sem, train = numbers.get("loss_se"), numbers.get("loss_train")
    return Reported(
        (*(one for one in sorted(curve) if one[0] < last[0]), last),
        numbers.get("tokens"),
        None if sem is None else sem * UNITS[unit],
        None if train is None else train * UNITS[unit],
        {key: value for key, value in numbers.items() if key not in ("loss", "steps", "tokens", "loss_se", *TASK)},
        RESULT,
        _of_items(path, numbers),
    )


def _of_items(path: Path, numbers: Mapping[str, float]) -> ItemScores | None:
    """Read what a trainer says of items of its own: shares from 0 to 1, a cost above 0, a count of at least 1."""
    given = {key: numbers[key] for key in TASK if key in numbers}
    for key, value in given.items():
        high = 1.0 if key in ("accuracy", "choice_probability", "accuracy_chance") else math.inf
        if not 0 <= value <= high or (key == "items" and value < 1):
            allowed = "from 0 to 1" if high == 1 else "1 or more" if key == "items" else "0 or more"
            raise FailureError(f"{path}: {key} = {value:g}; it must be {allowed}.")
    if given and "accuracy" not in given:
        raise FailureError(f"{path} has {', '.join(given)}, and no accuracy: add it, as a fraction, or leave them out.")
    if not given:
        return None
    accuracy, share, cost, chance, count = (given.get(key) for key in TASK)
    assert accuracy is not None
    return ItemScores(None if count is None else int(count), accuracy, chance, share, cost)


def _number(path: Path, key: str, value: object) -> float:
    if value is None:
        return math.nan
    if not isinstance(value, int | float):
        raise FailureError(f"{path}: {key} = {value!r:.60} is not a number.")
    return float(value)


def _curve(path: Path, value: object) -> list[tuple[float, float]]:
    shape = "a list of [step, loss]"
    if not isinstance(value, list) or not all(isinstance(one, list) and len(one) == 2 for one in value):
        raise FailureError(f"{path}: curve = {value!r:.60}; it must be {shape}.")
    return [(_number(path, "a step of curve", step), _number(path, "a loss of curve", loss)) for step, loss in value]


def _of_points(points: Points, form: str, spec: RunSpec) -> Reported:
    """Take the evaluations of one run from the rows of its log; of a step that it repeats, the last."""
    steps = _steps(points, spec)
    losses = dict(zip(steps, map(float, points["loss_nats"]), strict=True))
    last = max(losses)
    row = steps.index(last)
    facts = {name: _last(points, name, row) for name in (*COUNTS, *FACTS, "tokens_unique", "seconds")}
    tokens = _last(points, "tokens", row) if "tokens" in points else None
    return Reported(
        tuple(sorted(losses.items())),
        tokens,
        _last(points, "loss_nats_sem", row),
        _last(points, "loss_train_nats", row),
        {name: value for name, value in facts.items() if value is not None},
        form,
    )


def _steps(points: Points, spec: RunSpec) -> list[int]:
    """The step of each row: as logged, else from its tokens; a table with one row and neither is the end of the run."""
    if "steps" in points:
        return [int(step) for step in points["steps"]]
    if "tokens" in points:
        return [round(float(tokens) / spec.batch_tokens) for tokens in points["tokens"]]
    raise FailureError("its rows have neither steps nor tokens, so that it is not known how far it was trained.")


def _last(points: Points, name: str, row: int) -> float | None:
    if name not in points:
        return None
    value = float(np.asarray(points[name], dtype=float)[row])
    return value if math.isfinite(value) else None
