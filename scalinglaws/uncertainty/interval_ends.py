"""Intervals that a method gives by itself: level -> (low, high), as records that can be compared and kept."""

from dataclasses import dataclass, field

import numpy as np


def t_quantile(level: float, degrees: float) -> float:
    """Give the two-sided quantile of Student's t at a confidence level."""
    from scipy.special import stdtrit

    return float(stdtrit(degrees, (1 + level) / 2))


@dataclass(frozen=True)
class NormalEnds:
    """The estimate -+ t standard errors, both of the parameter's logarithm where it is logged."""

    centre: float
    error: float
    degrees: float
    logged: bool

    def __call__(self, level: float) -> tuple[float, float]:
        """Give the ends at a confidence level."""
        half = t_quantile(level, self.degrees) * self.error
        with np.errstate(over="ignore"):
            pair = np.array([self.centre - half, self.centre + half])
            low, high = np.exp(pair) if self.logged else pair
        return float(low), float(high)


@dataclass(frozen=True)
class ProfileEnds:
    """Where the signed roots of a profile reach Student's t; an open side is 0 or infinite.

    Attributes:
        held: values at which the parameter was held, its logarithm where it is logged; `roots` as `profile` gives them.
    """

    held: np.ndarray = field(repr=False)
    roots: np.ndarray = field(repr=False)
    degrees: float
    logged: bool

    def __call__(self, level: float) -> tuple[float, float]:
        """Give the ends at a confidence level."""
        cut = t_quantile(level, self.degrees)
        if len(self.held) == 1:  # no noise at all: the profile has no width
            low = high = self.held[0]
        else:
            low, high = np.interp([-cut, cut], self.roots, self.held, left=-np.inf, right=np.inf)
        return (float(np.exp(low)), float(np.exp(high))) if self.logged else (float(low), float(high))


@dataclass(frozen=True)
class ValleyEnds:
    """The percentiles of resamples, widened to all that the points bear along a valley.

    Attributes:
        values, roots, at_low, at_high: (rows,), of the points of the valley: the parameter, how far each lies from the
            optimum, and whether it lies at the lower or the upper end of the range.
        drawn: the parameter in the resamples. least: the lower end of an open side.
        opens_at: where the range of an exponent ends: an interval that ends there is open, for resamples pile up there.
    """

    values: np.ndarray = field(repr=False)
    roots: np.ndarray = field(repr=False)
    at_low: np.ndarray = field(repr=False)
    at_high: np.ndarray = field(repr=False)
    drawn: np.ndarray = field(repr=False)
    degrees: float
    least: float
    opens_at: tuple[float, float] | None = None

    def __call__(self, level: float) -> tuple[float, float]:
        """Give the ends at a confidence level."""
        low, high = np.quantile(self.drawn, [(1 - level) / 2, (1 + level) / 2])
        cut = t_quantile(level, self.degrees)
        low, low_open = _furthest(-self.values, self.roots, self.at_low, cut, -low)
        high, high_open = _furthest(self.values, self.roots, self.at_high, cut, high)
        low, high = self.least if low_open else float(-low), np.inf if high_open else float(high)
        if self.opens_at is not None:
            least, most = self.opens_at
            low, high = 0.0 if low <= least > 0 else low, np.inf if high >= most else high
        return low, high


Ends = NormalEnds | ProfileEnds | ValleyEnds


def _furthest(values, roots, at_end, cut, drawn):
    """Give the largest value that is allowed, on the way to the next that is not; and whether it is an end."""
    inside = (roots <= cut) & np.isfinite(values)
    if (inside & at_end).any():
        return np.inf, True
    if not inside.any():
        return drawn, False
    last = np.flatnonzero(inside)[np.argmax(values[inside])]
    beyond = np.flatnonzero((values > values[last]) & np.isfinite(values) & (roots > cut))
    if not len(beyond):
        return max(values[last], drawn), False
    first = beyond[np.argmin(values[beyond])]
    share = (cut - roots[last]) / (roots[first] - roots[last])
    return max(values[last] + share * (values[first] - values[last]), drawn), False
