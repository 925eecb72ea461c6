"""One process of a launch: it trains the runs that it is given, one after the other, and writes each into the store."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from itertools import groupby

import torch

from ..corpora.item_tokens import open_items
from ..corpora.token_files import open_data
from ..run.run import FINISHED, Run, RunSpec, state_name
from ..store.lock import Lease, held
from ..store.store import Store
from .failed_attempt import note
from .interrupted import Interrupted
from .metered import NONE, Gpus, metered, readings_of
from .parallel import agreed, place, wait_for_all
from .tracking import Tracking
from .train import train
from .without_trunk import ended_with

LOCK_SECONDS = 90.0  # longer than a holder on a machine that was lost counts as alive


def work(
    store: Store,
    run_ids: Sequence[str],
    *,
    stop: Callable[[], bool] = lambda: False,
    device: str = "cpu",
    engine: str = "auto",
    tracking: Tracking | None = None,
    gpus: Gpus = NONE,
):
    """Train those of the named runs that are not complete, and send those that are to the trackers that lack them.

    Args:
        tracking: where each run is sent while it trains; nowhere by default.
        stop: called about once per second; when it returns true, the state is saved and Interrupted is raised.
        engine: as `train` takes it.
        gpus: those that this process holds, by which its GPU hours and its energy are counted.

    Raises:
        FailureError: another process holds the lock of a chain.
        Interrupted: `stop` returned true; the same call resumes from there.
    """
    torch.set_num_threads(1)
    leads, tracking = place() == 0, tracking if place() == 0 else None
    nowhere = Tracking({}, lambda name, why: None)
    specs = [store.spec(run_id) for run_id in run_ids]
    for lineage, alike in groupby(specs, key=lambda spec: spec.lineage):
        with _alone(store, lineage) as lease:
            stops = lease.or_lost(stop)
            chain = list(alike)
            for spec in chain:
                _send_later(spec, store, tracking or nowhere)
                left = _left(spec, chain, store)
                if left is None:
                    continue
                if agreed(stops())[0]:
                    raise Interrupted
                sent_to = nowhere if tracking is None or store.has(spec) else tracking
                run = _without_state(left, store)
                if run is None:
                    with metered(store.folder(spec.id), gpus):
                        run = _attempted(left, store, stops, (device, engine), sent_to)
                if leads and not store.has(spec):
                    run = replace(run, spec=spec, readings=run.readings | readings_of(store.folder(spec.id)))
                    sent = sent_to.end(run)
                    store.keep(run)
                    store.note_sent(spec, sent)
                wait_for_all()


def _alone(store: Store, lineage: str) -> AbstractContextManager[Lease]:
    """Hold the lock of a chain; of several processes that train it together, the leading one holds it."""
    if place():
        return nullcontext(Lease())
    return held(store.folder(lineage) / "lock", f"training {lineage}", patience=LOCK_SECONDS)


def _send_later(spec: RunSpec, store: Store, tracking: Tracking) -> None:
    """Send a complete run to the trackers that lack it: they were given up, or asked for after it ended."""
    if not store.has(spec) or store.is_sent(spec, tracking.names):
        return
    tracking.begin(spec, without=[name for name in tracking.names if store.is_sent(spec, [name])])
    store.note_sent(spec, tracking.end(store.run(spec)))


def _left(spec: RunSpec, chain: Sequence[RunSpec], store: Store) -> RunSpec | None:
    """The part of a run that is still to train, None for nothing; a trunk also makes the states its branches need."""
    if not spec.is_trunk:
        return None if store.has(spec) else spec
    wanted = {branch.first_step for branch in chain if branch.parent and not store.has(branch)}
    lacking = {step for step in wanted if not (store.folder(spec.id) / state_name(step)).exists()}
    if not store.has(spec):
        return replace(spec, branch_at=tuple(sorted(lacking | {spec.steps})))
    if not lacking or store.run(spec).outcome != FINISHED:
        return None
    return replace(spec, branch_at=tuple(sorted(lacking)), tokens=spec.tokens_at(max(lacking)))


def _without_state(spec: RunSpec, store: Store) -> Run | None:
    """Return, for a branch whose trunk diverged before the branch begins, a run that diverged too; otherwise None."""
    folder = store.folder(spec.lineage)
    if not spec.parent or not (folder / "run.json").exists() or (folder / state_name(spec.first_step)).exists():
        return None
    return ended_with(store.run(store.spec(spec.lineage)), spec)


def _attempted(spec: RunSpec, store: Store, stop: Callable[[], bool], how: tuple[str, str], tracking: Tracking) -> Run:
    """Train a run, and note in its folder why that failed."""
    if place() == 0:
        store.forget_failure(spec.id)
    try:
        return _trained(spec, store, stop, how, tracking)
    except Interrupted:
        raise
    except Exception as failure:
        note(failure, spec, store)
        raise


def _trained(spec: RunSpec, store: Store, stop: Callable[[], bool], how: tuple[str, str], tracking: Tracking) -> Run:
    folder, (device, engine) = store.folder(spec.id), how
    tracking.begin(spec)
    return train(
        spec,
        open_data(store.data, spec.data),
        folder,
        store.folder(spec.lineage) if spec.parent else None,
        foreign=[open_data(store.data, data_id) for _, data_id in spec.foreign],
        items=open_items(store.data, spec.items) if spec.items else None,
        stop=stop,
        device=device,
        engine=engine,
        tell=lambda step, loss: None if place() else store.tell(spec.id, step, loss),
        evaluated=tracking.evaluated,
    )
