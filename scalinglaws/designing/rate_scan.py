"""The scan behind `lr = "auto"`: which sizes are trained at which rates and batches, before the study's own runs."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..errors import StudyError
from ..run.run import RunSpec, together
from .design import Sweep, design, horizons, make_shape, peak_rate
from .study_file import Study

SCANNED = (0, 2, 3)  # of the fitted sizes, smallest first: cheap ones, up to some times the smallest
FACTOR = 2.0  # between neighbouring rates
FIRST = (-2, -1, 0, 1, 2)  # powers of the factor, about the study's own rule
CHECKED = (-1, 0, 1)  # about the rate found, at one larger size
MOST_RATES = 11  # of a size, before the scan gives up
MOST_BATCHES = 8
SCAN = "a run of the scan of learning rates"


@dataclass(frozen=True)
class Scanned:
    """One size of a scan: its rates, by their powers of `FACTOR` about `middle`, and its horizons.

    Attributes:
        role: "scan", or "check" for the larger size at which the rule is tested.
        batch: sequences per step.
    """

    size: tuple[int, ...]
    middle: float
    powers: tuple[int, ...]
    tokens: tuple[float, ...]
    batch: int
    role: str = "scan"

    def rate(self, power: int) -> float:
        """The learning rate of a power, to three digits."""
        return float(f"{self.middle * FACTOR**power:.3g}")


def first_scan(study: Study, n_vocab: int) -> tuple[Scanned, ...]:
    """List the sizes of the scan: two or three of the smallest, at the shortest and longest horizon that all will use.

    Raises:
        StudyError: fewer than three sizes are fitted, so that none is left to check the rule.
    """
    sizes = fitted_sizes(study, n_vocab)
    if len(sizes) < 3:
        raise StudyError(
            f"lr = 'auto' scans two sizes and checks a third; {len(sizes)} are fitted here. Add shapes, or set lr = "
            "'rule' with lr_scale, lr_exponent and lr_max."
        )
    chosen = sorted({min(index, len(sizes) - 2) for index in SCANNED})
    return tuple(_scanned(study, sizes[index], n_vocab, FIRST) for index in chosen)


def first_batches(study: Study) -> tuple[int, ...]:
    """List the batches at which the rates are scanned first, in sequences per step: one where it is not tuned."""
    return tuple(sorted({*_beside(study.batch), study.batch})) if study.tune_batch else (study.batch,)


def _beside(batch: int) -> tuple[int, ...]:
    """Half and twice a batch; a single sequence has no half."""
    return (batch // 2, 2 * batch) if batch > 1 else (2,)


def at_batch(study: Study, batch: int) -> Study:
    """Give a study at another batch: its rates change as the square root of it, and are then scanned."""
    return replace(study, batch=batch, lr_factor=study.lr_factor * math.sqrt(batch / study.batch), tune_batch=False)


def wider_batches(tried: tuple[int, ...], best: int) -> tuple[int, ...]:
    """Give the batches to be tried next: none where the best one has others on both sides, or is a single sequence.

    Raises:
        StudyError: the best batch is still at an end of a scan of `MOST_BATCHES` batches.
    """
    if min(tried) < best < max(tried) or best == 1:
        return ()
    if len(tried) >= MOST_BATCHES:
        raise StudyError(
            f"tune_batch: the best batch is still at an end of its scan, from {min(tried)} to {max(tried)} sequences. "
            f"Set batch = {best}, or leave out tune_batch."
        )
    return (best // 2,) if best == min(tried) else (2 * best,)


def check_of(study: Study, n_vocab: int, rate: float) -> Scanned:
    """The larger size at which the rule is checked, at the rate that it gives there."""
    size = fitted_sizes(study, n_vocab)[-1]
    return replace(_scanned(study, size, n_vocab, CHECKED), middle=rate, role="check")


def fitted_sizes(study: Study, n_vocab: int) -> list[tuple[int, ...]]:
    """The sizes that are not held out, smallest first."""
    sizes = sorted(study.shapes, key=lambda size: make_shape(study, size, n_vocab).params())
    return sizes[: len(sizes) - study.hold_out]


def batch_checks(study: Study, n_vocab: int, rate: float) -> tuple[Scanned, ...]:
    """Half and twice the batch at the larger size and its longest horizon, once each.

    Args:
        rate: the best one at the study's batch; the others are in proportion to the square root of the batch.
    """
    others = [at_batch(study, batch) for batch in _beside(study.batch)]
    checks = [check_of(other, n_vocab, rate * math.sqrt(other.batch / study.batch)) for other in others]
    return tuple(replace(one, powers=(0,), tokens=one.tokens[-1:]) for one in checks)


def _scanned(study: Study, size: tuple[int, ...], n_vocab: int, powers: tuple[int, ...]) -> Scanned:
    shape = make_shape(study, size, n_vocab)
    used = horizons(study, size, shape)
    ends = (used[len(used) // 2], used[-1]) if len(used) > 1 else (used[0],)
    rate = peak_rate(replace(study, lr="rule", tune_batch=False), shape)
    return Scanned(size, rate, powers, tuple(dict.fromkeys(map(float, ends))), study.batch)


def extended(one: Scanned, power: int) -> Scanned:
    """Add a rate to a scan.

    Raises:
        StudyError: the best rate is still at the edge of a scan of `MOST_RATES` rates.
    """
    if len(one.powers) >= MOST_RATES:
        raise StudyError(
            f"lr = 'auto': the best rate of size {list(one.size)} is still at the edge of its scan, from "
            f"{one.rate(one.powers[0]):.3g} to {one.rate(one.powers[-1]):.3g}. Set lr_scale and lr_max nearer to it."
        )
    return replace(one, powers=tuple(sorted({*one.powers, power})))


def scan_runs(
    study: Study, scans: tuple[Scanned, ...], n_vocab: int, data_id: str, train_tokens: int | None
) -> dict[tuple[int, int], tuple[RunSpec, ...]]:
    """Specify the runs of a scan: (number of the scan, power) -> trunk and branches, or one run."""
    return {
        (number, power): design(_alone(study, one, one.rate(power)), n_vocab, data_id, train_tokens).runs
        for number, one in enumerate(scans)
        for power in one.powers
    }


def _alone(study: Study, one: Scanned, rate: float) -> Study:
    every: dict[str, Any] = {name: () for name in vars(study) if name.startswith("each_")}
    every |= {"domains": {}, "weights": {}, "epochs": ()}
    return replace(
        study,
        batch=one.batch,
        tune_batch=False,
        lr="rule",
        lr_rule="width",
        lr_scale=rate,
        lr_exponent=0.0,
        lr_max=rate,
        lr_factor=1.0,
        lr_tokens_exponent=0.0,
        shapes=(one.size,),
        tokens=(),
        own_tokens=(one.tokens,),
        max_flops=0.0,
        hold_out=0,
        seeds=1,
        seed_shape=None,
        evaluate_on=(),
        **every,
    )


def as_sweep(name: str, runs: Mapping[tuple[int, int], tuple[RunSpec, ...]]) -> Sweep:
    """Put the runs of a scan into one sweep, none of which takes part in a fit."""
    every = together(tuple(run for several in runs.values() for run in several))
    return Sweep(name, every, (), {run.id: SCAN for run in every})


def with_scan(sweep: Sweep, scan: Sweep) -> Sweep:
    """Put the runs of a scan before those of a study; a run of both is the study's."""
    own = {run.id for run in sweep.runs}
    left_out = {run_id: why for run_id, why in scan.left_out.items() if run_id not in own}
    runs = together((*(run for run in scan.runs if run.id not in own), *sweep.runs))
    return replace(sweep, runs=runs, left_out={**left_out, **sweep.left_out})
