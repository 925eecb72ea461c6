"""The counts of N, D, C and L that a table allows: columns, conversions of them, equal counts, missing counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import PointsError, argument
from ..points.convert import convert, missing, route
from ..points.points import Points
from ..quantities import ROLE_OF_LETTER, playing
from .compared import Unavailable

SAME = 1e-3  # columns whose logarithms differ by less in every row count as equal
_ADJUSTED = {"flops_min", "steps_min"}  # they also need the critical batch: frontier c-min
_NO_DENSE_MODEL_HAS = "params_active"
_VAGUE = "flops"  # has no definition: any other name is better


@dataclass(frozen=True)
class Counts:
    """A table with every count that can be derived as a column, and the names of the counts by role."""

    points: Points
    params: tuple[str, ...]
    tokens: tuple[str, ...]
    flops: tuple[str, ...]
    loss: tuple[str, ...]
    made: dict[str, str]
    same: tuple[str, ...] = ()
    unavailable: tuple[Unavailable, ...] = ()


def counts_of(points: Points, only: Mapping[str, str]) -> Counts:
    """Find every count of N, D, C and L; for a letter in `only`, just the count named there.

    Raises:
        PointsError: there is no count of parameters, tokens or loss, or not the one named.
    """
    found = Counts(points, (), (), (), (), {})
    for role in ("tokens", "params", "flops", "loss"):
        found = _with_role(found, role)
    found = _restricted(found, only)
    for role, names in (("params", found.params), ("tokens", found.tokens), ("loss", found.loss)):
        if not names:
            raise PointsError(_unfilled(points, role))
    return found


def _unfilled(points: Points, role: str) -> str:
    """Say that no count of a role is filled in every row, and how to name one or to keep the rows that have it."""
    counts = playing(role)
    partly = next((name for name in counts if name in points), None)
    kept = f", or keep the rows that have it: {argument(where=f'{partly} > 0')}" if partly else ""
    return (
        f"no {role} is filled in every row: one of {', '.join(counts)}. The table has "
        f"{', '.join(sorted(points.columns))}. Name it with {argument(map={counts[0]: 'COLUMN'})}{kept}."
    )


def _restricted(found: Counts, only: Mapping[str, str]) -> Counts:
    for letter, name in only.items():
        role = ROLE_OF_LETTER.get(letter)
        if role not in ("params", "tokens", "flops", "loss"):
            raise PointsError(f"{letter} = {name}: N, D, C and L have conventions; {letter} has none here.")
        if name not in getattr(found, role):
            convert(found.points, name)  # raises, naming what is missing
            raise PointsError(f"{name} is another name for one of {', '.join(getattr(found, role))} in this table.")
        chosen: dict[str, Any] = {role: (name,)}
        found = replace(found, **chosen)
    return found


def _with_role(found: Counts, role: str) -> Counts:
    names: list[str] = []
    points, made = found.points, dict(found.made)
    same, unavailable = list(found.same), list(found.unavailable)
    for name in _candidates(found.points, role):
        try:
            steps = route(points, name)
            column: Any = convert(points, name)
        except PointsError as failure:
            if lacks := missing(points, name):
                unavailable.append(Unavailable(name, str(failure), lacks))
            continue
        twin = next((other for other in names if _one(points[other], column, role)), None)
        if twin is not None:
            same.append(_sameness(twin, name, points[twin], column))
            continue
        points = points.replace(**{name: column})
        names.append(name)
        if steps:
            assumed = [rule.assumes for rule in steps if rule.assumes]
            made[name] = ", ".join(map(str, steps)) + (f"; assuming {' and '.join(assumed)}" if assumed else "")
    return replace(
        found,
        points=points,
        made=made,
        same=tuple(same),
        unavailable=tuple(unavailable),
        **{role: tuple(sorted(names, key=_named(role).index))},
    )


def _named(role: str) -> list[str]:
    return [*playing(role), "tokens_unique"] if role == "tokens" else playing(role)


def _candidates(points: Points, role: str) -> list[str]:
    """Order columns before derived counts, so that of two equal counts the table's own name is kept."""
    names = [name for name in _named(role) if name not in _ADJUSTED]
    if _NO_DENSE_MODEL_HAS not in points and "n_experts" not in points:
        names = [name for name in names if name != _NO_DENSE_MODEL_HAS]
    return sorted(names, key=lambda name: (name == _VAGUE, name not in points))


def _one(first: np.ndarray, second: np.ndarray, role: str) -> bool:
    """Whether two counts are equal in every row; for losses, whether one is a multiple of the other."""
    apart = np.log(first / second)
    apart = apart[np.isfinite(apart)]
    return bool(np.ptp(apart) < SAME if role == "loss" else np.abs(apart).max() < SAME)


def _sameness(twin: str, name: str, first: np.ndarray, second: np.ndarray) -> str:
    ratio = float(np.nanmedian(second / first))
    if abs(ratio - 1) < SAME:
        return f"{name} is {twin} in every row"
    return f"{name} is {ratio:.4g} times {twin} in every row: every exponent is the same, and it is not fitted again"
