"""The band of a forecast: an interval that held on larger runs of other studies."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from .mixture import Posterior

NOISE = 2.0  # standard deviations of the noise of a run that count: the noise of few runs is itself uncertain
MOST_LEAST = 0.005  # of ln(loss): no forecast of a run that is not made is closer, unless the law is plainly right
LEAST, OF_AMPLITUDE = 0.001, 0.3  # the least width where there is no discrepancy, and what its amplitude adds
LEVEL, QUANTILE = 0.95, 0.945  # families left out in turn, the level is then held at every reach: benchmarks/forecast
NEGLIGIBLE = 1e-4  # share of a component that moves no end
MOST_RATIO, HALVINGS = 40.0, 45


def unit(sd: np.ndarray, noise: float, amplitude: float) -> np.ndarray:
    """Give the width by which errors are measured: that of the law and the process, the noise, and a least one.

    Args:
        amplitude: the root mean square amplitude of the discrepancy.
    """
    least = min(MOST_LEAST, LEAST + OF_AMPLITUDE * amplitude)
    return np.sqrt(sd**2 + (NOISE * noise) ** 2 + least**2)


def ends(made: Posterior, x: np.ndarray, band: float, level: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Give the ends of the interval of ln(target) at logarithms x: quantiles of the posterior, a mixture of normals.

    A mixture of a narrow component and a wide one has quantiles far narrower than its standard deviation says, and they
    lie where the components do, on one side more than on the other.

    Args:
        band: half-width of a single component's 95% interval, in its `unit`.
        noise: standard deviation of the noise of a run; 0 for the mean of runs.
    """
    shares, means, widths = _components(made, x, noise)
    widths = widths * band / ndtri((1 + LEVEL) / 2)
    low, high = (_quantile(shares, means, widths, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def _components(made: Posterior, x: np.ndarray, noise: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the shares, (components,), means and widths, each (components, targets), of those that count."""
    means, variances = made.each(x)
    kept = made.shares > NEGLIGIBLE
    shares = made.shares[kept] / made.shares[kept].sum()
    return shares, means[kept], unit(np.sqrt(variances[kept]), noise, made.amplitude)


def _quantile(shares: np.ndarray, means: np.ndarray, widths: np.ndarray, tail: float) -> np.ndarray:
    """Give a quantile of the mixture, which lies between those of its components, by bisection."""
    own = means + ndtri(tail) * widths
    low, high = own.min(axis=0), own.max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        below = shares @ ndtr((middle - means) / widths) < tail
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def ratios(made: Posterior, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Give the `band` at which each measured ln(target) y lies at an end of its 95% interval, by bisection."""
    shares, means, widths = _components(made, x, made.noise)
    least, most = np.zeros(len(y)), np.full(len(y), MOST_RATIO)
    for _ in range(HALVINGS):
        middle = (least + most) / 2
        below = shares @ ndtr((y - means) / (widths * middle / ndtri((1 + LEVEL) / 2)))
        outside = np.minimum(below, 1 - below) < (1 - LEVEL) / 2
        least, most = np.where(outside, middle, least), np.where(outside, most, middle)
    return most


def factor(ratios: Mapping[str, Sequence[np.ndarray]]) -> float:
    """Give the band that held 95% of larger runs: families count equally, and so do origins within one.

    Args:
        ratios: family -> the band at which each run of each origin lies at an end of its interval.
    """
    values = np.concatenate([one for origins in ratios.values() for one in origins])
    weights = np.concatenate([np.full(len(one), 1 / len(one) / len(o)) for o in ratios.values() for one in o])
    order = np.argsort(values)
    below = int((np.cumsum(weights[order]) < QUANTILE * weights.sum()).sum())
    return float(values[order][min(below, len(values) - 1)])
