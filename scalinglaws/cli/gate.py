"""What stands before and after the numbers of every verb: what bars them, and the failed rules that bear on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .app import say, show

if TYPE_CHECKING:
    from ..fitting.fit_record import Fit
    from ..laws import Law
    from ..points.points import Points


@dataclass(frozen=True)
class JudgedTable:
    """A table, judged before any number is made of it.

    Attributes:
        bars: why no number of it may be claimed, each with what to do; empty if nothing bars them.
        failed: the failed rules of the audit that bear on its numbers.
    """

    points: "Points"
    bars: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def lead(self, json: bool) -> "Points":
        """Print what bars the numbers before any of them; give the points, whose notes say it in a JSON document."""
        from ..auditing.claim_gate import LEAD

        for reason in () if json else self.bars:
            show(f"{LEAD}: {reason}")
        return replace(self.points, notes=(*self.bars, *self.points.notes, *self.failed))

    def admit(self, what: str, anyway: bool, json: bool) -> "Points":
        """Refuse a number of a table that is barred, unless it is wanted anyway; then print as `lead` does.

        Args:
            what: the number, in words: a plan.

        Raises:
            FitError: saying what is wrong, and what to do.
        """
        from ..auditing.claim_gate import refuse

        refuse(what, () if anyway else self.bars)
        return self.lead(json)

    def end(self) -> None:
        """Print the failed rules, after the numbers."""
        for rule in self.failed:
            say(f"warning: {rule}")


def of_fits(fits: "Sequence[Fit]", points: "Points", columns: Mapping[str, str] | None = None) -> JudgedTable:
    """Judge a table by the laws that were fitted to it; `columns`: letter -> column, if there are more than theirs."""
    from ..auditing.bearing import bearing_on
    from ..auditing.claim_gate import barred

    return JudgedTable(points, barred(fits, points, columns or fits[0].columns), bearing_on(fits[0], points))


def of_law(law: "Law", points: "Points", how: Mapping[str, Any]) -> JudgedTable:
    """Judge a table by a law that a verb will fit to it, by these options; where it cannot be fitted, not at all."""
    from ..errors import FitError, PointsError
    from ..fitting.fit import fit

    try:
        found = fit(law, points, **how)
    except (FitError, PointsError):
        return JudgedTable(points)
    return of_fits([found], points)


def of_table(
    points: "Points", columns: Mapping[str, str], bars: Sequence[str] = (), groups: str = "ABC"
) -> JudgedTable:
    """Judge a table for which no law is named.

    Args:
        columns: letter -> column: the counts that its numbers use. bars: what bars the verb's own numbers besides.
        groups: of the rules of the audit that bear on them.
    """
    from ..auditing.bearing import bearing, in_lines
    from ..auditing.claim_gate import barred_of_points

    failed = bearing(points, columns, groups)
    return JudgedTable(points, (*barred_of_points(points, columns, failed), *bars), in_lines(failed))
