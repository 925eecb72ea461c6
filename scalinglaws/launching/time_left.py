"""How long a launch still takes: from what each run was predicted to take, and from what the runs so far took."""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

BELIEVED_SECONDS = 60.0  # of work: after so much, what was predicted counts as much as the progress
BELIEVED_SHARE = 0.2  # of the work of a launch, where that is less
EACH_RUN = 0.3  # seconds of a run beside its steps and evaluations: its text, its state and its files (smoke: 0.33)
START = 2.5  # seconds of a process before its first step: almost all of it is the import of PyTorch
LEAST_BUSY = 5.0  # seconds of processes before a time is given that rests on progress alone
SLACK = 1.0  # seconds: the steps that processes have done and not yet reported
MEMORY = 600.0  # seconds: what is that long ago counts for 1/e
STEADY, LEAST_STEADY = 0.1, 3.0  # of the time left, and seconds: how fast what is shown follows what is estimated


@dataclass
class TimeLeft:
    """Estimate the seconds until all runs are done.

    Attributes:
        work: run -> seconds that a process takes for it, if they are `predicted`; else its work in any unit.
        stages: chains of runs of one process after another; each stage begins when the one before it ends.
        slots: processes at once.
    """

    work: Mapping[str, float]
    stages: Sequence[Sequence[Sequence[str]]]
    slots: int
    predicted: bool
    _at_start: float = field(default=math.nan, init=False)
    _seen: tuple[float, float, float] | None = field(default=None, init=False)
    _busy: float = field(default=0.0, init=False)
    _gained: float = field(default=0.0, init=False)
    _shown: tuple[float, float] | None = field(default=None, init=False)

    def read(self, left: Mapping[str, float], busy: float, now: float) -> float | None:
        """Give the seconds left; None before there is an estimate.

        Args:
            left: run that is not done -> the share of it that is left.
            busy: seconds that processes were busy so far, all together; now: on any clock.
        """
        seconds = {run: self._of(run, share) for run, share in left.items()}
        whole = sum(seconds.values())
        if self._seen is None:
            self._at_start, self._seen = whole, (now, 0.0, whole)
        self._learn(now, busy, whole)
        found = self._estimate(seconds, self._at_start - whole, busy)
        return None if found is None else self._steadily(found, now)

    def share(self, left: Mapping[str, float]) -> float:
        """Give the share of all work that is done, from 0 to 1."""
        whole = sum(self._of(run, 1.0) for run in self.work)
        return 1 - sum(self._of(run, part) for run, part in left.items()) / whole if whole else 1.0

    def _learn(self, now: float, busy: float, whole: float) -> None:
        """Add what processes did since the last call; what is long ago counts less, for a machine's load changes."""
        assert self._seen is not None
        before, busy_before, whole_before = self._seen
        kept = math.exp(-(now - before) / MEMORY)
        starting = START * self.slots if self.predicted else 0.0
        begun = max(busy, starting) - max(busy_before, starting)  # of its start-up nothing shows as work done
        gained = kept * self._gained + whole_before - whole
        self._busy, self._gained = kept * self._busy + begun, max(0.0, gained)  # a run that begins again loses work
        self._seen = now, busy, whole

    def _of(self, run: str, share: float) -> float:
        return share * self.work[run] + (EACH_RUN if self.predicted else 0.0)

    def _estimate(self, seconds: Mapping[str, float], gained: float, busy: float) -> float | None:
        """Give the end of the schedule of what is left, at the pace so far, and in the time until it starts."""
        if not seconds:
            return 0.0
        if not self.predicted and (busy <= LEAST_BUSY or not self._gained):
            return None
        ahead = max(0.0, START - busy / self.slots) if self.predicted and not gained else 0.0
        return ahead + self._pace() * sum(_makespan(chains, seconds, self.slots) for chains in self.stages)

    def _pace(self) -> float:
        """Give busy seconds per unit of work: as predicted, 1, at first, then more and more as measured."""
        if not self.predicted:
            return self._busy / self._gained
        believed = min(BELIEVED_SECONDS, BELIEVED_SHARE * self._at_start)
        measured = (self._busy + SLACK) / (self._gained + SLACK)
        return float(measured ** (self._busy / (self._busy + believed)))

    def _steadily(self, found: float, now: float) -> float:
        """Let what is shown run down like a clock, and follow the estimates by a tenth of itself."""
        if self._shown is not None and found > 0:
            before, shown = self._shown
            due = max(0.0, shown - (now - before))
            share = -math.expm1(-(now - before) / max(LEAST_STEADY, STEADY * found))
            found = due + (found - due) * share
        self._shown = now, found
        return found


def _makespan(chains: Sequence[Sequence[str]], seconds: Mapping[str, float], slots: int) -> float:
    """Give when the last chain ends, if each free process takes the longest that waits."""
    lengths = sorted((sum(seconds.get(run, 0.0) for run in chain) for chain in chains), reverse=True)
    free = [0.0] * max(1, slots)
    for length in lengths:
        heapq.heapreplace(free, free[0] + length)
    return max(free)
