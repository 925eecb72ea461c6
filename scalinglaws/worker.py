"""One process of a launch: trains the runs it is named, one after the other, and writes each into the store."""

import fcntl
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import torch

from .checkpoint import state_name
from .corpora.tokenised import open_data
from .errors import FailureError
from .records import write_progress
from .run import Run, RunSpec
from .store import Store
from .train import train

LOCK_SECONDS = 20.0


def work(store: Store, run_ids: Sequence[str], *, stop: Callable[[], bool] = lambda: False, device: str = "cpu"):
    """Train the named runs that have not happened yet.

    Args:
        stop: asked about once a second; when true, the state is kept and train.Interrupted raised.

    Raises:
        FailureError: another process holds the lock of a chain.
        Interrupted: `stop` said so; the same call goes on from there.
    """
    torch.set_num_threads(1)
    specs = [store.spec(run_id) for run_id in run_ids]
    for lineage, chain in groupby(specs, key=lambda spec: spec.lineage):
        with _only_one(store.folder(lineage)):
            chain = list(chain)
            for spec in chain:
                left = _left(spec, chain, store)
                if left is None:
                    continue
                run = _without_state(left, store) or _trained(left, store, stop, device)
                if not store.has(spec):
                    store.keep(replace(run, spec=spec))


def _left(spec: RunSpec, chain: Sequence[RunSpec], store: Store) -> RunSpec | None:
    """What of a run is still to be trained, None for nothing; a trunk also makes the states that its branches lack."""
    if not spec.is_trunk:
        return None if store.has(spec) else spec
    wanted = {branch.first_step for branch in chain if branch.parent and not store.has(branch)}
    lacking = {step for step in wanted if not (store.folder(spec.id) / state_name(step)).exists()}
    if not store.has(spec):
        return replace(spec, branch_at=tuple(sorted(lacking | {spec.steps})))
    if not lacking or store.run(spec).outcome != "finished":
        return None
    return replace(spec, branch_at=tuple(sorted(lacking)), tokens=max(lacking) * spec.batch_tokens)


def _without_state(spec: RunSpec, store: Store) -> Run | None:
    """Say of a branch whose trunk ended before the branch begins that it ended so too; None of any other run."""
    folder = store.folder(spec.lineage)
    if not spec.parent or not (folder / "run.json").exists() or (folder / state_name(spec.first_step)).exists():
        return None
    ended = store.run(store.spec(spec.lineage))
    if ended.outcome == "finished":
        return None
    sentence = f"its trunk ended before step {spec.first_step}, where it begins: {ended.sentence}"
    return replace(ended, spec=spec, sentence=sentence, curve=(), readings={}, by_position=())


def _trained(spec: RunSpec, store: Store, stop: Callable[[], bool], device: str) -> Run:
    folder = store.folder(spec.id)
    return train(
        spec,
        open_data(store.data, spec.data),
        folder,
        store.folder(spec.lineage) if spec.parent else None,
        foreign=[open_data(store.data, data_id) for _, data_id in spec.foreign],
        stop=stop,
        device=device,
        tell=lambda step, loss: write_progress(folder / "progress.json", step, loss),
    )


@contextmanager
def _only_one(folder: Path):
    """Hold the lock of a chain of runs; the system drops it when the process ends, however it ends."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "lock", "w") as file:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise FailureError(f"another process is training {folder.name}. Wait for it, or end it.") from None
                time.sleep(0.2)
        yield
