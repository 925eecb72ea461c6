"""Which constants of the additive law a table determines: the irreducible loss, and the exponent of the best size."""

from collections.abc import Mapping

import numpy as np

from ..errors import FitError, PointsError
from ..points.points import Points
from ..results.attempt import Lacking
from .evidence import Evidence

ZERO = 0.02  # of the lowest loss: an interval of the constant term that reaches down to it holds zero
LOOSE = 0.2  # width of the interval of a, beyond which the exponents of N and D are not known one by one
EXPONENTS = ("alpha", "beta")


def floor_determined(e: Evidence) -> bool:
    """Say whether the interval of E lies above zero and below the lowest loss measured."""
    low, high = e.draws.interval(e.level)["E"]
    return low > ZERO * lowest_loss(e) and high < lowest_loss(e)


def lowest_loss(e: Evidence) -> float:
    """Give the lowest loss of the rows that take part and of those held out from the fits: no floor lies above it."""
    losses = e.loss
    if "role" in e.points and e.loss_name in e.points:
        held = e.points[e.loss_name][e.points["role"] == "held-out"]
        losses = np.concatenate([losses, held[np.isfinite(held)]])
    return float(losses.min())


def exponent_determined(e: Evidence) -> bool:
    """Say whether the interval of a = beta/(alpha + beta) is narrow enough for an exponent to be quoted."""
    return 2 * e.exponent.half <= LOOSE


def undetermined(points: Points, columns: Mapping[str, str], level: float = 0.95) -> tuple[str, ...]:
    """Name the constants of the additive law that these runs do not determine, by the rules D6 and D7 of the audit.

    A study that gives no value for them claims nothing of them, and breaks neither rule.
    """
    e = Evidence(points, columns, level=level)
    try:
        names = () if exponent_determined(e) else ("A", "B", *EXPONENTS)
        return names if floor_determined(e) else ("E", *names)
    except (FitError, PointsError, Lacking):  # a table without this law has none of its constants
        return ()
