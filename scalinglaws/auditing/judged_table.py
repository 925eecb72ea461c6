"""A table, judged before any number is made of it: what bars its numbers, and the failed rules that bear on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from ..errors import FitError, PointsError, refuse
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..laws import Law
from ..points.points import Points
from ..quantities import playing
from .bearing import bearing, in_lines, judged_rows
from .claim_gate import barred, barred_of_points
from .evidence import Evidence

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class JudgedTable:
    """What was found wrong with a table.

    Attributes:
        bars: why no number of it may be claimed, each with what to do; empty if nothing bars them.
        failed: the failed rules of the audit that bear on its numbers, a line each.
    """

    bars: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def admit(self, what: str, answer: Answer, anyway: bool) -> Answer:
        """Give an answer from the table, which says what bars it and warns of the failed rules.

        Args:
            what: the answer, in words: "frontier". answer: a record with `barred` and `warnings`.
            anyway: give it although it is barred.

        Raises:
            FitError: it is barred, and not wanted anyway.
        """
        refuse(what, () if anyway else self.bars)
        record: Any = answer
        made: Answer = replace(record, barred=self.bars, warnings=(*record.warnings, *self.failed))
        return made


def of_fits(fits: Sequence[Fit], points: Points, columns: Mapping[str, str] | None = None) -> JudgedTable:
    """Judge a table by the laws that were fitted to it; `columns`: letter -> column, if there are more than theirs."""
    columns = columns or fits[0].columns
    rows, failed = judged_rows(fits[0], points)
    known = failed if rows is points and _counted_alike(fits[0].columns, columns, points) else None
    return JudgedTable(barred(fits, points, columns, known), in_lines(failed))


def _counted_alike(judged: Mapping[str, str], columns: Mapping[str, str], points: Points) -> bool:
    """Whether an audit in the counts of N, D and C of the first columns is one in those of the second, and their L."""
    filled = (name for name in playing("loss") if Evidence(points).has(name))
    same = all(judged.get(letter) == columns.get(letter) for letter in "NDC")
    return same and columns.get("L") in (None, next(filled, None))


def of_law(law: Law, points: Points, how: Mapping[str, Any]) -> JudgedTable:
    """Judge a table by a law that a verb will fit to it, by these options; where it cannot be fitted, not at all."""
    try:
        found = fit(law, points, **how)
    except (FitError, PointsError):
        return JudgedTable()
    return of_fits([found], points)


def of_table(points: Points, columns: Mapping[str, str], bars: Sequence[str] = (), groups: str = "ABC") -> JudgedTable:
    """Judge a table for which no law is named.

    Args:
        columns: letter -> column: the counts that its numbers use. bars: what bars the verb's own numbers besides.
        groups: of the rules of the audit that bear on them.
    """
    failed = bearing(points, columns, groups)
    return JudgedTable((*barred_of_points(points, columns, failed), *bars), in_lines(failed))
