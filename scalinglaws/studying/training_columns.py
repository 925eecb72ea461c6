"""The training settings of each run of a study as extra columns of its points, so that an audit can use them."""

from collections.abc import Sequence

from ..designing.arms_of_study import weights_in
from ..points.points import Points
from ..run.run import EXPERTS, MIX, Evaluation, Run, RunSpec
from ..run.trainer import OWN_SCHEDULE, OWN_TEXT
from .leverage import leverages

ELSEWHERE = "loss_nats@"  # before the name of a text of `evaluate_on`


def with_protocol(points: Points, runs: Sequence[Run]) -> Points:
    """Add warm-up, schedule, optimizer, text and tokenizer to points whose `run_id` names runs of a store.

    They are added to the points only here, because the fingerprint of a fit covers exactly the columns it was given.
    """
    found = {name: run for run in runs for name in (run.spec.first_id, run.spec.id)}
    shown = [found.get(run_id) for run_id in points["run_id"]]
    rows = [{} if run is None else _row(run.spec) for run in shown]
    names = next((list(row) for row in rows if row), [])
    points = with_arms(points, runs)
    return points.replace(**{name: [row.get(name) for row in rows] for name in names})


def with_arms(points: Points, runs: Sequence[Run]) -> Points:
    """Add the arm of each run: where they were trained on several texts, its shares, and its losses on every domain.

    Where they have several numbers of experts, that number and the efficiency leverage of mixtures.
    """
    found = {name: run for run in runs for name in (run.spec.first_id, run.spec.id)}
    shown = [found.get(run_id) for run_id in points["run_id"]]
    if len({run.spec.corpus for run in shown if run}) < 2:
        return _with_experts(points, shown)
    rows = [{} if run is None else _arm(run) for run in shown]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return points.replace(**{name: [row.get(name) for row in rows] for name in names})


def _with_experts(points: Points, runs: Sequence[Run | None]) -> Points:
    counts = [max(1, run.spec.shape.n_experts) if run else 1 for run in runs]
    if len(set(counts)) < 2:
        return points
    return points.replace(arm=[f"{EXPERTS}{count}" for count in counts], efficiency_leverage=leverages(runs))


def _arm(run: Run) -> dict:
    """The text on which a run of a study with several was trained: its weights, and its losses on each domain."""
    found: dict = {"arm": run.spec.corpus}
    found |= {f"share_{domain}": weight for domain, weight in weights_in(run.spec.corpus).items()}
    elsewhere = losses_elsewhere(run, run.final)
    return found | {name: loss for name, loss in elsewhere.items() if not name.startswith(ELSEWHERE)}


def losses_elsewhere(run: Run, evaluation: Evaluation | None) -> dict[str, float]:
    """Give the loss on each other text by its column: `loss_nats@NAME`, and `loss_NAME` on a part of a mixture."""
    if evaluation is None:
        return {}
    columns = [
        f"loss_{name.removeprefix(MIX)}" if name.startswith(MIX) else ELSEWHERE + name.rpartition(":")[2]
        for name, _ in run.spec.foreign
    ]
    return dict(zip(columns, evaluation.foreign, strict=False))


def _row(spec: RunSpec) -> dict:
    """The settings of a run; of a trainer of one's own, those that it received or that its study states."""
    if spec.trainer:
        told = {"warmup_steps": "warmup", "weight_decay": "weight_decay", "beta2": "beta2", "optimizer": "optimizer"}
        unknown = {column for column, setting in told.items() if setting not in spec.trainer.placeholders}
        unknown |= {"lr_schedule", "decay_share"} if spec.schedule == OWN_SCHEDULE else set()
        unknown |= {name for name in ("tokenizer", "train_set", "loss_split") if spec.corpus == OWN_TEXT}
        return {name: None if name in unknown else value for name, value in _settings(spec).items()}
    return _settings(spec)


def _settings(spec: RunSpec) -> dict:
    return {
        "warmup_steps": spec.warmup,
        "planned_steps": spec.steps,
        "decay_share": spec.decay if spec.schedule == "wsd" else float(spec.schedule != "constant"),
        "weight_decay": spec.weight_decay if spec.optimizer != "adam" else 0.0,
        "beta2": spec.beta2,
        "lr_schedule": spec.schedule,
        "optimizer": spec.optimizer,
        "tokenizer": spec.tokenizer,
        "train_set": spec.corpus,
        "loss_split": f"{spec.corpus}, test",
        "tied": float(spec.shape.tied),
    }
