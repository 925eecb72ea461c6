"""Computing one part of many so that its failure is reported in its place and does not stop the other parts."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from ..errors import FitError, MisuseError, PointsError

UNFIT = (FitError, MisuseError, np.linalg.LinAlgError)  # the errors of points that a law cannot be fitted to
PACKAGE = Path(__file__).parents[1]

Made = TypeVar("Made")


class Lacking(PointsError):
    """The data that a part needs are missing; the message says what it needs."""


def attempt(make: Callable[[], Made], instead: Callable[[str], Made]) -> Made:
    """Compute one part of many; if that fails, make a replacement from a phrase that gives the reason.

    The phrase begins with "needs" if the points lack something, and with "internal error" if the failure is a bug.
    """
    try:
        with np.errstate(all="ignore"):
            return make()
    except Lacking as lack:
        return instead(f"needs {lack}")
    except UNFIT as failure:
        return instead(f"needs points that can be fitted: {failure}")
    except Exception as failure:  # whatever the failure, the other lines of the page remain
        return instead(internal_error(failure))


def internal_error(failure: Exception) -> str:
    """Describe an unexpected error in a phrase, with the line of this package at which it occurred."""
    frames = [(Path(f.filename), f.lineno) for f in traceback.extract_tb(failure.__traceback__)]
    ours = [(path, line) for path, line in frames if path.is_relative_to(PACKAGE) and path != Path(__file__)]
    place = f" at {ours[-1][0].relative_to(PACKAGE)}:{ours[-1][1]}" if ours else ""
    return f"internal error: {type(failure).__name__}{place} ({failure})"
