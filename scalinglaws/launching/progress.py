"""How far a launch is, and how long it still takes."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from ..designing.design import Sweep
from ..run.run import RunSpec
from ..store.store import Store

OVERHEAD_FLOPS = 3e5  # of a token on the plain path, beside its arithmetic: see `work_of`
BELIEVED_SECONDS = 60.0  # of work: after so much, what was predicted counts as much as the progress


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
    """The progress of a launch.

    Attributes:
        seconds_left: an estimate, and None before there is one.
        share: of the work of all runs that is done, from 0 to 1; already: runs that were done when the launch began.
        waiting: ids of the runs that wait, in their order; failed: of those that failed, with the paths of their logs.
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


def work_of(spec: RunSpec, overhead_flops: float = OVERHEAD_FLOPS) -> float:
    """FLOPs of a run, including the overhead of its steps expressed as FLOPs.

    Tokens per second differ by a factor of a hundred between sizes, and small models use a small fraction of the
    machine's FLOP rate. The work per token is therefore its FLOPs plus a constant: a model with this many FLOPs per
    token spends half its time on overhead.
    """
    tokens = (spec.steps - spec.first_step) * spec.batch_tokens
    return float(tokens * (spec.shape.flops_per_token("exact") + overhead_flops))


class Clock:
    """Measures the speed of the sweep, to estimate the remaining time: first as predicted, then as measured."""

    def __init__(self, sweep: Sweep, store: Store, seconds: Callable[[RunSpec], float] | None, slots: int):
        self.sweep, self.store, self.slots, self.last = sweep, store, slots, time.monotonic()
        self.work = {spec.id: (seconds or work_of)(spec) for spec in sweep.runs}
        self.chains = [[spec.id for spec in chain] for chain in sweep.chains]
        self.done = {spec.id for spec in sweep.runs if store.has(spec)}
        self.already, self.whole = len(self.done), sum(self.work.values())
        self.believed = BELIEVED_SECONDS if seconds else 0.0
        self.busy, self.at_start = 0.0, math.nan

    def read(self, started: list[RunSpec], processes: int) -> Progress:
        """Return the progress.

        Args:
            started: the runs of all processes that ran since the last call.
            processes: how many run.
        """
        now = time.monotonic()
        self.busy, self.last = self.busy + processes * (now - self.last), now
        self.done |= {spec.id for spec in started if spec.id not in self.done and self.store.has(spec)}
        active = [a for a in (_active(spec, self.store) for spec in started if spec.id not in self.done) if a]
        left = {run_id: work for run_id, work in self.work.items() if run_id not in self.done}
        first = {spec.id: spec.first_step for spec in started}
        for a in active:
            left[a.run_id] *= 1 - max(0, a.step - first[a.run_id]) / max(1, a.steps - first[a.run_id])
        share = 1 - sum(left.values()) / self.whole if self.whole else 1.0
        counts = len(self.done), len(self.sweep.runs)
        return Progress(*counts, tuple(active), self._seconds(left), share, self.already, processes=processes)

    def _seconds(self, left: dict[str, float]) -> float | None:
        """Until all is done: no sooner than the longest chain, and than all of them with every process at work."""
        whole = sum(left.values())
        if math.isnan(self.at_start):
            self.at_start = whole
        gained = self.at_start - whole + self.believed
        if not gained or not (self.believed or self.busy > 5):
            return None
        longest = max((sum(left.get(run_id, 0.0) for run_id in chain) for chain in self.chains), default=0.0)
        return max(longest, whole / self.slots) * (self.busy + self.believed) / gained


def _active(spec: RunSpec, store: Store) -> Active | None:
    told = store.progress(spec.id)
    if told is None:
        return None
    step, loss = told
    return Active(spec.id, spec.shape.params(), step, spec.steps, step * spec.batch_tokens, loss)
