"""Runs -> trackers, while they train: each tracker has a thread of its own, and cannot delay, change or end a run."""

import queue
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from ..run.run import Evaluation, Run, RunSpec
from .tracked_values import config_of, result_of, values_of

END_SECONDS = 30.0  # maximum time for which the end of a run waits for a tracker; after that it is given up
PAUSE_SECONDS = 10.0  # and that for which an interruption waits


class Tracker(Protocol):
    """What is asked of a tracker: one record per run, which a run that resumes continues. Any call may fail or hang."""

    def open(self, run_id: str, config: Mapping[str, str | float]) -> int:
        """Start the record of a run, or continue it; gives the last step that it has, -1 for none."""

    def log(self, step: int, values: Mapping[str, float]):
        """Add the values of one evaluation."""

    def end(self, step: int, numbers: Mapping[str, float], words: Mapping[str, str], finished: bool):
        """Add how the run ended, and close its record."""

    def pause(self):
        """Close the record of a run that was interrupted; does nothing if none is open."""


class Tracking:
    """The trackers of one process, and the run that they record now.

    A run is trained again from its last saved state after an interruption. Its evaluations are the same to the bit, so
    that those up to the last step of a tracker's own record are not sent again.
    """

    def __init__(
        self, trackers: Mapping[str, Tracker], complain: Callable[[str, str], None], patience: float = END_SECONDS
    ):
        """Start a thread for each tracker.

        Args:
            complain: called with a tracker's name and why it was given up, once for each.
            patience: maximum number of seconds for which the end of a run waits for them.
        """
        self._senders = [_Sender(name, tracker, complain) for name, tracker in trackers.items()]
        self._now = self._senders  # those that get the present run
        self._patience = patience
        self._spec: RunSpec | None = None
        self._sent = 0

    @property
    def is_stuck(self) -> bool:
        """Whether a tracker still hangs in a call, so that the libraries' own clean-up may wait for it forever."""
        return any(sender.is_busy for sender in self._senders)

    @property
    def names(self) -> list[str]:
        """The trackers that were not given up."""
        return [sender.name for sender in self._senders if not sender.failed]

    def begin(self, spec: RunSpec, without: Collection[str] = ()):
        """Start or continue the record of a run; that of the run before is closed.

        Args:
            without: names of trackers that have the whole run already.
        """
        self.pause()
        self._spec, self._sent = spec, 0
        self._now = [sender for sender in self._senders if sender.name not in without]
        for sender in self._now:
            sender.begin(spec)

    def evaluated(self, curve: Sequence[Evaluation]):
        """Send the evaluations of the present run that were not sent before."""
        assert self._spec is not None  # begin comes first
        for evaluation in curve[self._sent :]:
            values = values_of(self._spec, evaluation)
            for sender in self._now:
                sender.log(evaluation.step, values)
        self._sent = len(curve)

    def end(self, run: Run) -> list[str]:
        """Send the rest of a run and how it ended; wait for the trackers, and name those that have it."""
        if self._spec is None or self._spec.id != run.spec.id:
            self.begin(run.spec)
        self.evaluated(run.curve)
        step = run.curve[-1].step if run.curve else 0
        numbers, words, finished = result_of(run)
        self._close(lambda tracker: tracker.end(step, numbers, words, finished), self._patience)
        return [sender.name for sender in self._now if not sender.failed]

    def pause(self):
        """Close the record of a run that did not end; wait until the trackers have it."""
        if self._spec is not None:
            self._close(lambda tracker: tracker.pause(), min(self._patience, PAUSE_SECONDS))

    def _close(self, call: Callable[[Tracker], None], seconds: float):
        self._spec, deadline = None, time.monotonic() + seconds
        for sender in self._now:
            sender.put(call)
        for sender in self._now:
            sender.wait(deadline)


class _Sender:
    """One tracker and its thread; the first failure ends it."""

    def __init__(self, name: str, tracker: Tracker, complain: Callable[[str, str], None]):
        self.name, self.tracker, self.complain = name, tracker, complain
        self.calls: queue.Queue[Callable[[Tracker], None] | threading.Event] = queue.Queue()
        self.failed, self.last = False, -1
        self.is_busy = False
        threading.Thread(target=self._work, name=f"tracking by {name}", daemon=True).start()

    def begin(self, spec: RunSpec):
        config = config_of(spec)

        def opened(tracker: Tracker):
            self.last = tracker.open(spec.id, config)

        self.put(opened)

    def log(self, step: int, values: Mapping[str, float]):
        def logged(tracker: Tracker):
            if step > self.last:
                tracker.log(step, values)
                self.last = step

        self.put(logged)

    def put(self, call: Callable[[Tracker], None]):
        if not self.failed:
            self.calls.put(call)

    def wait(self, deadline: float):
        """Wait until all calls are done; a tracker that is not done by then is given up."""
        if self.failed:
            return
        done = threading.Event()
        self.calls.put(done)
        if not done.wait(max(0.0, deadline - time.monotonic())):
            self._give_up("it did not answer in time")

    def _work(self):
        while True:
            call = self.calls.get()
            if isinstance(call, threading.Event):
                call.set()
            elif not self.failed:
                self._do(call)

    def _do(self, call: Callable[[Tracker], None]):
        self.is_busy = True
        try:
            call(self.tracker)
        except BaseException as problem:  # a library may raise anything, even SystemExit, and no run may end for that
            self._give_up(f"{type(problem).__name__}: {problem}")
        self.is_busy = False

    def _give_up(self, why: str):
        if not self.failed:
            self.failed = True
            self.complain(self.name, " ".join(why.split()))
