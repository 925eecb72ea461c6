"""Pairs of arms: in how many each of two ways names the better arm, and by how much the two ways differ."""

from itertools import combinations

import numpy as np

from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile


def pairs_right(predicted: np.ndarray, measured: np.ndarray) -> np.ndarray:
    """Mark the pairs of arms whose better one has the lower predicted loss."""
    pairs = combinations(range(len(measured)), 2)
    return np.array([(predicted[i] < predicted[j]) == (measured[i] < measured[j]) for i, j in pairs])


def difference_of_shares(first: np.ndarray, second: np.ndarray, arms: int, level: float) -> Estimate:
    """Give the share of pairs that a first way gets right less that of a second way, with its interval.

    The interval is the adjusted Wald interval of paired proportions (Bonett & Price 2012). Pairs share arms: they count
    as arms / 2 independent ones, which the variance cannot exceed (Hoeffding 1948, eq 5.19).
    """
    n = arms / 2
    only_first, only_second = ((n * float(np.mean(one)) + 1) / (n + 2) for one in (first & ~second, second & ~first))
    middle = only_first - only_second
    half = t_quantile(level, np.inf) * float(np.sqrt((only_first + only_second - middle**2) / (n + 2)))
    value = float(np.mean(first) - np.mean(second))
    return Estimate(value, max(min(middle - half, value), -1.0), min(max(middle + half, value), 1.0), level)
