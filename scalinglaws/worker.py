"""One process of a launch: trains the runs it is named, one after the other, and writes each into the store."""

import fcntl
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import torch

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
    for lineage, chain in groupby(specs, key=lambda spec: spec.parent or spec.id):
        with _only_one(store.folder(lineage)):
            for spec in chain:
                if not store.has(spec.id):
                    store.keep(_trained(spec, store, stop, device))


def _trained(spec: RunSpec, store: Store, stop: Callable[[], bool], device: str) -> Run:
    folder = store.folder(spec.id)
    return train(
        spec,
        open_data(store.data, spec.data),
        folder,
        store.folder(spec.parent) if spec.parent else None,
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
