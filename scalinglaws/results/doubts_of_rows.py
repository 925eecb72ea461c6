"""What bears on every number of a report: rows that take no part, what a law leaves out, failed rules."""

from collections import Counter
from typing import TYPE_CHECKING

from ..errors import counted
from .fitted import FittedLaw

if TYPE_CHECKING:
    from .study_results import StudyResults

BEARING = ("A", "B", "C")  # groups of the audit: counts, training, grid
OUTLIERS = "D4"  # the rule of fits that is about the rows, whatever is fitted to them
SHOWN = 4  # reasons that a sentence lists


def doubts_of_rows(results: "StudyResults", main: FittedLaw | None) -> list[str]:
    """List in sentences what a reader must know of the rows before the main law."""
    said = [f"{text.rstrip('.')}." for text in (*_left_out(results), *(main.first_said if main else ()))]
    failed = results.audit.having("failed", "error") if results.audit else ()
    return said + [
        f"Rule {one.id} of the audit fails: {one.statement}."
        for one in failed
        if one.id[0] in BEARING or one.id == OUTLIERS
    ]


def _left_out(results: "StudyResults") -> list[str]:
    points = results.points
    if "excluded_because" not in points:
        return []
    kinds = Counter(reason.partition(":")[0] for reason in points["excluded_because"].tolist() if reason)
    if not kinds:
        return []
    listed = ", ".join(f"{kind} ({number:,})" for kind, number in kinds.most_common(SHOWN))
    more = ", ..." if len(kinds) > SHOWN else ""
    return [f"{sum(kinds.values()):,} of {counted(len(points), 'row')} take no part: {listed}{more}"]
