"""audit(points, ...): every rule judged, and the corrections between Kaplan's exponent and Hoffmann's."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ..errors import MisuseError, PointsError, unknown_name
from ..laws import law
from ..points.points import Points
from ..points.row_kinds import kept_again
from ..records.arguments import checked
from ..results.audited import Audit
from ..results.study_results import Recommendation
from ..results.tested import HeldOutTest
from . import tuning
from .all_rules import RULES
from .evidence import SURFACE, Evidence
from .waterfall import waterfall


@checked
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
    withheld: Sequence[str] = (),
    only: Sequence[str] = (),
    level: float = 0.95,
    seed: int = 0,
) -> Audit:
    """Judge a table of runs, and what is claimed from it, by every rule for which it has the columns.

    The rows that take part are those of `fit`; the rules about tuning also see the runs of a sweep that others beat.

    Args:
        columns: letter -> column: the counts of N and C that the study uses ({"N": "params_nonembedding"}).
        held_out: a prediction and when it was made; plans: budgets turned into sizes. Both are claims to judge.
        printed: constants of `printed_law` as a source prints them.
        borrowed: a published law whose constants are used as they are, at `target`.
        target: where a forecast is wanted: C in FLOPs, or N and D.
        withheld: constants of the additive law that the study reports as not identified: no claim is made of them.
        only: ids of rules, or letters of groups; all where empty.

    Raises:
        PointsError: no row takes part.
        MisuseError: constants of a law that are not all printed; a target that is neither C nor N and D.
        NameUnknownError: no such rule or law.
    """
    for name in (printed_law, *([borrowed] if borrowed else [])):
        law(name)
    if not len(points.kept):
        raise PointsError("no row takes part: the table is empty or all of it is excluded. See excluded_because.")
    _check_claims(printed or {}, printed_law, target or {})
    told = (dict(columns or {}), held_out, tuple(plans), dict(printed or {}), printed_law, borrowed, dict(target or {}))
    evidence = Evidence(points, *told, level, seed, tuple(withheld))
    swept = replace(evidence, points=kept_again(points, "untuned"), memo={})
    chosen = _chosen(only)
    steps = waterfall(swept) if not only else ()
    found = (RULES[id].judge(swept if RULES[id] in tuning.RULES else evidence) for id in chosen)
    return Audit(points.source, tuple(found), steps)


def _check_claims(printed: Mapping[str, float], printed_law: str, target: Mapping[str, float]) -> None:
    """Refuse printed constants of which some are missing, and targets that are not complete."""
    parameters = {p.name: p.positive for p in law(printed_law).parameters}
    if printed and set(printed) != set(parameters):
        raise MisuseError(
            f"printed constants of law {printed_law!r} name {', '.join(printed)}; it has {', '.join(parameters)}: "
            "give each of them, and no other."
        )
    for name, value in printed.items():
        if not np.isfinite(value) or (parameters[name] and value <= 0):
            raise MisuseError(f"the printed {name} = {value:g}; it must be {_must(parameters[name])}.")
    if target and set(target) not in ({"C"}, {"N", "D"}):
        raise MisuseError(f"the target names {', '.join(target)}; it is C=1e23, or N and D together: N=1e9,D=2e10.")
    for name, value in target.items():
        if not (np.isfinite(value) and value > 0):
            raise MisuseError(f"the target's {name} = {value:g}; it must be {_must(True)}.")


def _must(positive: bool) -> str:
    return "above 0 and finite" if positive else "finite"


def _chosen(only: Sequence[str]) -> list[str]:
    """Choose rules by id, or a whole group by its letter."""
    for name in only:
        if not any(id == name or id[0] == name for id in RULES):
            raise unknown_name("rule", name, [*RULES, *sorted({id[0] for id in RULES})])
    return [id for id in RULES if not only or id in only or id[0] in only]
