"""Correlation lengths by their evidence: one per input, for a law of any inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from .discrepancy import Discrepancy
from .evidence import Observed
from .mixture import Posterior, WeightedMean, posterior

STEPS = (3.0, 1 / 3, 1.5, 1 / 1.5)  # factors on a length that are tried
LONGEST, SHORTEST = 100.0, 0.02  # nats


def by_evidence(
    means: Sequence[WeightedMean], seen: Observed, discrepancy: Discrepancy, amplitudes: Mapping[float, float]
) -> tuple[Discrepancy, Posterior]:
    """Choose the correlation length of each input in turn, by the evidence of the best component.

    Args:
        discrepancy: with the lengths from which the search starts.
    """
    best, made = discrepancy, posterior(means, seen, discrepancy, amplitudes)
    for factors in (STEPS[:2], STEPS):
        for i in range(len(discrepancy.lengths)):
            for factor in factors:
                tried = replace(best, lengths=_scaled(best.lengths, i, factor))
                other = posterior(means, seen, tried, amplitudes)
                if other.log_evidence > made.log_evidence:
                    best, made = tried, other
    return best, made


def _scaled(lengths: tuple[float, ...], index: int, factor: float) -> tuple[float, ...]:
    moved = list(lengths)
    moved[index] = float(np.clip(moved[index] * factor, SHORTEST, LONGEST))
    return tuple(moved)
