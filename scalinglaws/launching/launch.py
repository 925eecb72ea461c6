"""Sweep x executor -> what the store lacked; gives what failed."""

import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..corpora.token_files import check_data, open_data
from ..designing.design import Sweep
from ..errors import RunsFailedError
from ..run.run import RunSpec, state_name
from ..store.lock import LOCK, TRAINING, held
from ..store.store import Store
from .processes import Local, was_killed

POLL_SECONDS = 0.2
OVERHEAD_FLOPS = 3e5  # of a token, beside its arithmetic
SHORT_WORK = 5e11  # of a process: about ten seconds
RESTARTS = 2  # of a process that was killed from outside: it goes on from its checkpoint


@dataclass(frozen=True)
class Active:
    """A run under way."""

    run_id: str
    params: int
    step: int
    steps: int
    tokens: int
    loss_nats: float | None


@dataclass(frozen=True)
class Progress:
    """How a launch stands; `seconds_left` is by compute, and None before anything is known."""

    done: int
    total: int
    active: tuple[Active, ...]
    seconds_left: float | None


@dataclass(frozen=True)
class Failure:
    """A chain of runs that did not end: the exit code of its process, and where its output is."""

    run_ids: tuple[str, ...]
    exit_code: int
    log: str

    @property
    def why(self) -> str:
        """Where to look for what went wrong, for a person."""
        if not was_killed(self.exit_code):
            return f"the first says why in {self.log}"
        how = f"signal {-self.exit_code}" if self.exit_code < 0 else "a request to end"
        return (
            f"the first, {self.run_ids[0]}, was killed {RESTARTS + 1} times by {how} from outside: out of memory? "
            "Give the machine more, or take fewer processes"
        )


def require_success(failures: Sequence[Failure], asked: str):
    """Say which of what was asked failed, and what to do.

    Raises:
        RunsFailedError: something failed.
    """
    if failures:
        raise RunsFailedError(
            f"{len(failures)} {asked} failed; {failures[0].why}. Mend that, and type the same command: what is done "
            "is kept."
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
    tell: Callable[[Progress], None] = lambda progress: None,
    stages: Sequence[frozenset[str]] = (),
    ended: Callable[[int], None] = lambda stage: None,
) -> list[Failure]:
    """Train every run of a sweep that the store lacks.

    Each chain (a trunk and its branches) is one process, a command line that writes into the store; longest first. A
    process that is killed is started again from its last checkpoint. When this process is interrupted, the others
    keep their state and end; launching again goes on from there.

    Args:
        stages: ids of runs, what is wanted first at the front; a later stage starts where an earlier one leaves a
            process free. None: the whole sweep is one.
        ended: called with the place of each stage that this launch completes, but for the last to do so.

    Raises:
        FailureError: another process is training in the folder.
    """
    with held(store.path / LOCK, TRAINING):
        return launch_held(sweep, store, executor, device=device, tell=tell, stages=stages, ended=ended)


def launch_held(
    sweep: Sweep,
    store: Store,
    executor: Local,
    *,
    device: str = "cpu",
    tell: Callable[[Progress], None] = lambda progress: None,
    stages: Sequence[frozenset[str]] = (),
    ended: Callable[[int], None] = lambda stage: None,
) -> list[Failure]:
    """Launch as `launch` does, for a caller that holds the folder's lock already."""
    stages = stages or (frozenset(spec.id for spec in sweep.runs),)
    work = _Work(_lacking(sweep, store, executor.slots, stages), device)
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
    """Say which trunks were trained before and are trained again, for their states are gone; empty where none is."""
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
        f"{len(lost)} trunks that were trained before have no state left to go on from, and are trained again: "
        f"{', '.join(lost[:3])}{' ...' * (len(lost) > 3)}"
    )


def _check_texts(chains: list[_Chain], store: Store):
    """Compare the tokens that are to be trained on with their digests, once for all processes."""
    specs = [spec for chain in chains for spec in chain.specs]
    for data_id in dict.fromkeys(one for spec in specs for one in (spec.data, *(data for _, data in spec.foreign))):
        if (store.data / data_id).is_dir():  # a worker says what is missing
            check_data(open_data(store.data, data_id))


class _Work:
    """Chains that wait, chains under way, and what failed."""

    def __init__(self, waiting: list[_Chain], device: str):
        self.waiting, self.running, self.failures, self.device = waiting, {}, [], device
        self.open = {chain.stage for chain in waiting}

    def fill(self, store: Store, executor: Local):
        """Start the chains at the front, as many as there are free slots."""
        while self.waiting and len(self.running) < executor.slots:
            chain = self.waiting.pop(0)
            log = store.folder(chain.specs[0].id) / "log.txt"
            chain.log = str(log)
            self.running[executor.start(_command(store, chain, self.device), log)] = chain

    def collect(self) -> list[_Chain]:
        """Take note of processes that ended, and give their chains; one killed from outside waits again."""
        gone = [(job, self.running[job]) for job in self.running if job.poll() is not None]
        for job, chain in gone:
            del self.running[job]
            code = job.poll()
            if was_killed(code) and chain.restarts < RESTARTS:
                chain.restarts += 1
                self.waiting.insert(0, chain)
            elif code != 0:
                self.failures.append(Failure(tuple(spec.id for spec in chain.specs), code, chain.log))
        return [chain for _, chain in gone]

    def completed(self) -> list[int]:
        """Close the stages of which nothing waits or runs any more, and give them; none when nothing is left at all."""
        left = {chain.stage for chain in (*self.waiting, *self.running.values())}
        done = sorted(self.open - left) if left else []
        self.open &= left
        return done


def _lacking(sweep: Sweep, store: Store, slots: int, stages: Sequence[frozenset[str]]) -> list[_Chain]:
    """What is to be trained, by stage and longest first; chains of seconds share a process: its start takes as long."""
    turn = {run_id: i for i, stage in reversed(list(enumerate(stages))) for run_id in stage}
    chains = [_Chain(specs, sum(map(work_of, specs)), min(turn[spec.id] for spec in specs)) for specs in sweep.chains]
    lacking = [c for c in chains if not all(map(store.has, c.specs))]
    most = min(SHORT_WORK, sum(c.work for c in lacking) / slots)
    grouped: list[_Chain] = []
    for chain in sorted(lacking, key=lambda c: (c.stage, -c.work)):
        last = grouped[-1] if grouped else None
        if last and last.stage == chain.stage and last.work + chain.work <= most:
            grouped[-1] = _Chain(last.specs + chain.specs, last.work + chain.work, chain.stage)
        else:
            grouped.append(chain)
    return grouped


def _command(store: Store, chain: _Chain, device: str) -> list[str]:
    """Write the command of a worker; -P keeps it from importing files of the folder that it is started in."""
    ids = [spec.id for spec in chain.specs]
    watched = ["--while-pid", str(os.getpid()), "--device", device]
    return [sys.executable, "-P", "-m", "scalinglaws", "train", str(store.path), *ids, *watched]


def work_of(spec: RunSpec) -> float:
    """FLOPs of a run and what its steps cost beside them, as FLOPs.

    Tokens a second differ a hundredfold between sizes, and small models run at a small share of the machine's FLOPs;
    so the work of a token is taken as its FLOPs plus a constant, the size at which half the time is overhead.
    """
    tokens = (spec.steps - spec.first_step) * spec.batch_tokens
    return float(tokens * (spec.shape.flops_per_token("exact") + OVERHEAD_FLOPS))


class _Clock:
    """Measures how fast the sweep goes, to say what is left."""

    def __init__(self, sweep: Sweep, store: Store):
        self.sweep, self.store, self.began = sweep, store, time.monotonic()
        self.work = {s.id: work_of(s) for s in sweep.runs}
        self.done = {spec.id for spec in sweep.runs if store.has(spec)}
        self.at_start: float | None = None

    def read(self, started: list[RunSpec]) -> Progress:
        """Say how things stand; `started` holds the runs of all processes that ran since the last call."""
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
