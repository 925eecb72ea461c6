"""The progress of the runs in a study's folder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..designing.design import read_sweep
from ..launching.limits import Amounts, Limits
from ..launching.watch import hours_of, used_in
from ..records.json_values import to_plain
from ..records.numbers_in_text import about
from ..records.text_blocks import Block, rows_of
from ..store.lock import LOCK, Holder, holder_of, in_use
from ..store.store import Store, open_store
from ..training.own_trainer.ends import DISK, KILLED
from .placing import terms_of
from .taking_part import BY_HAND
from .use_of_runs import use_of

STOPPED, FAILED = "stopped", "failed"
COSTS = {"process_hours": "hours", "gpu_hours": "GPU-hours", "kwh": "kWh", "money": "money"}  # field -> its column
HEADS = ("run", "N", "tokens", "step", "loss, nats/token", "state")


@dataclass(frozen=True)
class Standing:
    """One run: its outcome, or that it is under way, stopped or still to come; with its loss if it has one.

    A run is under way while a running process holds its lock, on this machine or another that gives signs of life; a
    stopped run resumes with the next launch, and one whose last attempt failed is tried again by it.

    Attributes:
        trained_by: who trains it; of a stopped run whose process did not end by itself, who did, and how long ago.
        failure: of one whose last attempt failed: why, and where its log is.
        process_hours, gpu_hours, kwh, money: used by all attempts; kwh and money None where they are not known.
    """

    run_id: str
    params: int
    tokens: int
    state: str
    step: int
    steps: int
    loss_nats: float | None
    trained_by: str = ""
    failure: str = ""
    process_hours: float = 0.0
    gpu_hours: float = 0.0
    kwh: float | None = None
    money: float | None = None


@dataclass(frozen=True)
class Status:
    """The state of every run of a sweep, the process that launches them, and what all attempts used.

    Attributes:
        launched_by: the process that launches them now; empty if there is none.
        used: of everything in the folder; kwh_by: with what its energy was measured, or "watts", by the stated power.
    """

    name: str
    runs: tuple[Standing, ...]
    launched_by: str = ""
    used: Amounts | None = None

    def plain(self) -> dict:
        """As JSON values."""
        return to_plain(self)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        done = sum(run.state not in ("to come", "under way", STOPPED, FAILED) for run in self.runs)
        stopped, failed = (sum(run.state == state for run in self.runs) for state in (STOPPED, FAILED))
        said = f"{self.name}: {done} of {len(self.runs)} runs done"
        if failed:
            said += f"; {failed} failed: once the cause is mended, the next launch tries them again"
        if stopped:
            said += f"; {stopped} stopped: no process trains them, and the next launch resumes them"
        costs = [name for name in COSTS if any(getattr(run, name) for run in self.runs)]
        heads = (*HEADS, *(COSTS[name] for name in costs))
        lines = [f"{one.run_id} failed: {one.failure}" for one in self.runs if one.failure][:1]
        lines += [f"{self.launched_by} launches them."] if self.launched_by else []
        lines += [self.used.told()] if self.used else []
        return [said, rows_of(heads, [_row(run, costs) for run in self.runs], "runs"), *lines]


def _row(run: Standing, costs: Sequence[str]) -> tuple[object, ...]:
    loss = "" if run.loss_nats is None else f"{run.loss_nats:.4f}"
    state = f"{run.state}: {run.trained_by}" if run.trained_by else run.state
    spent = (getattr(run, name) for name in costs)
    return (
        *(run.run_id, f"{run.params:,}", f"{run.tokens:.3g}", f"{run.step}/{run.steps}", loss, state),
        *("" if one is None else f"{one:.3g}" for one in spent),
    )


def status(folder: Path) -> Status:
    """Read the state of every run of a study's sweep.

    Raises:
        StoreError: the folder is not a store, or its study has not been designed yet.
    """
    store = open_store(folder)
    sweep, (limits, _) = read_sweep(folder), terms_of(store, {})
    standing = (_with_costs(_standing(store, spec), store, limits) for spec in sweep.runs)
    told = tuple(_with_reason(one, sweep.left_out.get(one.run_id, "")) for one in standing)
    launcher = holder_of(store.path / LOCK) if in_use(store.path / LOCK) else None
    whole = used_in(store)
    spent = limits.amounts(hours_of(store), whole) if whole.attempts else None
    return Status(sweep.name, told, str(launcher or ""), spent)


def _with_costs(one: Standing, store: Store, limits: Limits) -> Standing:
    """Add what all attempts at a run used."""
    spent = use_of(one.run_id, store, limits)
    return replace(one, **{name: getattr(spent, name) for name in COSTS})


def _with_reason(one: Standing, why: str) -> Standing:
    """Say of a run whether a person left it out, and why."""
    return replace(one, state=f"{one.state}, {why}") if why.startswith(BY_HAND) else one


def _standing(store, spec) -> Standing:
    tokens = spec.trained_tokens
    if store.has(spec):
        run = store.run(spec)
        loss = run.final.loss_nats if run.final else None
        return Standing(spec.id, spec.shape.params(), tokens, run.outcome, spec.steps, spec.steps, loss)
    step, loss = store.progress(spec.id) or (0, None)
    held, failure = store.is_held(spec), store.failure(spec.id)
    if failure and failure.kind not in (KILLED, DISK) and not held:
        why = f"{failure.sentence} Its log: {failure.log}"
        return Standing(spec.id, spec.shape.params(), tokens, FAILED, step, spec.steps, loss, failure=why)
    state = "to come" if not step else "under way" if held else STOPPED
    told = _trained_by(store.holder(spec), state) if step else ""
    return Standing(spec.id, spec.shape.params(), tokens, state, step, spec.steps, loss, told)


def _trained_by(holder: Holder | None, state: str) -> str:
    """Say which process trains a run; of a stopped one, that its process died or its machine is silent."""
    if holder is None:
        return ""
    if state != STOPPED:
        return str(holder)
    return f"{holder} gave its last sign of life {about(max(0.0, holder.silent))} ago"
