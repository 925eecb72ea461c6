"""The batch of a study's runs: how it grows by `batch_ramp`, and into how many parts it is cut."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import StudyError
from ..run.run import RunSpec
from ..run.stages import Stage, stages_of

if TYPE_CHECKING:
    from .study_file import Study


def ramp_of(study: "Study") -> tuple[tuple[int, int], ...]:
    """Give the (tokens, sequences) of each stage after the first, as a run has them."""
    return tuple((int(tokens), int(sequences)) for tokens, sequences in study.batch_ramp)


def largest_batch(study: "Study") -> int:
    """Sequences of a step at the end: of a batch that grows, those of its last stage."""
    return ramp_of(study)[-1][1] if study.batch_ramp else study.batch


def stages(study: "Study") -> tuple[Stage, ...]:
    """Lay out the stages of the batch; one where it does not grow."""
    return stages_of(study.batch, ramp_of(study), study.n_ctx)


def require_ramp(study: "Study"):
    """Refuse what is no ramp, and a ramp together with a scan of batches.

    Raises:
        StudyError: saying what to write.
    """
    if not study.batch_ramp:
        return
    for one in study.batch_ramp:
        if len(one) != 2 or one[1] != int(one[1]):
            raise StudyError(
                f"batch_ramp: {[_plain(part) for part in one]} is no stage. Give [tokens, sequences of a step from "
                f"there on], such as [[2e5, {2 * study.batch}], [8e5, {4 * study.batch}]]."
            )
    if study.batch_ramp[0][0] < 1:
        rest = [[_plain(part) for part in one] for one in study.batch_ramp[1:]]
        raise StudyError(
            f"batch_ramp begins at 0 tokens, and the batch of the start is the key batch. Set batch = "
            f"{_plain(study.batch_ramp[0][1])} and batch_ramp = {rest}."
        )
    if study.each_batch:
        raise StudyError(
            "each_batch compares constant batches, and batch_ramp lets the batch grow within a run. Leave out one."
        )
    stages(study)


def require_tuned(study: "Study"):
    """Refuse a scan of the batch without one of the rate, or beside several batches.

    Raises:
        StudyError: saying what to write.
    """
    if not study.tune_batch:
        return
    if study.lr != "auto":
        raise StudyError("tune_batch scans each batch at several rates. Set lr = 'auto' too, or leave out tune_batch.")
    other = next((name for name in ("each_batch", "batch_ramp") if getattr(study, name)), None)
    if other:
        raise StudyError(f"tune_batch finds one batch for all runs, and {other} gives several. Leave out one of them.")


def require_reached(runs: Sequence[RunSpec]):
    """Refuse a stage that no run reaches.

    Raises:
        StudyError: naming it, and the longest horizon.
    """
    longest = max(runs, key=lambda run: run.tokens)
    never = longest.batch_ramp[len(longest.batches) - 1 :]
    if never:
        raise StudyError(
            f"batch_ramp: no run reaches the stage {list(never[0])}: the longest horizon is "
            f"{longest.tokens:,} tokens. Leave the stage out, let it begin earlier, or raise tokens."
        )


def parts_of(study: "Study") -> int:
    """Return the number of parts of a batch: `accumulate`, or the fewest of at most `max_sequences` sequences each.

    Raises:
        StudyError: no number of parts divides every batch of a ramp and leaves parts that small.
    """
    if not study.max_sequences:
        return study.accumulate
    every = math.gcd(study.batch, *(sequences for _, sequences in ramp_of(study)))
    small = (n for n in range(1, every + 1) if every % n == 0 and largest_batch(study) <= n * study.max_sequences)
    if found := next(small, None):
        return found
    raise StudyError(
        f"max_sequences = {study.max_sequences}: every batch of the ramp is cut into as many equal parts, at most "
        f"{every}, and of the largest one has {largest_batch(study) // every} sequences. Set max_sequences = "
        f"{largest_batch(study) // every}, or a larger batch at the start."
    )


def _plain(value: float) -> float | int:
    return int(value) if value == int(value) else value
