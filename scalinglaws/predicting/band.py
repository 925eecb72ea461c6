"""The band of a forecast: from its standard deviation to an interval that held on larger runs of other studies."""

from collections.abc import Mapping, Sequence

import numpy as np

from ..uncertainty.interval_ends import t_quantile

NOISE = 2.0  # standard deviations of the noise of a run that count: the noise of few runs is itself uncertain
MOST_LEAST = 0.005  # of ln(loss): no forecast of a run that is not made is closer, unless the law is plainly right
LEAST, OF_AMPLITUDE = 0.001, 0.3  # the least width where there is no discrepancy, and what its amplitude adds
LEVEL, QUANTILE = 0.95, 0.945  # families left out in turn, the level is then held at every reach: benchmarks/forecast
NORMAL = 1e6  # degrees of freedom


def unit(sd: np.ndarray, noise: float, amplitude: float) -> np.ndarray:
    """Give the width by which errors are measured: that of the law and the process, the noise, and a least one.

    Args:
        amplitude: the root mean square amplitude of the discrepancy.
    """
    least = min(MOST_LEAST, LEAST + OF_AMPLITUDE * amplitude)
    return np.sqrt(sd**2 + (NOISE * noise) ** 2 + least**2)


def factor(ratios: Mapping[str, Sequence[np.ndarray]]) -> float:
    """Give the factor on `unit` that held 95% of larger runs: families count equally, and so do origins within one.

    Args:
        ratios: family -> |error| / unit of the runs of each origin.
    """
    values = np.concatenate([one for origins in ratios.values() for one in origins])
    weights = np.concatenate([np.full(len(one), 1 / len(one) / len(o)) for o in ratios.values() for one in o])
    order = np.argsort(values)
    below = int((np.cumsum(weights[order]) < QUANTILE * weights.sum()).sum())
    return float(values[order][min(below, len(values) - 1)])


def at_level(level: float) -> float:
    """Give the factor that turns a half-width at 95% into one at another level, as for normal errors."""
    return t_quantile(level, NORMAL) / t_quantile(LEVEL, NORMAL)
