"""Exponents of several fits compared: how far apart they are, with an interval."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..fitting.fit_record import Fit
from ..results.fitted import Estimate
from ..uncertainty.draws import draws
from ..uncertainty.interval_ends import t_quantile
from ..uncertainty.resample import numbered, refit
from .evidence import FEW_DRAWS, Evidence, Lacking, exponent_of, split_exponent

GROUPS = 30  # of runs, left out in turn
DIGITS = 6  # of an exponent, to which ends are rounded: smaller differences are those of the search


def exponent_in(e: Evidence, found: Fit) -> Estimate:
    """Give the exponent a of a fit to some of the rows, with its interval."""
    return exponent_of(draws(found, method="sandwich", draws=FEW_DRAWS, seed=e.seed), e.level)


def range_of(several: Sequence[Estimate]) -> Estimate:
    """Give the largest difference between several exponents, with an interval as for independent estimates.

    Rows that two of them share make their difference more certain: the interval is then too wide.
    """
    apart = [(abs(a.value - b.value), float(np.hypot(a.half, b.half))) for a, b in combinations(several, 2)]
    ends = (max(max(d - half, 0.0) for d, half in apart), max(d + half for d, half in apart))
    return Estimate(max(d for d, _ in apart), *ends, several[0].level)


def range_of_fits(several: Sequence[Fit], level: float, seed: int) -> Estimate:
    """Give the largest difference between the exponents of several fits to the same rows, with its interval.

    Groups of whole runs are left out of all fits at once (jackknife, Student's t): what the fits share cancels.

    Raises:
        Lacking: the fits are not to the same rows.
    """
    if len({found.n for found in several}) > 1:
        raise Lacking("the same rows in every fit")
    kept = groups_left_out(several[0].clusters, seed)
    left = [_exponents(found, refit(found, kept).z) for found in several]
    values = [split_exponent(found.values) for found in several]
    apart = []
    for i, j in combinations(range(len(several)), 2):
        apart.append((abs(values[i] - values[j]), jackknife_half(left[i] - left[j], level)))
    low, high = max(max(d - half, 0.0) for d, half in apart), max(d + half for d, half in apart)
    return Estimate(max(d for d, _ in apart), round(low, DIGITS), round(high, DIGITS), level)


def groups_left_out(clusters: np.ndarray, seed: int) -> np.ndarray:
    """Put whole runs into groups and leave out each in turn: 1 for the rows that stay, (groups, rows)."""
    index, runs = numbered(clusters)
    groups = min(runs, GROUPS)
    group = np.random.default_rng(seed).permutation(runs)[index] % groups
    return (group != np.arange(groups)[:, None]).astype(float)


def jackknife_half(left: np.ndarray, level: float) -> float:
    """Give half of the interval of a statistic, from its values with each group left out (Student's t)."""
    groups = len(left)
    spread = np.sqrt((groups - 1) / groups * np.sum((left - left.mean()) ** 2))
    return float(t_quantile(level, groups - 1) * spread)


def _exponents(found: Fit, z: np.ndarray) -> np.ndarray:
    """Give a for each row of coordinates."""
    constants = found.problem.coordinates.parameters(z)
    return constants["beta"] / (constants["alpha"] + constants["beta"])


def moved(part: Estimate, whole: Estimate) -> Estimate:
    """Give the absolute difference between the exponent of some rows and that of all.

    The variance of the difference is that of the part less that of the whole (Hausman 1978).
    """
    value = abs(part.value - whole.value)
    half = float(np.sqrt(max(part.half**2 - whole.half**2, 0.0)))
    return Estimate(value, max(value - half, 0.0), value + half, whole.level)
