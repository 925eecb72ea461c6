"""Exponents of several fits compared: how far apart they are, with an interval."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..fitting.fit_record import Fit
from ..results.fitted import Estimate
from ..uncertainty.draws import draws
from .evidence import FEW_DRAWS, Evidence, exponent_of


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


def moved(part: Estimate, whole: Estimate) -> Estimate:
    """Give the absolute difference between the exponent of some rows and that of all.

    The variance of the difference is that of the part less that of the whole (Hausman 1978).
    """
    value = abs(part.value - whole.value)
    half = float(np.sqrt(max(part.half**2 - whole.half**2, 0.0)))
    return Estimate(value, max(value - half, 0.0), value + half, whole.level)
