"""The failed rules of the audit that bear on a number fitted to a table: on what it counts, its runs, its grid."""

from collections.abc import Mapping

from ..errors import PointsError
from ..points.points import Points
from .all_rules import RULES
from .audit import audit

GROUPS = "ABC"  # counts, training, grid: what a fit, a prediction and a plan all rest on


def bearing(points: Points, columns: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """List the failed rules of severity error that bear on every number from these points, a line each.

    Args:
        columns: letter -> column: the counts of N, D and C, and the loss, that the fit uses.

    Returns:
        lines; none where every such rule holds or cannot be judged.
    """
    rules = [id for id, rule in RULES.items() if id[0] in GROUPS and rule.severity == "error"]
    counts = {letter: name for letter, name in (columns or {}).items() if letter in ("N", "C", "D", "L")}
    try:
        found = audit(points, columns=counts, only=rules)
    except PointsError:  # a table that the audit cannot read bears no rule
        return ()
    return tuple(f"audit rule {one.id} fails: {one.fault}: {one.found}" for one in found.having("failed", "error"))
