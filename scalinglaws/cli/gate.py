"""What stands before and after the numbers of every verb: what bars them, and the failed rules that bear on them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ..errors import refuse
from .app import say, show

if TYPE_CHECKING:
    from ..auditing.judged_table import JudgedTable
    from ..points.points import Points


def lead(barred: Sequence[str], points: "Points", json: bool, failed: Sequence[str] = ()) -> "Points":
    """Print what bars the numbers before any of them; give the points, whose notes say it in a JSON document.

    Args:
        failed: rules of the audit, for the notes too; `end` prints them.
    """
    from ..records.public_record import LEAD

    for reason in () if json else barred:
        show(f"{LEAD}: {reason}")
    return replace(points, notes=(*barred, *points.notes, *failed))


def admit(judged: "JudgedTable", points: "Points", what: str, anyway: bool, json: bool) -> "Points":
    """Refuse a number of a table that is barred, unless it is wanted anyway; then print as `lead` does.

    Args:
        what: the number, in words: a plan.

    Raises:
        FitError: saying what is wrong, and what to do.
    """
    refuse(what, () if anyway else judged.bars)
    return lead(judged.bars, points, json, judged.failed)


def end(judged: "JudgedTable") -> None:
    """Print the failed rules, after the numbers."""
    for rule in judged.failed:
        say(f"warning: {rule}")
