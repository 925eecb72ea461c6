"""The progress of the runs in a study's folder."""

from dataclasses import dataclass, replace
from pathlib import Path

from ..designing.design import read_sweep
from ..records.json_values import to_plain
from ..records.text_blocks import Block, rows_of
from ..store.store import open_store
from .taking_part import BY_HAND

STOPPED = "stopped"
HEADS = ("run", "N", "tokens", "step", "loss, nats/token", "state")


@dataclass(frozen=True)
class Standing:
    """One run: its outcome, or that it is under way, stopped or still to come; with its loss if it has one.

    A run is under way while a running process holds its lock; a stopped run resumes with the next launch.
    """

    run_id: str
    params: int
    tokens: int
    state: str
    step: int
    steps: int
    loss_nats: float | None


@dataclass(frozen=True)
class Status:
    """The state of every run of a sweep."""

    name: str
    runs: tuple[Standing, ...]

    def plain(self) -> dict:
        """As JSON values."""
        return to_plain(self)

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        done = sum(run.state not in ("to come", "under way", STOPPED) for run in self.runs)
        stopped = sum(run.state == STOPPED for run in self.runs)
        said = f"{self.name}: {done} of {len(self.runs)} runs done"
        if stopped:
            said += f"; {stopped} stopped: no process trains them, and the next launch resumes them"
        return [said, rows_of(HEADS, [_row(run) for run in self.runs], "runs")]


def _row(run: Standing) -> tuple[object, ...]:
    loss = "" if run.loss_nats is None else f"{run.loss_nats:.4f}"
    return run.run_id, f"{run.params:,}", f"{run.tokens:.3g}", f"{run.step}/{run.steps}", loss, run.state


def status(folder: Path) -> Status:
    """Read the state of every run of a study's sweep.

    Raises:
        StoreError: the folder is not a store, or its study has not been designed yet.
    """
    store = open_store(folder)
    sweep = read_sweep(folder)
    standing = (_standing(store, spec) for spec in sweep.runs)
    return Status(sweep.name, tuple(_with_reason(one, sweep.left_out.get(one.run_id, "")) for one in standing))


def _with_reason(one: Standing, why: str) -> Standing:
    """Say of a run whether a person left it out, and why."""
    return replace(one, state=f"{one.state}, {why}") if why.startswith(BY_HAND) else one


def _standing(store, spec) -> Standing:
    tokens = spec.steps * spec.batch_tokens
    if store.has(spec):
        run = store.run(spec)
        loss = run.final.loss_nats if run.final else None
        return Standing(spec.id, spec.shape.params(), tokens, run.outcome, spec.steps, spec.steps, loss)
    step, loss = store.progress(spec.id) or (0, None)
    state = "to come" if not step else "under way" if store.is_held(spec) else STOPPED
    return Standing(spec.id, spec.shape.params(), tokens, state, step, spec.steps, loss)
