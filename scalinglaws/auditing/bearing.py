"""The failed rules of the audit that bear on a number fitted to a table: on what it counts, its runs, its grid."""

from collections.abc import Iterable, Mapping

from ..errors import PointsError
from ..fitting.columns import with_derived_inputs
from ..fitting.fit_record import Fit
from ..fitting.rows_of_law import about, with_its_rows
from ..points.points import Points
from ..results.audited import Finding
from .all_rules import RULES
from .audit import audit

GROUPS = "ABC"  # counts, training, grid: what a fit, a prediction and a plan all rest on


def bearing(points: Points, columns: Mapping[str, str] | None = None, groups: str = GROUPS) -> tuple[Finding, ...]:
    """List the failed rules of severity error that bear on every number from these points.

    Args:
        columns: letter -> column: the counts of N, D and C that are used.
        groups: letters of the groups of rules.

    Returns:
        findings; none where every such rule holds or cannot be judged.
    """
    rules = [id for id, rule in RULES.items() if id[0] in groups and rule.severity == "error"]
    counts = {letter: name for letter, name in (columns or {}).items() if letter in ("N", "C", "D")}
    try:
        return tuple(audit(points, columns=counts, only=rules).having("failed", "error"))
    except PointsError:  # a table that the audit cannot read bears no rule
        return ()


def in_lines(failed: Iterable[Finding]) -> tuple[str, ...]:
    """Write failed rules, a line each."""
    return tuple(f"audit rule {one.id} fails: {one.fault}: {one.found}" for one in failed)


def bearing_on(found: Fit, points: Points) -> tuple[str, ...]:
    """List the failed rules that bear on every number from a fit, as `judged_rows` finds them, a line each."""
    return in_lines(judged_rows(found, points)[1])


def judged_rows(found: Fit, points: Points) -> tuple[Points | None, tuple[Finding, ...]]:
    """Give the rows that were fitted, and the failed rules that bear on every number from the fit, judged on these.

    Counts (group A) and the training of the runs (B) bear on every law of finished runs, the grid (C) on laws of both
    size and tokens. A law of whole schedules distinguishes what these rules ask to be equal.

    Args:
        points: the table that was fitted, with the rows that take no part.

    Returns:
        the rows, None where no rule was asked, and the findings.
    """
    letters = set(found.law.inputs)
    if "schedule" in letters:
        return None, ()
    groups = GROUPS if letters >= {"N", "D"} else "AB"
    rows = _fitted(found, points)
    return rows, bearing(rows, found.columns, groups)


def _fitted(found: Fit, points: Points) -> Points:
    """Leave out the rows that the law is not about, where it was fitted without them."""
    points = with_its_rows([found.law], points)
    chosen = about(found.law, with_derived_inputs(found.law, points, found.columns)[0], found.columns)[0]
    return chosen if len(chosen.kept) == found.n else points
