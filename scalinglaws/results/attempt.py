"""A part of a whole, made so that its failure is said in its place: no rule, claim or figure ends the others."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..errors import FitError, MisuseError, PointsError

UNFIT = (FitError, MisuseError, np.linalg.LinAlgError)  # what points may be to a law
PACKAGE = Path(__file__).parents[1]

Made = TypeVar("Made")


class Lacking(PointsError):
    """What a part speaks of is not there; the message says what it needs."""


def attempt(make: Callable[[], Made], instead: Callable[[str], Made]) -> Made:
    """Make a part of a whole; where that fails, make what stands in its place, from a phrase that says why.

    The phrase begins with "needs" where the points lack something, and with "internal error" where the failure is ours.
    """
    try:
        with np.errstate(all="ignore"):
            return make()
    except Lacking as lack:
        return instead(f"needs {lack}")
    except UNFIT as failure:
        return instead(f"needs points that can be fitted: {failure}")
    except Exception as failure:  # one line of many on a page: whatever it is, the others stand
        return instead(internal_error(failure))


def internal_error(failure: Exception) -> str:
    """Say in a phrase what nobody foresaw, and the line of ours that met it."""
    frames = [(Path(f.filename), f.lineno) for f in traceback.extract_tb(failure.__traceback__)]
    ours = [(path, line) for path, line in frames if path.is_relative_to(PACKAGE) and path != Path(__file__)]
    place = f" at {ours[-1][0].relative_to(PACKAGE)}:{ours[-1][1]}" if ours else ""
    return f"internal error: {type(failure).__name__}{place} ({failure})"
