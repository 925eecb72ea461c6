"""A sweep -> what each of its runs costs, in FLOPs and in time."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..run.run import RunSpec
from ..run.schedule import CURVE_SHARE, evaluation_steps
from ..run.shape import Shape
from .design import Sweep


@dataclass(frozen=True)
class Step:
    """What the time of an optimiser step depends on."""

    shape: Shape
    batch: int
    accumulate: int
    optimizer: str
    drops: bool
    precision: str

    @property
    def flops(self) -> float:
        """Exact FLOPs of one step."""
        return float(self.batch * self.shape.n_ctx * self.shape.flops_per_token("exact"))


def step_of(spec: RunSpec) -> Step:
    """Give the kind of step that a run takes."""
    return Step(spec.shape, spec.batch, spec.accumulate, spec.optimizer, spec.dropout > 0, spec.precision)


@dataclass(frozen=True)
class Pace:
    """Seconds of one step and of evaluating one token; `measured`, or taken from its FLOPs alone."""

    step_seconds: float
    token_seconds: float
    measured: bool


@dataclass(frozen=True)
class RunCost:
    """What one run costs: a branch pays for its decay alone, its trunk for the rest.

    `flops_6nd` and `flops_exact` are of the whole horizon, as the laws count it; `flops_paid` and `flops_paid_6nd` of
    the steps to be done. A run that stops early costs less.
    """

    run_id: str
    params: int
    tokens: int
    flops_6nd: float
    flops_exact: float
    flops_paid: float
    flops_paid_6nd: float
    seconds: float | None


def costs(sweep: Sweep, paces: Mapping[Step, Pace] | None = None) -> list[RunCost]:
    """Cost every run of a sweep: FLOPs under two conventions, and seconds where the pace of its steps is known."""
    return [_cost(spec, (paces or {}).get(step_of(spec)), sweep.test_tokens) for spec in sweep.runs]


def _cost(spec: RunSpec, pace: Pace | None, test_tokens: Mapping[str, int]) -> RunCost:
    tokens, done = spec.steps * spec.batch_tokens, spec.steps - spec.first_step
    kaplan, exact = spec.shape.flops_per_token("6n"), spec.shape.flops_per_token("exact")
    return RunCost(
        spec.id,
        spec.shape.params(),
        tokens,
        float(kaplan * tokens),
        float(exact * tokens),
        float(exact * done * spec.batch_tokens),
        float(kaplan * done * spec.batch_tokens),
        None if pace is None else _seconds(spec, pace, done, test_tokens),
    )


def _seconds(spec: RunSpec, pace: Pace, steps: int, test_tokens: Mapping[str, int]) -> float:
    """Steps, the gradients that the noise scale takes beside them, and evaluations on every text."""
    noise = 1 / spec.noise_every if spec.noise_every and spec.batch > 1 else 0.0
    return steps * (1 + noise) * pace.step_seconds + evaluated_tokens(spec, test_tokens) * pace.token_seconds


def evaluated_tokens(spec: RunSpec, test_tokens: Mapping[str, int] | None = None) -> float:
    """Tokens that a run's evaluations read: of all its texts, whole at its end and wherever it may end early.

    Args:
        test_tokens: hash of a text -> how much of it there is; a text that is not named is as long as is asked for.
    """
    count = len(evaluation_steps(spec))
    whole = count if spec.early_stop else 1 + (count - 1) / CURVE_SHARE
    texts = (spec.data, *(data for _, data in spec.foreign))
    return whole * sum(min(spec.eval_tokens, (test_tokens or {}).get(text, spec.eval_tokens)) for text in texts)


def makespan(sweep: Sweep, table: list[RunCost], processes: int) -> float | None:
    """Seconds until all chains are done by `processes` at a time, the longest first."""
    seconds = {cost.run_id: cost.seconds for cost in table}
    if None in seconds.values():
        return None
    ends = [0.0] * max(1, processes)
    for length in sorted((sum(seconds[s.id] for s in chain) for chain in sweep.chains), reverse=True):
        ends[ends.index(min(ends))] += length
    return max(ends)


def duration(seconds: float) -> str:
    """Write seconds as a person says them: 48 s, 6 min, 3.2 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
