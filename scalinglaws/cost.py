"""A sweep -> what each of its runs costs, in FLOPs and in time."""

from dataclasses import dataclass

from .design import Sweep
from .run import RunSpec
from .schedule import evaluation_steps
from .shape import Shape


@dataclass(frozen=True)
class Cost:
    """What one run costs: a branch pays for its decay alone, its trunk for the rest.

    `flops_6nd` and `flops_exact` are of the whole horizon, as the laws count it; `flops_paid` of the steps to be done.
    """

    run_id: str
    params: int
    tokens: int
    flops_6nd: float
    flops_exact: float
    flops_paid: float
    seconds: float | None


def costs(sweep: Sweep, seconds_per_step: dict[Shape, float] | None = None) -> list[Cost]:
    """Cost every run of a sweep: FLOPs under two conventions, and seconds where the speed of each shape is known."""
    table = []
    for spec in sweep.runs:
        tokens, done = spec.steps * spec.batch_tokens, spec.steps - spec.first_step
        exact = spec.shape.flops_per_token("exact")
        speed = (seconds_per_step or {}).get(spec.shape)
        table.append(
            Cost(
                spec.id,
                spec.shape.params(),
                tokens,
                float(spec.shape.flops_per_token("6n") * tokens),
                float(exact * tokens),
                float(exact * done * spec.batch_tokens),
                None if speed is None else speed * (done + _evaluation_steps(spec)),
            )
        )
    return table


def _evaluation_steps(spec: RunSpec) -> float:
    """The work of a run's evaluations, in training steps: a forward pass is a third of one."""
    whole = 1 + (len(evaluation_steps(spec)) - 1) / 8
    return whole * spec.eval_tokens / spec.batch_tokens / 3


def makespan(sweep: Sweep, table: list[Cost], processes: int) -> float | None:
    """Seconds until all chains are done by `processes` at a time, the longest first."""
    seconds = {cost.run_id: cost.seconds for cost in table}
    if None in seconds.values():
        return None
    ends = [0.0] * max(1, processes)
    for length in sorted((sum(seconds[s.id] for s in chain) for chain in sweep.chains), reverse=True):
        ends[ends.index(min(ends))] += length
    return max(ends)
