"""How far a launch is, and how long it still takes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..designing.design import Sweep
from ..run.run import RunSpec
from ..store.store import Store
from .time_left import TimeLeft

OVERHEAD_FLOPS = 3e5  # of a token on the plain path, beside its arithmetic: see `work_of`


@dataclass(frozen=True)
class Active:
    """A run in progress: tokens so far and in all, and the last training loss; step None where it reported none yet."""

    run_id: str
    params: int
    step: int | None
    steps: int
    tokens: int
    loss_nats: float | None
    tokens_in_all: int = 0

    @property
    def share(self) -> float:
        """How much of its steps it has done, from 0 to 1."""
        return (self.step or 0) / max(1, self.steps)


@dataclass(frozen=True)
class Progress:
    """The progress of a launch.

    Attributes:
        seconds_left: an estimate, and None before there is one.
        share: of the work of all runs that is done, from 0 to 1; already: runs that were done when the launch began.
        waiting: ids of the runs that wait, in their order; failed: of those that failed, with the paths of their logs.
        unwritable: chains that wait until their disk can be written to again.
        killed: how often a process was killed from outside and its chain started again, in this launch.
        processes: that train; cpu_seconds: of theirs so far, None where the system does not say.
    """

    done: int
    total: int
    active: tuple[Active, ...]
    seconds_left: float | None
    share: float = 0.0
    already: int = 0
    waiting: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    processes: int = 1
    cpu_seconds: float | None = None
    unwritable: int = 0
    killed: int = 0


def work_of(spec: RunSpec, overhead_flops: float = OVERHEAD_FLOPS) -> float:
    """FLOPs of a run, including the overhead of its steps expressed as FLOPs.

    Tokens per second differ by a factor of a hundred between sizes, and small models use a small fraction of the
    machine's FLOP rate. The work per token is therefore its FLOPs plus a constant: a model with this many FLOPs per
    token spends half its time on overhead.
    """
    tokens = (spec.steps - spec.first_step) * spec.batch_tokens
    return float(tokens * (spec.shape.flops_per_token("exact") + overhead_flops))


@dataclass(frozen=True)
class Whole:
    """The sweep of which a launch trains a part, and how many of its runs were done before its first launch."""

    sweep: Sweep
    already: int


class Clock:
    """Measures how far a sweep is, and estimates the remaining time."""

    def __init__(
        self,
        sweep: Sweep,
        store: Store,
        seconds: Callable[[RunSpec], float] | None,
        slots: int,
        whole: Whole | None = None,
    ):
        self.sweep, self.store, self.last = whole.sweep if whole else sweep, store, time.monotonic()
        work = {spec.id: (seconds or work_of)(spec) for spec in self.sweep.runs}
        self.time_left = TimeLeft(work, _stages(self.sweep), slots, predicted=seconds is not None)
        self.done = {spec.id for spec in self.sweep.runs if store.has(spec)}
        self.already = whole.already if whole else len(self.done)
        self.busy = 0.0

    def read(self, started: list[RunSpec], processes: int, under_way: Sequence[Sequence[RunSpec]] = ()) -> Progress:
        """Return the progress.

        Args:
            started: the runs of all processes that ran since the last call.
            processes: how many run; under_way: the runs of each of them, of which the first that is not done has begun
                even where its trainer reports nothing.
        """
        now = time.monotonic()
        self.busy, self.last = self.busy + processes * (now - self.last), now
        self.done |= {spec.id for spec in started if spec.id not in self.done and self.store.has(spec)}
        begun = {next((spec.id for spec in chain if spec.id not in self.done), "") for chain in under_way}
        waiting = [spec for spec in started if spec.id not in self.done]
        active = [a for a in (_active(spec, self.store, spec.id in begun) for spec in waiting) if a]
        left = {spec.id: 1.0 for spec in self.sweep.runs if spec.id not in self.done}
        first = {spec.id: spec.first_step for spec in started}
        for a in active:
            left[a.run_id] *= 1 - max(0, (a.step or 0) - first[a.run_id]) / max(1, a.steps - first[a.run_id])
        counts = len(self.done), len(self.sweep.runs)
        seconds, share = self.time_left.read(left, self.busy, now), self.time_left.share(left)
        return Progress(*counts, tuple(active), seconds, share, self.already, processes=processes)


def _stages(sweep: Sweep) -> list[list[list[str]]]:
    """Give the chains of the runs that are fitted, and those of the runs held out, which begin when the others end."""
    held = set(sweep.held_out)
    stages: list[list[list[str]]] = [[], []]
    for chain in sweep.chains:
        ids = [spec.id for spec in chain]
        stages[bool(held & set(ids))].append(ids)
    return stages


def _active(spec: RunSpec, store: Store, begun: bool) -> Active | None:
    """Give a run that reported how far it is, or that its process is at; None for another."""
    told = store.progress(spec.id)
    if told is None and not begun:
        return None
    step, loss = told or (None, None)
    if step is not None:
        step = min(step, spec.steps)  # a trainer of one's own may count on past the end
    size = spec.batch_tokens
    return Active(spec.id, spec.shape.params(), step, spec.steps, (step or 0) * size, loss, spec.steps * size)
