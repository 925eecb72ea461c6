"""Draw parameters from the uncertainty of a fit, by a named method."""

import numpy as np

from ..errors import MisuseError, nearest
from ..fit import Fit
from .record import Draws, drawn
from .resample import Progress, pairs

METHODS = ("pairs",)


def draws(fit: Fit, *, method: str = "pairs", n: int = 2000, seed: int = 0, progress: Progress | None = None) -> Draws:
    """Draw n sets of parameters that the points allow.

    Raises:
        MisuseError: an unknown method, or n below 10.
        FitError: the resamples have no optimum.
    """
    if method not in METHODS:
        raise MisuseError(f"no method is called {method!r}.{nearest(method, METHODS)} Known: {', '.join(METHODS)}.")
    if n < 10:
        raise MisuseError(f"{n} draws make no interval: ask for 10 or more; 2000 is usual.")
    rng = np.random.default_rng(seed)
    z, kept = pairs(fit, n, rng, progress)
    return drawn(fit, z, kept, method, seed)
