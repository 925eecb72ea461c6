"""Train the runs of a sweep that are missing from the store, in several processes; return the failures."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..corpora.token_files import check_data, open_data
from ..designing.design import Sweep
from ..errors import RunsFailedError
from ..run.run import RunSpec, require_engine, state_name
from ..store.store import Store
from .chains import Chain, Failure
from .executors import Executor, Work, work_by
from .limits import NO_LIMITS, Limits
from .needs import NOT_STATED, Needs, needs_of
from .progress import Clock, Progress, Whole, work_of
from .watch import Watch

POLL_SECONDS = 0.2


def require_success(failures: Sequence[Failure], asked: str):
    """Raise an error that says how many of the items failed, and what to do.

    Raises:
        RunsFailedError: there are failures.
    """
    if failures:
        why = failures[0].why
        end = "" if why.endswith("\n") else " " if why.endswith(".") else ". "
        raise RunsFailedError(
            f"{len(failures)} {asked} failed; {why}{end}Fix the cause and repeat the same command: finished runs are "
            "kept."
        )


def launch(
    sweep: Sweep,
    store: Store,
    executor: Executor,
    *,
    device: str = "cpu",
    engine: str = "auto",
    track: Sequence[str] = (),
    seconds: Callable[[RunSpec], float] | None = None,
    tell: Callable[[Progress], None] = lambda progress: None,
    stages: Sequence[frozenset[str]] = (),
    ended: Callable[[int], None] = lambda stage: None,
    whole: Whole | None = None,
    limits: Limits = NO_LIMITS,
    said: Needs = NOT_STATED,
) -> list[Failure]:
    """Train the runs of a sweep that the store lacks, and send complete ones to trackers that lack them; hold its lock.

    Processes, as many as the executor has slots, take one chain (a trunk and its branches) after the other, the longest
    first, and write into the store. Whatever ends a process harms no chain but the one that it was at: a new one takes
    the next, and also that one where it was killed, from its last checkpoint. When this process is interrupted, the
    others save their state and end; the next launch resumes there.

    Args:
        engine: as `training.train.train` takes it. track: names of trackers to which the processes send their runs.
        seconds: of a run in a process, for the order of the chains and the time left; by default `work_of` orders them.
        stages: sets of run ids, in the order in which they are wanted; a later stage starts as soon as an earlier one
            leaves a process free. By default the whole sweep is one stage.
        ended: called with the index of each stage but the last when it is complete.
        whole: the sweep of which this is a part, and whose progress is given: `seconds` must know all its runs.
        limits: of all launches of the folder together. said: what the study says that a run needs.

    Raises:
        LimitReachedError: a limit was reached; states are kept.
    """
    require_engine(engine)
    stages = stages or (frozenset(spec.id for spec in sweep.runs),)
    options = ["--device", device, "--engine", engine, *(word for name in track for word in ("--track", name))]
    left = work_by(executor, _lacking(sweep, store, stages, track, seconds or work_of), options, store)
    _ask(left.waiting, store, lambda specs: needs_of(specs, said, device, seconds))
    clock = Clock(sweep, store, seconds, min(executor.slots, max(1, len(sweep.chains))), whole)
    watch = Watch(store, limits)
    try:
        if left.waiting:
            watch.look(len(clock.done), len(clock.sweep.runs), now=True)
        _train_all(left, clock, watch, ended, tell)
    finally:
        left.end()
        watch.end()
    return left.failures


def _ask(chains: list[Chain], store: Store, needs: Callable[[Sequence[RunSpec]], Needs]):
    """Write what is asked of each run, and note what the process of its chain needs."""
    for chain in chains:
        chain.needs = needs(chain.specs)
        for spec in chain.specs:
            store.ask(spec)
    _check_texts(chains, store)


def _train_all(left: Work, clock: Clock, watch: Watch, ended: Callable[[int], None], tell: Callable[[Progress], None]):
    """Start what waits and collect what is over, until nothing is left."""
    chains = [*left.waiting, *left.under_way]
    while left.waiting or left.under_way:
        left.fill()
        time.sleep(POLL_SECONDS)
        over = left.collect()
        left.fill()
        for stage in left.completed() if over else ():
            ended(stage)
        tell(progress := replace(_told(left, clock, over), killed=sum(chain.killed for chain in chains)))
        watch.look(progress.done, progress.total)


def without_states(sweep: Sweep, store: Store) -> str:
    """Say which trunks must be trained again because their states were deleted; empty if there are none."""
    lost = [
        trunk.id
        for trunk, *branches in sweep.chains
        if trunk.is_trunk
        and (store.folder(trunk.id) / "run.json").exists()
        and not all(map(store.has, (trunk, *branches)))
        and not any(store.folder(trunk.id).glob(state_name("*")))
    ]
    if not lost:
        return ""
    return (
        f"{len(lost)} trunks were trained before, but their saved states are gone, so they are trained again: "
        f"{', '.join(lost[:3])}{' ...' * (len(lost) > 3)}"
    )


def _check_texts(chains: list[Chain], store: Store):
    """Compare the token files that the runs will read with their digests, once for all processes."""
    specs = [spec for chain in chains for spec in chain.specs]
    for data_id in dict.fromkeys(one for spec in specs for one in spec.data_ids):
        if (store.data / data_id).is_dir():  # the worker reports missing files
            check_data(open_data(store.data, data_id))


def _told(left: Work, clock: Clock, over: list[Chain]) -> Progress:
    """Give the progress, with the runs that wait, in their order, those that failed, and what was spent."""
    started = [spec for chain in (*over, *left.under_way) for spec in chain.specs]
    progress = clock.read(started, len(left.under_way), [chain.specs for chain in left.under_way])
    waiting = tuple(spec.id for chain in left.waiting for spec in chain.specs)
    failed = tuple((failure.run_ids[0], failure.log) for failure in left.failures)
    unwritable = sum(not chain.is_ready for chain in left.waiting)
    return replace(progress, waiting=waiting, failed=failed, cpu_seconds=left.cpu_seconds(), unwritable=unwritable)


def _lacking(
    sweep: Sweep, store: Store, stages: Sequence[frozenset[str]], track: Sequence[str], work_of: Callable
) -> list[Chain]:
    """The chains to train, by stage and longest first.

    A chain that is complete takes part, without work, where a tracker lacks one of its runs.
    """
    turn = {run_id: i for i, stage in reversed(list(enumerate(stages))) for run_id in stage}
    lacking = []
    for specs in sweep.chains:
        complete = all(map(store.has, specs))
        if not complete or not all(store.is_sent(spec, track) for spec in specs):
            work = 0.0 if complete else sum(map(work_of, specs))
            lacking.append(Chain(specs, work, min(turn[spec.id] for spec in specs)))
    return sorted(lacking, key=lambda chain: (chain.stage, -chain.work))
