"""The stages of a run whose batch grows: which step reads which sequences of the text, in plain counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import StudyError


@dataclass(frozen=True)
class Stage:
    """The steps of one batch: from `first_step` on, before which `sequences` were read, `batch` sequences each."""

    first_step: int
    sequences: int
    batch: int


def stages_of(batch: int, ramp: Sequence[tuple[int, int]], n_ctx: int) -> tuple[Stage, ...]:
    """Lay out the stages: each begins at the first step before which at least its tokens were read.

    Args:
        batch: sequences of a step at the start.
        ramp: (tokens, sequences of a step from there on), in order.

    Raises:
        StudyError: tokens or batches do not grow, or a stage ends before its first step.
    """
    found, before = [Stage(0, 0, batch)], 0
    for tokens, larger in ramp:
        last = found[-1]
        if tokens <= before or larger <= last.batch:
            raise StudyError(
                f"batch_ramp = {[list(one) for one in ramp]} with batch = {batch}: each pair is [tokens, sequences], "
                "and both must grow: the first pair after 0 tokens and above batch, which is that of the start."
            )
        steps = -(-(tokens - last.sequences * n_ctx) // (last.batch * n_ctx))
        if steps < 1:
            raise StudyError(
                f"batch_ramp: from {before:,} to {tokens:,} tokens there is no step of {last.batch} x {n_ctx} tokens. "
                f"Leave out {[before, last.batch]}, or let it begin earlier."
            )
        found.append(Stage(last.first_step + steps, last.sequences + steps * last.batch, larger))
        before = tokens
    return tuple(found)


def stage_at(stages: Sequence[Stage], step: int) -> Stage:
    """The stage to which a step belongs, counted from 0."""
    return next(stage for stage in reversed(stages) if stage.first_step <= step)


def sequences_before(stages: Sequence[Stage], step: int) -> int:
    """How many sequences the steps before this one read."""
    stage = stage_at(stages, step)
    return stage.sequences + (step - stage.first_step) * stage.batch


def steps_for(stages: Sequence[Stage], sequences: int) -> int:
    """The fewest steps that read a number of sequences, or more."""
    stage = next((one for one in reversed(stages) if one.sequences < sequences), stages[0])
    return stage.first_step - (stage.sequences - sequences) // stage.batch
