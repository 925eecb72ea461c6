"""The scatter of runs about a fitted law, with its interval, and quantities in units of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..fitting.fit_record import Fit
from ..results.fitted import Estimate
from ..uncertainty.resample import numbered

EFFICIENCY = 0.3675  # of the median absolute value of normal residuals, relative to their root mean square
LEAST = 1e-12  # scatter: that of points without noise


def scatter_by_squares(found: Fit, level: float) -> Estimate:
    """Give the root mean square of the log residuals, with its interval over whole runs.

    Squares go as chi-squared. Its degrees of freedom are those of the fit, or fewer where the squares of runs vary more
    than those of normal residuals do (matched variances, Satterthwaite 1946).
    """
    index, runs = numbered(found.clusters)
    squares = np.bincount(index, found.residuals**2, runs)
    matched = 2 * runs * squares.mean() ** 2 / max(float(squares.var(ddof=1)), 1e-300) if runs > 1 else 1.0
    degrees = degrees_of(found)
    ends = scale_interval(found.rms_log * float(np.sqrt(runs / degrees)), min(degrees, float(matched)), level).ends
    return Estimate(found.rms_log, min(ends[0], found.rms_log), ends[1], level)


def robust_scatter(found: Fit, level: float) -> Estimate:
    """Give the robust standard deviation of the residuals, with the interval of one from fewer degrees of freedom.

    A median absolute value is as certain as a root mean square of 0.37 times as many residuals (Rousseeuw & Croux
    1993).
    """
    return scale_interval(found.noise, EFFICIENCY * degrees_of(found), level)


def degrees_of(found: Fit) -> float:
    """Count the runs beyond the free constants."""
    return float(max(found.n_clusters - len(found.free), 1))


def scale_interval(value: float, degrees: float, level: float) -> Estimate:
    """Give a standard deviation whose square goes as chi-squared with its interval."""
    from scipy.special import gammaincinv

    tails = np.array([(1 + level) / 2, (1 - level) / 2])
    low, high = max(value, LEAST) * np.sqrt(degrees / (2 * gammaincinv(degrees / 2, tails)))
    return Estimate(value, min(float(low), value), max(float(high), value), level)


@dataclass(frozen=True)
class VarianceComponent:
    """A standard deviation that is one part of an uncertainty.

    Attributes:
        degrees: of freedom of its square; infinite for a number that is known.
        factor: by which its square must be multiplied to be unbiased.
    """

    sd: float
    degrees: float = np.inf
    factor: float = 1.0


def root_of_sum(parts: Iterable[VarianceComponent], level: float) -> Estimate:
    """Give the root of the sum of squares of several parts, with its interval by Graybill & Wang 1980.

    Each square goes as chi-squared; the distances of the ends from the sum add in squares.
    """
    known = list(parts)
    below, above = 0.0, 0.0
    for part in (one for one in known if np.isfinite(one.degrees)):
        low, high = (part.factor * end**2 for end in scale_interval(part.sd, part.degrees, level).ends)
        below += (part.factor * part.sd**2 - low) ** 2
        above += (high - part.factor * part.sd**2) ** 2
    total, square = sum(one.factor * one.sd**2 for one in known), sum(one.sd**2 for one in known)
    ends = np.sqrt([max(total - np.sqrt(below), 0.0), total + np.sqrt(above)])
    value = float(np.sqrt(square))
    return Estimate(value, min(float(ends[0]), value), max(float(ends[1]), value), level)


def in_units_of(scatter: Estimate, value: float) -> Estimate:
    """Divide a known number by a scatter: its interval comes from that of the scatter."""
    low, high = (value / max(end, LEAST) for end in reversed(scatter.ends))
    return Estimate(value / max(scatter.value, LEAST), low, high, scatter.level)
