"""Intervals of what the claims ask for: differences, ratios, extremes of several, R2, and jackknives."""

from collections.abc import Callable, Sequence

import numpy as np

from ..records.json_values import finite
from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile
from .repeats import SeedNoise

GRID = 400  # quantiles of each of two distributions whose difference is taken


def exact(value: float) -> Estimate:
    """Give a count or a defined number: its interval has no width."""
    return Estimate(float(value), float(value), float(value))


def between(value: float, low: float, high: float, level: float) -> Estimate:
    """Make an estimate; an end that is not finite is none."""
    return Estimate(float(value), finite(low), finite(high), level)


def scaled(one: Estimate, factor: float) -> Estimate:
    """Multiply an estimate and its interval by a number."""
    low, high = sorted(end * factor for end in one.ends)
    return between(one.value * factor, low, high, one.level)


def shifted(one: Estimate, by: float) -> Estimate:
    """Add a number to an estimate and its interval."""
    low, high = one.ends
    return between(one.value + by, low + by, high + by, one.level)


def seed_margin(noise: SeedNoise, level: float, comparisons: int = 1) -> float:
    """Half-width, in standard deviations of a seed as estimated, of an interval for a mean of losses.

    Student's t with the degrees of freedom of the seeds; Bonferroni's correction over simultaneous comparisons.
    """
    return t_quantile(1 - (1 - level) / comparisons, noise.seeds - 1)


def difference(a: Estimate, b: Estimate) -> Estimate:
    """Give a - b from two intervals, of independent or of dependent estimates alike: the ends farthest apart."""
    return between(a.value - b.value, a.ends[0] - b.ends[1], a.ends[1] - b.ends[0], a.level)


def independent_difference(a: Estimate, b: Estimate) -> Estimate:
    """Give a - b from the intervals of two independent estimates (MOVER: Zou & Donner 2008, eq 1)."""
    value, (a_low, a_high), (b_low, b_high) = a.value - b.value, a.ends, b.ends
    below = float(np.hypot(a.value - a_low, b_high - b.value))
    above = float(np.hypot(a_high - a.value, b.value - b_low))
    return between(value, value - below, value + above, a.level)


def ratio(a: Estimate, b: Estimate) -> Estimate:
    """Give a / b, both above zero, from the intervals of two independent estimates: MOVER of the logarithms."""
    logs = independent_difference(_logarithm(a), _logarithm(b))
    value, low, high = (float(np.exp(number)) for number in (logs.value, *logs.ends))
    return between(value, low, high, a.level)


def exponential(logs: Estimate) -> Estimate:
    """Give a quantity from the estimate of its logarithm; where that has no bound, neither has the quantity."""
    low, high = (np.nan if end is None else float(np.exp(end)) for end in (logs.low, logs.high))
    return between(float(np.exp(logs.value)), low, high, logs.level)


def _logarithm(one: Estimate) -> Estimate:
    with np.errstate(divide="ignore"):
        value, low, high = (float(np.log(max(number, 0.0))) for number in (one.value, *one.ends))
        return between(value, low, high, one.level)


def least_of(several: Sequence[Estimate]) -> Estimate:
    """Give the lowest of several quantities, whose intervals hold at once."""
    value, low, high = (min(numbers) for numbers in zip(*((one.value, *one.ends) for one in several), strict=True))
    return between(value, low, high, several[0].level)


def largest_of(several: Sequence[Estimate]) -> Estimate:
    """Give the largest of several quantities, whose intervals hold at once."""
    value, low, high = (max(numbers) for numbers in zip(*((one.value, *one.ends) for one in several), strict=True))
    return between(value, low, high, several[0].level)


def magnitude(one: Estimate) -> Estimate:
    """Give the absolute value of a quantity."""
    low, high = one.ends
    near, far = sorted((abs(low), abs(high)))
    return between(abs(one.value), 0.0 if low <= 0 <= high else near, far, one.level)


def simultaneous(values: np.ndarray, draws: np.ndarray, level: float) -> list[Estimate]:
    """Give intervals that hold for all of several quantities at once, from joint draws of shape (draws, quantities).

    Each is value +- c sd, where c is the quantile of the largest deviation of a draw in any of them.
    """
    draws = draws[np.isfinite(draws).all(axis=1)]
    if not len(draws):
        return [Estimate(float(v), level=level) for v in values]
    spread = np.maximum(draws.std(axis=0), 1e-300)
    c = np.quantile((np.abs(draws - values) / spread).max(axis=1), level)
    return [between(v, v - c * s, v + c * s, level) for v, s in zip(values, spread, strict=True)]


def jackknife(statistic: Callable[[np.ndarray], float], groups: np.ndarray, level: float) -> Estimate:
    """Estimate a statistic of the rows marked, with an interval by leaving out one group of rows at a time.

    Student's t with one degree of freedom less than there are groups; without an interval for a single group.
    """
    named = np.unique(groups)
    value = statistic(np.ones(len(groups), dtype=bool))
    left = np.array([statistic(groups != one) for one in named]) if len(named) > 1 else np.full(1, np.nan)
    spread = np.sqrt((len(named) - 1) / len(named) * np.sum((left - left.mean()) ** 2))
    half = t_quantile(level, len(named) - 1) * spread if len(named) > 1 else np.inf
    return between(value, value - half, value + half, level)


def r_squared(r2: float, points: int, level: float) -> Estimate:
    """Give an interval of the R2 of a straight line through points with normal errors.

    With nu = points - 2, t = r sqrt(nu / (1 - R2)) is noncentral t about tau, and R2 = tau^2 / (tau^2 + points); the
    confidence limits of tau are the quantiles of t sqrt(V / nu) - Z, V chi-squared (nu) and Z normal.
    """
    from scipy.special import gammaincinv, ndtri

    nu = points - 2
    if nu < 1:
        return Estimate(float(r2), level=level)
    t = np.sqrt(nu * r2 / max(1 - r2, 1e-15))
    middle = (np.arange(GRID) + 0.5) / GRID
    root = np.sqrt(2 * gammaincinv(nu / 2, middle) / nu)
    tau = np.quantile(t * root[:, None] - ndtri(middle), [(1 - level) / 2, (1 + level) / 2])
    low, high = (max(one, 0.0) ** 2 / (max(one, 0.0) ** 2 + points) for one in tau)
    return between(r2, low, high, level)


def root_mean_square(values: np.ndarray, level: float) -> Estimate:
    """Give the root mean square of errors about zero with a chi-squared interval; the errors count as independent."""
    from scipy.special import gammaincinv

    count, value = len(values), float(np.sqrt(np.mean(np.square(values))))
    tails = 2 * gammaincinv(count / 2, [(1 + level) / 2, (1 - level) / 2])
    low, high = value * np.sqrt(count / tails)
    return between(value, low, high, level)


def spread_ratio(value: float, degrees: float, noise: SeedNoise, level: float) -> Estimate:
    """Give an interval of a standard deviation over that of a seed, both estimated, by the F distribution."""
    from scipy.special import fdtri

    low, high = fdtri(degrees, noise.seeds - 1, [(1 - level) / 2, (1 + level) / 2])
    return between(value, value / np.sqrt(high), value / np.sqrt(low), level)
