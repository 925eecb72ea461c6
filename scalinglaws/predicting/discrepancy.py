"""The discrepancy: how the truth differs from the law, a Gaussian process on ln(target)."""

from dataclasses import dataclass

import numpy as np

LENGTHS = {"N": 6.0, "D": 3.0}  # in nats; flat between (4, 2) and (9, 3): see benchmarks/forecast
GROWTH = 0.1  # of ln(standard deviation) per nat of size and data below the largest: small runs differ more


@dataclass(frozen=True)
class Discrepancy:
    """A Matern process of smoothness 5/2 over the logarithms of the inputs, at a standard deviation of 1.

    Kennedy & O'Hagan 2001 call it the model discrepancy. Towards runs smaller than the largest its standard deviation
    grows by exp(growth) per nat.

    Attributes:
        lengths: the correlation length of each input, in nats.
        top: the largest ln(input) of the points, for the inputs by which runs grow; nan for the others.
    """

    lengths: tuple[float, ...]
    top: tuple[float, ...]
    growth: float = GROWTH

    def scale(self, x: np.ndarray) -> np.ndarray:
        """Give the standard deviation at logarithms of inputs, (points,)."""
        below = np.nansum(x - np.array(self.top), axis=1)
        return np.exp(-self.growth * np.minimum(below, 0.0))

    def covariance(self, one: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Give the covariance between two sets of logarithms: (points of one, points of the other)."""
        lengths = np.array(self.lengths)
        squares = ((one[:, None] / lengths - other[None] / lengths) ** 2).sum(axis=2)
        apart = np.sqrt(5 * squares)
        return (1 + apart + apart**2 / 3) * np.exp(-apart) * np.outer(self.scale(one), self.scale(other))
