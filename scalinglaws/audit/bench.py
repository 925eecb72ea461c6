"""audit(points, ...): every rule judged, and the corrections between Kaplan's exponent and Hoffmann's."""

from collections.abc import Mapping, Sequence

from ..errors import PointsError, unknown_name
from ..laws import law
from ..points import Points
from ..results import Audit, HeldOutTest, Recommendation
from .evidence import SURFACE, Evidence
from .rules import RULES
from .waterfall import waterfall


def audit(
    points: Points,
    *,
    columns: Mapping[str, str] | None = None,
    held_out: HeldOutTest | None = None,
    plans: Sequence[Recommendation] = (),
    printed: Mapping[str, float] | None = None,
    printed_law: str = SURFACE,
    borrowed: str = "",
    target: Mapping[str, float] | None = None,
    only: Sequence[str] = (),
    level: float = 0.95,
    seed: int = 0,
) -> Audit:
    """Judge a table of runs, and what is claimed from it, by every rule that can be decided.

    Args:
        columns: letter -> column: the counts of N and C that the study speaks of ({"N": "params_nonembedding"}).
        held_out: a prediction and when it was made; plans: budgets turned into sizes. They are claims to judge.
        printed: constants of `printed_law` as a source prints them.
        borrowed: a published law whose constants are used as they are, at `target`.
        target: where a forecast is wanted: C in FLOPs, or N and D.
        only: ids of rules, or letters of groups; all where empty.

    Raises:
        PointsError: no row takes part.
        NameUnknownError: no such rule or law.
    """
    for name in (printed_law, *([borrowed] if borrowed else [])):
        law(name)
    if not len(points.kept):
        raise PointsError("no row takes part: the table is empty or all of it is excluded. See excluded_because.")
    evidence = Evidence(
        points,
        dict(columns or {}),
        held_out,
        tuple(plans),
        dict(printed or {}),
        printed_law,
        borrowed,
        dict(target or {}),
        level,
        seed,
    )
    chosen = _chosen(only)
    steps = waterfall(evidence) if not only else ()
    return Audit(points.source, tuple(RULES[id].judge(evidence) for id in chosen), steps)


def _chosen(only: Sequence[str]) -> list[str]:
    """Take rules by id, or a whole group by its letter."""
    for name in only:
        if not any(id == name or id[0] == name for id in RULES):
            raise unknown_name("rule", name, [*RULES, *sorted({id[0] for id in RULES})])
    return [id for id in RULES if not only or id in only or id[0] in only]
