"""The outcome of a test, which follows from an interval and its limits, never from a point estimate alone."""

from collections.abc import Iterable

import numpy as np

from .fitted import Estimate

PASSED, FAILED, UNDECIDED, NOT_RUN = "passed", "failed", "undecided", "not run"
OUTCOMES = (PASSED, FAILED, UNDECIDED, NOT_RUN)


def outcome_of(estimate: Estimate | None, low: float | None = None, high: float | None = None) -> str:
    """Compare an interval with the limits that its quantity must lie between.

    Args:
        estimate: a side of its interval without a bound is None. An exact number has an interval of no width.
        low, high: the limits, which are themselves allowed; None where there is none on that side.

    Returns:
        passed if the whole interval lies between the limits, failed if all of it lies outside, undecided if it contains
        values of both kinds; not run without a number or without an interval.
    """
    if estimate is None or not np.isfinite(estimate.value):
        return NOT_RUN
    least, most = _end(estimate.low, -np.inf), _end(estimate.high, np.inf)
    if least == -np.inf and most == np.inf:
        return NOT_RUN
    lowest, highest = _end(low, -np.inf), _end(high, np.inf)
    if most < lowest or least > highest:
        return FAILED
    return PASSED if lowest <= least and most <= highest else UNDECIDED


def overall(outcomes: Iterable[str]) -> str:
    """Combine the outcomes of the parts that a test needs; without a part it was not run.

    Failed if a part failed; otherwise not run if a part was not run; otherwise undecided if a part is.
    """
    found = set(outcomes) or {NOT_RUN}
    return next(outcome for outcome in (FAILED, NOT_RUN, UNDECIDED, PASSED) if outcome in found)


def _end(value: float | None, absent: float) -> float:
    return absent if value is None or np.isnan(value) else float(value)
