"""The kinds of rows that a table itself condemns, as they stand before the colon of a reason in `excluded_because`."""

from collections.abc import Iterable

import numpy as np

from ..errors import unknown_name
from .points import Points

OF_CURVES, OF_BATCHES = "mid-decay", "untuned"  # what laws of curves, and of the batch, take back
KINDS = {
    "failed": "rows of runs that crashed, diverged or have not ended",
    "abandoned": "rows that a restart from an earlier step replaced",
    "cut-short": "runs that ended well before their planned steps",
    "overfit": "rows after the minimum of a run whose held-out loss turned up",
    OF_CURVES: "rows read before the end of a decaying schedule",
    OF_BATCHES: "runs of a sweep that another rate or batch of their size and tokens beat",
}
ALL = "all"


def kinds_asked(names: str | Iterable[str]) -> tuple[str, ...]:
    """Check the names of kinds; "all" stands for every one.

    Raises:
        NameUnknownError: no such kind.
    """
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in KINDS and name != ALL:
            raise unknown_name("kind of row", name, [*KINDS, ALL])
    return tuple(KINDS) if ALL in names else tuple(names)


def left_for(points: Points, *kinds: str) -> np.ndarray:
    """Mark the rows that are left out for reasons of these kinds."""
    if "excluded_because" not in points or not kinds:
        return np.zeros(len(points), dtype=bool)
    reasons = points["excluded_because"]
    return np.logical_or.reduce([np.char.startswith(reasons, f"{kind}:") for kind in kinds])


def kept_again(points: Points, *kinds: str) -> Points:
    """Let the rows take part again that were left out for reasons of these kinds."""
    back = left_for(points, *kinds)
    return points.replace(excluded_because=np.where(back, "", points["excluded_because"])) if back.any() else points
