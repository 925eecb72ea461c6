"""The page of a study from its first minute: written again as runs end, for a hundredth of what the study spends."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import numpy as np

from ..designing.design import Sweep, read_sweep
from ..errors import FitError, MisuseError, PointsError
from ..fitting.fit import fit
from ..launching.progress import Active, Progress
from ..laws import law as shelf
from ..reporting.live_page import live_page
from ..results.fitted import Estimate
from ..results.live_study import STOPPED, TRAINING, Failed, FitSoFar, LiveRun, LiveStudy, Waiting
from ..run.run import Run, RunSpec
from ..store.points_of_runs import learning_curves, points_of
from ..store.store import Store
from ..training.own_trainer.process import tail
from ..uncertainty.draws import draws
from .line_of_fit import results_of
from .taking_part import taking_no_part

REPORT = "report"  # the folder of the page, in that of the study
PART = 0.01  # of the processor time of the processes that train: the most that the page may take
UNSAID = 0.1  # of their wall time, where the system does not say their processor time
PERIOD = 20.0  # seconds between two pages, at least
LAW, DRAWS = "chinchilla", 100
LEAST_SIZES, LEAST_RUNS = 4, 8  # finished runs before a law is fitted
SHOWN = 8  # runs to come that are listed
LOG_END = 2000  # bytes of a log
TRACE = 200  # values of a curve under way
BEGIN_AGAIN = "The study was stopped. Finished work is kept; the same command resumes there."


@dataclass
class PageWhileTraining:
    """Write the page of a study while it trains; a context manager. A page that fails is left out.

    Attributes:
        spent, busy: processor seconds of the page, and of the processes that train.
        to: where the progress goes as well.
        fitted: whether a law is fitted to finished runs.
    """

    store: Store
    name: str
    command: str
    to: Callable[[Progress], None]
    fitted: bool = True
    spent: float = field(default=0.0, init=False)
    busy: float = field(default=0.0, init=False)
    broken: str = field(default="", init=False)
    _wall: float = field(default=0.0, init=False)
    _before: float = field(default=0.0, init=False)
    _here: float = field(default=0.0, init=False)
    _at: float = field(default_factory=time.monotonic, init=False)
    _written: float = field(default=-1e9, init=False)
    _told: Progress | None = field(default=None, init=False)
    _runs: dict[str, Run] = field(default_factory=dict, init=False)
    _traces: dict[str, list[tuple[float, float]]] = field(default_factory=dict, init=False)
    _sweep: tuple[int, Sweep] | None = field(default=None, init=False)
    _fit: tuple[int, FitSoFar | None] = field(default=(0, None), init=False)
    _last: float = field(default=0.0, init=False)
    _fit_seconds: float = field(default=0.0, init=False)

    def __enter__(self) -> Callable[[Progress], None]:
        """Give what takes the progress."""
        return self.hear

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Say on the page that the study was stopped, if it was; a study that ends writes its own page."""
        if kind is not None and self._told is not None:
            why = BEGIN_AGAIN if isinstance(error, KeyboardInterrupt) else f"{error}"
            self._write(self._told, STOPPED, why or BEGIN_AGAIN)

    def hear(self, progress: Progress) -> None:
        """Take the progress, pass it on, and write the page if it is time."""
        self.to(progress)
        now = time.monotonic()
        self._wall, self._at = self._wall + progress.processes * (now - self._at), now
        if progress.cpu_seconds is None:
            self._here = UNSAID * self._wall
        elif progress.cpu_seconds < self._here:  # the processes of the next launch
            self._before += self._here
        if progress.cpu_seconds is not None:
            self._here = progress.cpu_seconds
        self.busy = self._before + self._here
        for one in progress.active:
            self._trace(one)
        first = self._told is None
        self._told = progress
        if not self.broken and (
            first or (now - self._written > PERIOD and self.spent + 2 * self._last < PART * self.busy)
        ):
            self._written = now
            self._write(progress, TRAINING)

    def _trace(self, one: Active) -> None:
        trace = self._traces.setdefault(one.run_id, [])
        far = one.tokens - (trace[-1][0] if trace else 0)
        if one.step and one.loss_nats is not None and far * TRACE >= one.tokens / one.step * one.steps:
            trace.append((float(one.tokens), one.loss_nats))

    def _write(self, progress: Progress, state: str, why: str = "") -> None:
        began = time.process_time()
        try:
            live_page(self._found(progress, state, why), self.store.path / REPORT)
        except Exception as failure:  # the study goes on without its page, whatever went wrong with that
            self.broken = f"{type(failure).__name__}: {failure}"
        self._last = time.process_time() - began
        self.spent += self._last

    def _found(self, progress: Progress, state: str, why: str) -> LiveStudy:
        sweep = self._read_sweep()
        specs = {spec.id: spec for spec in sweep.runs}
        runs = self._finished(sweep)
        waiting = [specs[run_id] for run_id in progress.waiting if run_id in specs]
        whole = sum(_flops(spec) for spec in sweep.runs)
        under_way = sum(_flops(specs[one.run_id]) * one.share for one in progress.active if one.run_id in specs)
        trunks = [spec for spec in sweep.runs if spec.is_trunk and self.store.has(spec)]
        flops = min(whole, sum(map(_flops, (*trunks, *(run.spec for run in runs)))) + under_way)
        return LiveStudy(
            name=self.name,
            folder=self.store.path.name,
            state=state,
            done=progress.done,
            total=progress.total,
            trunks=len(trunks),
            already=progress.already,
            share=progress.share,
            processes=max(1, progress.processes),
            seconds_left=progress.seconds_left,
            flops_done=flops,
            flops_left=max(0.0, whole - flops),
            active=tuple(self._live(one) for one in progress.active),
            waiting=tuple(_waiting(spec) for spec in waiting[:SHOWN]),
            more_waiting=max(0, len(waiting) - SHOWN),
            later=max(0, len(sweep.runs) - progress.total),
            failed=tuple(Failed(run_id, _end_of(Path(log))) for run_id, log in progress.failed),
            curves=tuple(learning_curves(runs, set(sweep.held_out))),
            fit=self._fit_of(runs, sweep) if self.fitted else None,
            written=time.time(),
            period=PERIOD,
            why=why,
            command=self.command,
        )

    def _read_sweep(self) -> Sweep:
        """Read the list of runs, again where it was written again: a scan of rates comes before the study."""
        when = (self.store.path / "sweep.json").stat().st_mtime_ns
        if self._sweep is None or self._sweep[0] != when:
            self._sweep = when, read_sweep(self.store.path)
        return self._sweep[1]

    def _finished(self, sweep: Sweep) -> list[Run]:
        """Read the runs that have ended, each once."""
        for spec in sweep.runs:
            if spec.id not in self._runs and not spec.is_trunk and self.store.has(spec):
                self._runs[spec.id] = self.store.run(spec)
        return [self._runs[spec.id] for spec in sweep.runs if spec.id in self._runs]

    def _live(self, one: Active) -> LiveRun:
        trace = self._traces.get(one.run_id, [])
        tokens, losses = tuple(x for x, _ in trace), tuple(y for _, y in trace)
        return LiveRun(one.run_id, one.params, one.step, one.steps, one.tokens, tokens, losses)

    def _fit_of(self, runs: list[Run], sweep: Sweep) -> FitSoFar | None:
        """Fit a law to the finished runs, if there are more of them, and the processor time that it takes is there."""
        known, made = self._fit
        if len(runs) == known or self.spent + self._fit_seconds > PART * self.busy / 2:
            return made
        began = time.process_time()
        self._fit = len(runs), _fit(runs, sweep, self.name)
        self._fit_seconds = time.process_time() - began
        return self._fit[1]


def _fit(runs: list[Run], sweep: Sweep, name: str) -> FitSoFar | None:
    held = set(sweep.held_out)
    points = points_of(runs, held, name, taking_no_part(runs, sweep.left_out, held))
    kept = points.kept
    if len(kept) < LEAST_RUNS or len(np.unique(kept["params_nonembedding"])) < LEAST_SIZES:
        return None
    law, columns = shelf(LAW), {"N": "params_nonembedding", "D": "tokens"}
    try:
        drawn = draws(fit(law, points, columns=columns), draws=DRAWS)
    except (FitError, PointsError, MisuseError):
        return None
    ends = drawn.interval()
    constants = {
        one: None if one in drawn.fit.unidentified else Estimate(float(value), *_open(ends[one]))
        for one, value in drawn.fit.values.items()
    }
    return FitSoFar(law.name, law.formula, len(kept), constants, results_of(drawn, points, 0.95))


def _open(ends: tuple[float, float]) -> tuple[float | None, float | None]:
    low, high = (float(end) if np.isfinite(end) else None for end in ends)
    return low, high


def _flops(spec: RunSpec) -> float:
    return float(spec.shape.flops_per_token("6n")) * spec.paid_tokens


def _waiting(spec: RunSpec) -> Waiting:
    return Waiting(spec.id, spec.shape.params(), spec.trained_tokens, _flops(spec))


def _end_of(log: Path) -> str:
    """Give the end of a log, without reading what stands before it."""
    return tail(log, LOG_END) or "Its log is empty or cannot be read."
