"""The law in the middle of a forecast: the mean of ln(target), and its slopes along the law's constants."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..fitting.coordinates import Coordinates

FIELD_UNITS = {"N": 1e9, "D": 2e10}  # in these units the constants of different studies are nearly independent


class Mean(Protocol):
    """A law as the mean of ln(target), in constants that may take any real value."""

    @property
    def names(self) -> tuple[str, ...]:
        """The constants, in order."""

    def value_and_slopes(self, constants: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give ln(target), (points,), and its derivatives, (constants, points), at logarithms x, (points, inputs)."""


@dataclass(frozen=True)
class SmoothMaximum:
    """The smooth maximum of a size and a data term over a floor: ln L = floor + ln(1 + S^k).

    S = exp(a - alpha x) + exp(b - beta y), with x = ln(N / 1e9) and y = ln(D / 2e10): the law `skaling` (Skaling 2026,
    arXiv 2608.07222) in units of its floor, and Chinchilla's at k = 1.

    Attributes:
        additive: whether k is held at 1.
    """

    additive: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The constants: `ln_k` only where k is free."""
        return ("floor", "a", "alpha", "b", "beta", *(() if self.additive else ("ln_k",)))

    def value_and_slopes(self, constants: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give ln L and its slopes."""
        floor, a, alpha, b, beta = constants[:5]
        k = 1.0 if self.additive else np.exp(constants[5])
        size, data = x[:, 0] - np.log(FIELD_UNITS["N"]), x[:, 1] - np.log(FIELD_UNITS["D"])
        size_term, data_term = np.exp(a - alpha * size), np.exp(b - beta * data)
        total = size_term + data_term
        excess = total**k
        share = k * excess / (total * (1 + excess))
        slopes = [
            np.ones_like(size),
            share * size_term,
            -share * size_term * size,
            share * data_term,
            -share * data_term * data,
        ]
        if not self.additive:
            slopes.append(k * np.log(total) * excess / (1 + excess))
        return floor + np.log1p(excess), np.stack(slopes)


@dataclass(frozen=True)
class LawMean:
    """Any law of the shelf, or one's own, in the coordinates in which it is fitted."""

    coordinates: Coordinates

    @property
    def names(self) -> tuple[str, ...]:
        """The free parameters of the law."""
        return self.coordinates.free

    def value_and_slopes(self, constants: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Give ln(target) and its slopes."""
        value, slopes = self.coordinates.value_and_slopes(constants[None], tuple(np.exp(x.T)))
        return np.log(value[0]), slopes[0] / value[0]
