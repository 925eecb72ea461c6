"""Train the runs of a sweep that are missing from the store, in several processes; return the failures."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..corpora.token_files import check_data, open_data
from ..designing.design import Sweep
from ..errors import RunsFailedError
from ..run.run import RunSpec, require_engine, state_name
from ..store.store import Store
from .processes import Job, Local, was_killed

POLL_SECONDS = 0.2
OVERHEAD_FLOPS = 3e5  # overhead per token, as FLOPs, in addition to its arithmetic
SHORT_WORK = 5e11  # work of a process that takes about ten seconds
RESTARTS = 2  # maximum restarts of a process that was killed from outside: it resumes from its checkpoint


@dataclass(frozen=True)
class Active:
    """A run in progress."""

    run_id: str
    params: int
    step: int
    steps: int
    tokens: int
    loss_nats: float | None


@dataclass(frozen=True)
class Progress:
    """The progress of a launch; `seconds_left` is estimated from compute, and None before there is an estimate."""

    done: int
    total: int
    active: tuple[Active, ...]
    seconds_left: float | None


@dataclass(frozen=True)
class Failure:
    """A chain of runs that failed: the exit code of its process, and the path of its log."""

    run_ids: tuple[str, ...]
    exit_code: int
    log: str

    @property
    def why(self) -> str:
        """Where the reader can see what went wrong."""
        if not was_killed(self.exit_code):
            return f"the log of the first says why: {self.log}"
        how = f"signal {-self.exit_code}" if self.exit_code < 0 else "a request to end"
        return (
            f"the first, {self.run_ids[0]}, was killed {RESTARTS + 1} times by {how} from outside, perhaps because the "
            "memory was exhausted. Use a machine with more memory, or fewer processes"
        )


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


@dataclass
class _Chain:
    specs: tuple[RunSpec, ...]
    work: float
    stage: int
    restarts: int = 0
    log: str = field(default="")


def launch(
    sweep: Sweep,
    store: Store,
    executor: Local,
    *,
    device: str = "cpu",
    engine: str = "auto",
    track: Sequence[str] = (),
    tell: Callable[[Progress], None] = lambda progress: None,
    stages: Sequence[frozenset[str]] = (),
    ended: Callable[[int], None] = lambda stage: None,
) -> list[Failure]:
    """Train the runs of a sweep that the store lacks, and send complete ones to trackers that lack them; hold its lock.

    Each chain (a trunk and its branches) is one process, a command line that writes into the store; the longest chain
    starts first. A process that is killed is restarted from its last checkpoint. When this process is interrupted, the
    others save their state and end; the next launch resumes there.

    Args:
        engine: "auto" or "plain", as `training.train.train` takes it.
        track: names of trackers to which the processes send their runs.
        stages: sets of run ids, in the order in which they are wanted; a later stage starts as soon as an earlier one
            leaves a process free. By default the whole sweep is one stage.
        ended: called with the index of each stage when this launch completes it, except for the last one.
    """
    require_engine(engine)
    stages = stages or (frozenset(spec.id for spec in sweep.runs),)
    options = ["--device", device, "--engine", engine, *(word for name in track for word in ("--track", name))]
    work = _Work(_lacking(sweep, store, executor.slots, stages, track), options)
    for chain in work.waiting:
        for spec in chain.specs:
            store.ask(spec)
    _check_texts(work.waiting, store)
    clock = _Clock(sweep, store)
    try:
        while work.waiting or work.running:
            work.fill(store, executor)
            time.sleep(POLL_SECONDS)
            ended_chains = work.collect()
            if ended_chains:
                work.fill(store, executor)
                for stage in work.completed():
                    ended(stage)
            tell(clock.read([spec for chain in (*ended_chains, *work.running.values()) for spec in chain.specs]))
    finally:
        for job in work.running:
            job.stop()
        for job in work.running:
            job.wait()
    return work.failures


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


def _check_texts(chains: list[_Chain], store: Store):
    """Compare the token files that the runs will read with their digests, once for all processes."""
    specs = [spec for chain in chains for spec in chain.specs]
    for data_id in dict.fromkeys(one for spec in specs for one in (spec.data, *(data for _, data in spec.foreign))):
        if (store.data / data_id).is_dir():  # the worker reports missing files
            check_data(open_data(store.data, data_id))


class _Work:
    """Chains that wait, chains that run, and failures."""

    def __init__(self, waiting: list[_Chain], options: list[str]):
        self.waiting, self.options = waiting, options
        self.running: dict[Job, _Chain] = {}
        self.failures: list[Failure] = []
        self.open = {chain.stage for chain in waiting}

    def fill(self, store: Store, executor: Local):
        """Start the first waiting chains, as many as there are free slots."""
        while self.waiting and len(self.running) < executor.slots:
            chain = self.waiting.pop(0)
            log = store.folder(chain.specs[0].id) / "log.txt"
            chain.log = str(log)
            self.running[executor.start(_command(store, chain, self.options), log)] = chain

    def collect(self) -> list[_Chain]:
        """Return the chains of processes that ended; a chain that was killed from outside goes back to the queue."""
        ended = [(job, code) for job in self.running if (code := job.poll()) is not None]
        gone = [(self.running.pop(job), code) for job, code in ended]
        for chain, code in gone:
            if was_killed(code) and chain.restarts < RESTARTS:
                chain.restarts += 1
                self.waiting.insert(0, chain)
            elif code != 0:
                self.failures.append(Failure(tuple(spec.id for spec in chain.specs), code, chain.log))
        return [chain for chain, _ in gone]

    def completed(self) -> list[int]:
        """Return the stages of which nothing waits or runs any more; none when the whole sweep is complete."""
        left = {chain.stage for chain in (*self.waiting, *self.running.values())}
        done = sorted(self.open - left) if left else []
        self.open &= left
        return done


def _lacking(
    sweep: Sweep, store: Store, slots: int, stages: Sequence[frozenset[str]], track: Sequence[str]
) -> list[_Chain]:
    """The chains to train, by stage and longest first; chains of a few seconds share a process to save its start-up.

    A chain that is complete takes part, without work, where a tracker lacks one of its runs.
    """
    turn = {run_id: i for i, stage in reversed(list(enumerate(stages))) for run_id in stage}
    lacking = []
    for specs in sweep.chains:
        complete = all(map(store.has, specs))
        if not complete or not all(store.is_sent(spec, track) for spec in specs):
            work = 0.0 if complete else sum(map(work_of, specs))
            lacking.append(_Chain(specs, work, min(turn[spec.id] for spec in specs)))
    most = min(SHORT_WORK, sum(c.work for c in lacking) / slots)
    grouped: list[_Chain] = []
    for chain in sorted(lacking, key=lambda c: (c.stage, -c.work)):
        last = grouped[-1] if grouped else None
        if last and last.stage == chain.stage and last.work + chain.work <= most:
            grouped[-1] = _Chain(last.specs + chain.specs, last.work + chain.work, chain.stage)
        else:
            grouped.append(chain)
    return grouped


def _command(store: Store, chain: _Chain, options: list[str]) -> list[str]:
    """Return the command of a worker; -P prevents it from importing files of the current folder."""
    ids = [spec.id for spec in chain.specs]
    watched = ["--while-pid", str(os.getpid())]
    return [sys.executable, "-P", "-m", "scalinglaws", "train", str(store.path), *ids, *watched, *options]


def work_of(spec: RunSpec) -> float:
    """FLOPs of a run, including the overhead of its steps expressed as FLOPs.

    Tokens per second differ by a factor of a hundred between sizes, and small models use a small fraction of the
    machine's FLOP rate. The work per token is therefore its FLOPs plus a constant: a model with this many FLOPs per
    token spends half its time on overhead.
    """
    tokens = (spec.steps - spec.first_step) * spec.batch_tokens
    return float(tokens * (spec.shape.flops_per_token("exact") + OVERHEAD_FLOPS))


class _Clock:
    """Measures the speed of the sweep, to estimate the remaining time."""

    def __init__(self, sweep: Sweep, store: Store):
        self.sweep, self.store, self.began = sweep, store, time.monotonic()
        self.work = {s.id: work_of(s) for s in sweep.runs}
        self.done = {spec.id for spec in sweep.runs if store.has(spec)}
        self.at_start: float | None = None

    def read(self, started: list[RunSpec]) -> Progress:
        """Return the progress; `started` are the runs of all processes that ran since the last call."""
        self.done |= {spec.id for spec in started if spec.id not in self.done and self.store.has(spec)}
        to_come = [spec for spec in started if spec.id not in self.done]
        active = [a for a in (_active(spec, self.store) for spec in to_come) if a is not None]
        shares = {a.run_id: a for a in active}
        specs = {spec.id: spec for spec in to_come}
        finished = sum(self.work[i] for i in self.done)
        for run_id, a in shares.items():
            first = specs[run_id].first_step
            finished += self.work[run_id] * max(0, a.step - first) / max(1, a.steps - first)
        if self.at_start is None:
            self.at_start = finished
        gained, seconds = finished - self.at_start, time.monotonic() - self.began
        left = (sum(self.work.values()) - finished) * seconds / gained if gained > 0 and seconds > 5 else None
        return Progress(len(self.done), len(self.sweep.runs), tuple(active), left)


def _active(spec: RunSpec, store: Store) -> Active | None:
    told = store.progress(spec.id)
    if told is None:
        return None
    step, loss = told
    return Active(spec.id, spec.shape.params(), step, spec.steps, step * spec.batch_tokens, loss)
