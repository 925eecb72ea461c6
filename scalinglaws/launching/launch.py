"""Train the runs of a sweep that are missing from the store, in several processes; return the failures."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..corpora.token_files import check_data, open_data
from ..designing.design import Sweep
from ..errors import RunsFailedError
from ..run.run import RunSpec, require_engine, state_name
from ..store.store import Store
from .chains import Chain, Failure, completed, judged
from .processes import Job, Local, cpu_seconds, worker
from .progress import Clock, Progress, Whole, work_of
from .slurm import Slurm, SlurmWork

POLL_SECONDS = 0.2
LOG = "log.txt"  # of a chain, in the folder of its first run: what its process said while it was at it


def require_success(failures: Sequence[Failure], asked: str):
    """Raise an error that says how many of the items failed, and what to do.

    Raises:
        RunsFailedError: there are failures.
    """
    if failures:
        raise RunsFailedError(
            f"{len(failures)} {asked} failed; {failures[0].why}. Fix the cause and repeat the same command: finished "
            "runs are kept."
        )


def launch(
    sweep: Sweep,
    store: Store,
    executor: Local | Slurm,
    *,
    device: str = "cpu",
    engine: str = "auto",
    track: Sequence[str] = (),
    seconds: Callable[[RunSpec], float] | None = None,
    tell: Callable[[Progress], None] = lambda progress: None,
    stages: Sequence[frozenset[str]] = (),
    ended: Callable[[int], None] = lambda stage: None,
    whole: Whole | None = None,
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
    """
    require_engine(engine)
    stages = stages or (frozenset(spec.id for spec in sweep.runs),)
    options = ["--device", device, "--engine", engine, *(word for name in track for word in ("--track", name))]
    work = (_lacking(sweep, store, stages, track, seconds or work_of), options, store)
    left = SlurmWork(executor, *work) if isinstance(executor, Slurm) else _Work(executor, *work)
    for spec in (spec for chain in left.waiting for spec in chain.specs):
        store.ask(spec)
    _check_texts(left.waiting, store)
    clock = Clock(sweep, store, seconds, executor.slots, whole)
    try:
        while left.waiting or left.under_way:
            left.fill()
            time.sleep(POLL_SECONDS)
            over = left.collect()
            left.fill()
            for stage in left.completed() if over else ():
                ended(stage)
            tell(_told(left, clock, over))
    finally:
        left.end()
    return left.failures


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
    for data_id in dict.fromkeys(one for spec in specs for one in (spec.data, *(data for _, data in spec.foreign))):
        if (store.data / data_id).is_dir():  # the worker reports missing files
            check_data(open_data(store.data, data_id))


class _Work:
    """Chains that wait, processes with the chain that each is at (None: it is free), and failures."""

    def __init__(self, executor: Local, waiting: list[Chain], options: list[str], store: Store):
        self.waiting, self.options, self.store, self.executor = waiting, options, store, executor
        self.running: dict[Job, Chain | None] = {}
        self.leaving: list[Job] = []
        self.failures: list[Failure] = []
        self.used: dict[Job, float] = {}
        self.open = {chain.stage for chain in waiting}

    @property
    def under_way(self) -> list[Chain]:
        """The chains that processes are at."""
        return [chain for chain in self.running.values() if chain is not None]

    def cpu_seconds(self) -> float | None:
        """Give the processor seconds of all processes so far; None where the system does not say."""
        for job in (*self.running, *self.leaving):
            if (used := job.cpu_seconds()) is not None:
                self.used[job] = used
        return None if cpu_seconds(os.getpid()) is None else sum(self.used.values())

    def fill(self):
        """Give the first waiting chains to free processes, then to new ones; let processes end when nothing waits."""
        free = [job for job, chain in self.running.items() if chain is None]
        while self.waiting and (free or len(self.running) < self.executor.slots):
            chain = self.waiting.pop(0)
            log = self.store.folder(chain.specs[0].id) / LOG
            chain.log = str(log)
            job = free.pop() if free else self.executor.start(_command(self.store, self.options), log)
            job.give([spec.id for spec in chain.specs])
            self.running[job] = chain
        for job in free:
            job.end()
            del self.running[job]
            self.leaving.append(job)

    def collect(self) -> list[Chain]:
        """Return the chains that are over; one whose process was killed from outside goes back to the queue."""
        over = []
        for job, chain in list(self.running.items()):
            code = job.poll()
            if job.is_free():  # after the look at its end: an answer may come just before that
                self.running[job] = None
            elif code is None:
                continue
            if chain is not None:
                over.append(chain)
                judged(chain, 0 if self.running[job] is None else code or 0, self.store, self.waiting, self.failures)
            if code is not None:
                del self.running[job]
                self.leaving.append(job)
        return over

    def end(self):
        """Ask every process to save its state and end, and wait until all have."""
        for job in self.running:
            job.stop()
        for job in (*self.running, *self.leaving):
            job.wait()

    def completed(self) -> list[int]:
        """Return the stages of which nothing waits or runs any more; none when the whole sweep is complete."""
        return completed(self.open, [*self.waiting, *self.under_way])


def _told(left: _Work | SlurmWork, clock: Clock, over: list[Chain]) -> Progress:
    """Give the progress, with the runs that wait, in their order, those that failed, and what was spent."""
    progress = clock.read([spec for chain in (*over, *left.under_way) for spec in chain.specs], len(left.under_way))
    waiting = tuple(spec.id for chain in left.waiting for spec in chain.specs)
    failed = tuple((failure.run_ids[0], failure.log) for failure in left.failures)
    return replace(progress, waiting=waiting, failed=failed, cpu_seconds=left.cpu_seconds())


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


def _command(store: Store, options: list[str]) -> list[str]:
    """Return the command of a worker that is given its chains line by line."""
    return [*worker(store), "--chains", *options]
