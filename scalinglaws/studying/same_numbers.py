"""Whether two runs of one id have the same numbers, and in what they differ."""

from dataclasses import replace

from ..run.run import Evaluation, Run

SAME = ("outcome", "tokens_unique", "by_position")  # of a run, in addition to its curve
# of a trunk's evaluation; the rest depends on others
ALONG = ("loss_nats", "loss_nats_sem", "foreign", "by_position", "items")


def measured(run: Run) -> dict[str, object]:
    """Give everything that a run measured, except times."""
    curve = tuple(replace(evaluation, seconds=0.0) for evaluation in run.curve)
    return {"curve": curve, **{name: getattr(run, name) for name in SAME}}


def differing(one: Run, other: Run) -> str:
    """Name the first thing in which two runs differ; empty if in none.

    A trunk that was extended has its evaluations at other steps: of trunks those at the steps of both are compared.
    """
    if one.spec.is_trunk:
        return _along(one, other)
    here, there = measured(one), measured(other)
    return next((name for name in here if here[name] != there[name]), "")


def _along(one: Run, other: Run) -> str:
    at: dict[int, Evaluation] = {evaluation.step: evaluation for evaluation in one.curve}
    for evaluation in other.curve:
        same = at.get(evaluation.step)
        if same and any(getattr(same, name) != getattr(evaluation, name) for name in ALONG):
            return f"loss at step {evaluation.step}"
    short, long = sorted((one, other), key=lambda run: run.spec.steps)
    ended = short.outcome != long.outcome and (short.spec.steps == long.spec.steps or short.outcome != "finished")
    return "outcome" if ended or one.tokens_unique != other.tokens_unique else ""
