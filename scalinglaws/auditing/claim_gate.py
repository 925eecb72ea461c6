"""Why no plan, prediction or constant may be claimed from a fit or a table, and what to do about it."""

from collections.abc import Iterable, Mapping

import numpy as np

from ..errors import FitError, PointsError, argument
from ..fitting.fit_record import Fit
from ..points.points import Points
from .audit import audit

LEAST_R2 = 0.5  # fraction of the variance of the log target that a law must explain for its numbers to be claimed
OF_UNITS = ("A3",)  # rules of the audit on units; mixed definitions are refused when a table is fitted
LEAD = "NOT TO BE USED"


def barred(fits: Iterable[Fit], points: Points, columns: Mapping[str, str]) -> tuple[str, ...]:
    """List what bars every number of these fits from being claimed, a sentence each with what to do; empty for none.

    The fit did not converge; the law explains less than half of the variation; sizes, tokens and compute disagree.
    A best size that is not interior is refused by the plan itself.

    Args:
        columns: letter -> column: the counts that the fits use.
    """
    return (*_units(points, columns), *(reason for one in fits for reason in _of_fit(one)))


def refuse(what: str, reasons: tuple[str, ...]) -> None:
    """Refuse a headline number.

    Raises:
        FitError: saying what is wrong, what to do, and how to see the number all the same.
    """
    if reasons:
        raise FitError(
            f"no {what} from these runs. {' '.join(reasons)} To see it all the same: {argument(anyway=True)}."
        )


def _units(points: Points, columns: Mapping[str, str]) -> tuple[str, ...]:
    counts = {letter: name for letter, name in columns.items() if letter in ("N", "C", "D", "L")}
    try:
        found = audit(points, columns=counts, only=list(OF_UNITS))
    except PointsError:  # a table that the audit cannot read has no rule
        return ()
    return tuple(f"{one.fault}: {one.found.rstrip('.')}. {one.do}" for one in found.having("failed", "error"))


def _of_fit(found: Fit) -> tuple[str, ...]:
    name, reasons = found.law.name, []
    if found.outcome == "not_converged":
        reasons.append(
            f"The fit of {name} did not converge: {found.sentence.rstrip('.')}. Fit a law with fewer parameters, or "
            "look at the audit of the table."
        )
    if np.isfinite(found.r2) and found.r2 < LEAST_R2:
        reasons.append(
            f"{name} explains {max(found.r2, 0):.0%} of the variation of {found.columns[found.law.target]} (R2 "
            f"{found.r2:.2f}), less than half. Something else varies between these rows, or they are noise: choose "
            f"rows that differ in {', '.join(found.law.inputs)} alone ({argument(where='COLUMN == VALUE')}), or check "
            "that every column is what it is mapped to."
        )
    return tuple(reasons)
