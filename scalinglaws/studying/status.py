"""The progress of the runs in a study's folder."""

from dataclasses import dataclass
from pathlib import Path

from ..designing.design import read_sweep
from ..records.json_values import to_plain
from ..store.store import open_store

STOPPED = "stopped"


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

    def text(self) -> str:
        """As a table of text."""
        done = sum(run.state not in ("to come", "under way", STOPPED) for run in self.runs)
        stopped = sum(run.state == STOPPED for run in self.runs)
        rows = [
            f"{self.name}: {done} of {len(self.runs)} runs done"
            + (f"; {stopped} stopped: no process trains them, and the next launch resumes them" if stopped else ""),
            f"{'run':<24} {'N':>10} {'tokens':>9} {'step':>15}  {'loss':>7}  state",
        ]
        for run in self.runs:
            loss = "" if run.loss_nats is None else f"{run.loss_nats:.4f}"
            rows.append(
                f"{run.run_id:<24} {run.params:>10,} {run.tokens:>9.3g} {run.step:>7}/{run.steps:<7}  {loss:>7}  "
                f"{run.state}"
            )
        return "\n".join(rows)


def status(folder: Path) -> Status:
    """Read the state of every run of a study's sweep.

    Raises:
        StoreError: the folder is not a store, or its study has not been designed yet.
    """
    store = open_store(folder)
    sweep = read_sweep(folder)
    return Status(sweep.name, tuple(_standing(store, spec) for spec in sweep.runs))


def _standing(store, spec) -> Standing:
    tokens = spec.steps * spec.batch_tokens
    if store.has(spec):
        run = store.run(spec)
        loss = run.final.loss_nats if run.final else None
        return Standing(spec.id, spec.shape.params(), tokens, run.outcome, spec.steps, spec.steps, loss)
    step, loss = store.progress(spec.id) or (0, None)
    state = "to come" if not step else "under way" if store.is_held(spec) else STOPPED
    return Standing(spec.id, spec.shape.params(), tokens, state, step, spec.steps, loss)
