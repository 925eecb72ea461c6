"""The relation between two counts over the models of a table: N_total = N + omega N^k, and the like."""

from dataclasses import dataclass

import numpy as np

_EXACT = 1e-3  # if the logarithm of a ratio varies by less, the ratio is constant
_STEEPEST = -0.95  # a difference must not shrink faster than the count grows: the relation would not be monotonic
_LEAST = -0.95  # minimum of a relative difference: the other count stays positive


@dataclass(frozen=True)
class Relation:
    """ln other = ln base + shift + ln(1 + sign exp(offset) base^slope), with the largest miss in the table.

    The relative difference is a power law of the base: exact for a head or an embedding on shapes of one aspect ratio,
    where N_total = N + omega N^(1/3) (Pearce & Song 2024, eq 6), and good beyond the table, where both counts converge.
    """

    shift: float = 0.0
    sign: float = 0.0
    offset: float = 0.0
    slope: float = 0.0
    miss: float = 0.0

    def __call__(self, log_base):
        """Give ln other at ln base."""
        return log_base + self.shift + np.log1p(np.maximum(self._difference(log_base), _LEAST))

    def steepness(self, log_base):
        """Give d ln other / d ln base."""
        difference = np.maximum(self._difference(log_base), _LEAST)
        return 1 + self.slope * difference / (1 + difference)

    def _difference(self, log_base):
        return (
            self.sign * np.exp(np.minimum(self.offset + self.slope * log_base, 700.0)) if self.sign else 0.0 * log_base
        )


def relation(base: np.ndarray, other: np.ndarray) -> Relation:
    """Fit the relation to rows; replicates of a model count once."""
    pairs = np.unique(np.stack([np.log(base), np.log(other)], axis=1), axis=0)
    x, ratio = pairs[:, 0], pairs[:, 1] - pairs[:, 0]
    if np.ptp(ratio) < _EXACT or np.ptp(x) < _EXACT:
        return Relation(shift=float(ratio.mean()), miss=float(np.abs(ratio - ratio.mean()).max()))
    difference = np.expm1(ratio)
    if (difference > 0).all() or (difference < 0).all():
        found = _of_one_sign(x, difference)
    else:
        found = Relation(shift=float(np.median(ratio)))
    return Relation(found.shift, found.sign, found.offset, found.slope, float(np.abs(found(x) - pairs[:, 1]).max()))


def _of_one_sign(x: np.ndarray, difference: np.ndarray) -> Relation:
    slope, _ = np.polyfit(x, np.log(np.abs(difference)), 1)
    slope = float(np.clip(slope, _STEEPEST, 0.0))
    offset = float(np.mean(np.log(np.abs(difference)) - slope * x))
    return Relation(sign=float(np.sign(difference[0])), offset=offset, slope=slope)
