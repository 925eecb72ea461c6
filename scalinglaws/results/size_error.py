"""The error of the form in a best size: how far N* may lie from any law or line, beyond the runs that gave it."""

from dataclasses import replace
from statistics import NormalDist

import numpy as np

from .fitted import Estimate

RATE = 0.045  # standard deviation of ln N* per ln(reach), of laws and of lines through optima ...
RATE_OF_FORECAST = 0.03  # ... and of a forecast, which draws its discrepancy too: benchmarks/forecast/best_sizes.py


def half_of_form(level: float, rate: float) -> float:
    """Give the half-width at a confidence level of what has a standard deviation: ln N*, or that per ln(reach)."""
    return NormalDist().inv_cdf((1 + level) / 2) * rate


def size_widened(found: Estimate, reach: float, rate: float = RATE, here: float = 0.0) -> Estimate:
    """Add the error of the form to the interval of a best size, or of its tokens.

    A best size is where two slopes of the loss are equal: an error of the form too small to be seen in the losses moves
    it. No resample of the runs can show that.

    Args:
        reach: compute over the largest fitted. rate: standard deviation of ln N* per ln(reach), none within the fitted
            compute. here: standard deviation at any compute.
    """
    half = float(np.hypot(half_of_form(found.level, rate) * max(np.log(reach), 0.0), half_of_form(found.level, here)))
    if not half or not found.value > 0:
        return found

    def end(one: float | None, side: int) -> float | None:
        if not one:
            return one
        return float(found.value * np.exp(side * np.hypot(max(side * np.log(one / found.value), 0.0), half)))

    return replace(found, low=end(found.low, -1), high=end(found.high, 1))
