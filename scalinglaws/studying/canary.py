"""What the runs of a trainer of one's own cost: a few short runs of it are made and timed, in a temporary folder."""

import math
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..designing.costs import RunCost, costs
from ..designing.design import Sweep
from ..errors import FailureError, RunsFailedError
from ..run.run import RunSpec
from ..run.trainer import evaluate_every
from ..store.store import open_store
from ..training.own_trainer.work import Call, work

LONG, SHORT = 200, 20  # steps of the runs that are timed, at most
LEAST_SECONDS = 1e-6  # per step: differences of two times may be lost in their noise


@dataclass(frozen=True)
class CanaryPace:
    """Seconds of a start, and of steps and evaluations of the smallest and the largest size that were timed.

    Between the sizes the logarithm of the seconds is a line in that of the FLOPs of a step; beyond the largest they
    grow as the FLOPs do.
    """

    start: float
    step_flops: tuple[float, float]
    step: tuple[float, float]
    evaluation: float

    def seconds(self, spec: RunSpec) -> float:
        """Wall seconds of a run."""
        flops = _step_flops(spec)
        low, high = np.log(self.step_flops)
        small, large = np.log(self.step)
        share = (math.log(flops) - low) / (high - low) if high > low else 1.0
        step = math.exp(small + min(1.0, share) * (large - small)) * max(1.0, flops / self.step_flops[1])
        steps = spec.steps - spec.first_step
        evaluations = spec.steps / evaluate_every(spec.steps, spec.evaluations) * steps / spec.steps
        return self.start + steps * step + evaluations * self.evaluation * step / self.step[0]


def _step_flops(spec: RunSpec) -> float:
    return float(spec.batch_tokens * spec.shape.flops_per_token("exact"))


def canary_pace(sweep: Sweep, call: Call | None = None, say: Callable[[str], None] = lambda text: None) -> CanaryPace:
    """Time four short runs of a sweep's trainer: its smallest size twice and with more evaluations, and its largest.

    Raises:
        RunsFailedError: the trainer failed, or did not do what was asked; the message says how.
    """
    runs = sorted((run for run in sweep.runs if not run.is_trunk), key=_step_flops)
    small, large = runs[0], next(run for run in reversed(runs) if run.id not in sweep.held_out or len(runs) == 1)
    long = min(LONG, small.steps, large.steps)
    short = max(1, min(SHORT, long // 2))
    say(f"timing 4 runs of {short} to {long} steps of the trainer ...")
    first, second = (_timed(small, steps, 1, call) for steps in (short, long))
    third = _timed(small, long, small.evaluations, call)
    step = max((second - first) / max(1, long - short), LEAST_SECONDS)
    evaluations = long / evaluate_every(long, small.evaluations) - 1
    evaluation = max(0.0, (third - second) / evaluations) if evaluations else 0.0
    start = max(0.0, first - short * step - evaluation)
    scale = _step_flops(large) / _step_flops(small)
    if scale == 1:
        return CanaryPace(start, (_step_flops(small),) * 2, (step, step), evaluation)
    fourth = _timed(large, long, 1, call)
    above = max((fourth - start) / (long + evaluation / step), LEAST_SECONDS)
    return CanaryPace(start, (_step_flops(small), _step_flops(large)), (step, above), evaluation)


def _timed(spec: RunSpec, steps: int, evaluations: int, call: Call | None) -> float:
    """Wall seconds of a run of a number of steps."""
    short = replace(
        spec,
        tokens=steps * spec.batch_tokens,
        warmup=min(spec.warmup, steps // 2),
        parent="",
        branch_at=(),
        evaluations=evaluations,
    )
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(Path(folder) / "canary", create=True)
        store.ask(short)
        began = time.monotonic()
        try:
            work(store, [short.id], call=call)
        except FailureError as problem:
            raise RunsFailedError(f"a short run of the trainer, made to time it, failed. {problem}") from None
        return time.monotonic() - began


def costs_by_canary(sweep: Sweep, pace: CanaryPace) -> list[RunCost]:
    """The cost of every run of a sweep, in FLOPs and by the seconds that were measured."""
    return [replace(cost, seconds=pace.seconds(spec)) for spec, cost in zip(sweep.runs, costs(sweep), strict=True)]


def told(pace: CanaryPace) -> str:
    """One sentence that says how the times were obtained."""
    return (
        f"Time: by 4 short runs of the trainer on this machine: {pace.start:.3g} s to start, {pace.step[0]:.3g} s per "
        f"step of the smallest size, {pace.step[1]:.3g} s of the largest fitted."
    )
