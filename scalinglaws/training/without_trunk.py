"""What becomes of a branch whose trunk ended before the branch begins."""

from dataclasses import replace

from ..run.run import FINISHED, Run, RunSpec


def ended_with(trunk: Run, spec: RunSpec) -> Run | None:
    """Give a branch the outcome of its trunk, which ended before the branch begins; None if the trunk finished."""
    if trunk.outcome == FINISHED:
        return None
    sentence = f"its trunk ended before step {spec.first_step}, where it begins: {trunk.sentence}"
    return replace(trunk, spec=spec, sentence=sentence, curve=(), readings={}, by_position=())
