"""The cost of each run of a sweep, in FLOPs and in time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from ..run.run import RunSpec
from ..run.schedule import CURVE_SHARE, evaluation_steps, reads_whole_test
from ..run.shape import Shape
from .design import Sweep


@dataclass(frozen=True)
class Step:
    """The settings on which the time of an optimizer step depends."""

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
    """Return the kind of step of a run, at the start of one whose batch grows."""
    return Step(spec.shape, spec.batch, spec.accumulate, spec.optimizer, spec.dropout > 0, spec.precision)


def steps_of(spec: RunSpec) -> dict[Step, int]:
    """Count the steps that a run does itself, by their kinds: one, or one for each batch of a ramp."""
    ends = [max(stage.first_step, spec.first_step) for stage in spec.stages] + [spec.steps]
    done = [min(after, spec.steps) - min(before, spec.steps) for before, after in pairwise(ends)]
    first = step_of(spec)
    counts = zip(spec.stages, done, strict=True)
    return {replace(first, batch=stage.batch): count for stage, count in counts if count} or {first: 0}


@dataclass(frozen=True)
class Pace:
    """Seconds per step and per evaluated token; `measured`, or estimated from FLOPs alone.

    `noise_share` is what a step that measures its gradient's noise takes more, as a fraction of a step.
    """

    step_seconds: float
    token_seconds: float
    measured: bool
    noise_share: float = 1.0


@dataclass(frozen=True)
class RunCost:
    """The cost of one run: that of a branch is only its decay, and its trunk has the cost of the steps before.

    `flops_6nd` and `flops_exact` are for the whole horizon, as in the laws; `flops_paid` and `flops_paid_6nd` are for
    the steps that are actually done. A run that stops early costs less. `evaluation_seconds` and `noise_seconds` are
    parts of `seconds`: those of the losses on test texts, and of the noise scale.
    """

    run_id: str
    params: int
    tokens: int
    flops_6nd: float
    flops_exact: float
    flops_paid: float
    flops_paid_6nd: float
    seconds: float | None
    evaluation_seconds: float | None = None
    noise_seconds: float | None = None


def costs(sweep: Sweep, paces: Mapping[Step, Pace] | None = None) -> list[RunCost]:
    """Compute the cost of every run of a sweep: FLOPs by two conventions, and seconds if its pace is known."""
    return [_cost(spec, paces or {}, sweep.test_tokens) for spec in sweep.runs]


def _cost(spec: RunSpec, paces: Mapping[Step, Pace], test_tokens: Mapping[str, int]) -> RunCost:
    tokens, steps = spec.trained_tokens, steps_of(spec)
    kaplan, exact = spec.shape.flops_per_token("6n"), spec.shape.flops_per_token("exact")
    return RunCost(
        spec.id,
        spec.shape.params(),
        tokens,
        float(kaplan * tokens),
        float(exact * tokens),
        float(exact * spec.paid_tokens),
        float(kaplan * spec.paid_tokens),
        *(_seconds(spec, steps, paces, test_tokens) if steps.keys() <= paces.keys() else (None, None, None)),
    )


def _seconds(
    spec: RunSpec, steps: Mapping[Step, int], paces: Mapping[Step, Pace], test_tokens: Mapping[str, int]
) -> tuple[float, float, float]:
    """Time of a run; of its evaluations on every text; of the measurements of its noise scale."""
    evaluating = evaluated_tokens(spec, test_tokens) * paces[next(reversed(list(steps)))].token_seconds
    training = noise = 0.0
    for step, count in steps.items():
        pace = paces[step]
        measured = count / spec.noise_every if spec.noise_every and step.batch > 1 else 0.0
        noise += measured * pace.noise_share * pace.step_seconds
        training += count * pace.step_seconds
    return training + evaluating + noise, evaluating, noise


def evaluated_tokens(spec: RunSpec, test_tokens: Mapping[str, int] | None = None) -> float:
    """Tokens that a run's evaluations read, of all its texts: all test windows where `reads_whole_test` says so.

    Args:
        test_tokens: hash of a text -> number of its test tokens; a text that is not named is assumed to be long enough.
            Of items, the tokens of all their contexts with a choice, each filled up to the context length.
    """
    whole = sum(1 if reads_whole_test(spec, step) else 1 / CURVE_SHARE for step in evaluation_steps(spec))
    texts = (spec.data, *(data for _, data in spec.foreign))
    known = test_tokens or {}
    of_texts = sum(min(spec.eval_tokens, known.get(text, spec.eval_tokens)) for text in texts)
    return whole * (of_texts + known.get(spec.items, 0))


def makespan(sweep: Sweep, table: list[RunCost], processes: int) -> float | None:
    """Seconds until all chains are done, `processes` at a time and the longest first."""
    seconds = {cost.run_id: cost.seconds for cost in table if cost.seconds is not None}
    if any(cost.seconds is None for cost in table):
        return None
    ends = [0.0] * max(1, processes)
    for length in sorted((sum(seconds[s.id] for s in chain) for chain in sweep.chains), reverse=True):
        ends[ends.index(min(ends))] += length
    return max(ends)
