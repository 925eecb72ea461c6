"""Which constants of the additive law a table determines: the irreducible loss, and the exponent of the best size."""

from collections.abc import Mapping

from ..errors import FitError, PointsError
from ..points.points import Points
from ..results.attempt import Lacking
from .evidence import Evidence

ZERO = 0.02  # of the lowest loss: an interval of the constant term that reaches down to it holds zero
LOOSE = 0.2  # width of the interval of a, beyond which the exponents of N and D are not known one by one
EXPONENTS = ("alpha", "beta")


def floor_determined(e: Evidence) -> bool:
    """Say whether the interval of E lies above zero and below the lowest loss of the table."""
    low, high = e.draws.interval(e.level)["E"]
    least = float(e.loss.min())
    return low > ZERO * least and high < least


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
