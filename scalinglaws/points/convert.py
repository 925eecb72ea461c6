"""convert(points, to=...): the cheapest route from the columns of a table to another quantity."""

from collections.abc import Mapping

import numpy as np

from ..errors import PointsError, argument
from ..quantities import quantity
from ..records.arguments import checked
from .conversion_rules import RULES, Conversion
from .points import Points

_ASSUMED = 100  # a step with an assumption costs as much as this many steps without
_WAYS = 3  # how many sets of missing columns an error names
_MAY_BE_ZERO = {"tied", "n_layer"}


@checked
def convert(points: Points | Mapping, to: str) -> np.ndarray | float:
    """Compute a quantity for every row, from any columns from which it can be derived.

    Args:
        points: a table, or one model as quantity -> number.
        to: a name in `quantities`.

    Returns:
        array of shape (rows,), or a number if numbers were given.

    Raises:
        NameUnknownError: no such quantity. PointsError: it cannot be derived; the message names what is missing.
    """
    columns = usable(points)
    for rule in route(points, to):
        with np.errstate(divide="ignore", invalid="ignore"):
            columns[rule.gives] = np.asarray(rule.compute(columns), dtype=np.float64)
        _check(rule, columns[rule.gives])
    found = columns[to]
    return float(found) if found.ndim == 0 else found


def route(points: Points | Mapping, to: str) -> tuple[Conversion, ...]:
    """Give the rules, in order, by which a quantity is derived; none if it is a column already.

    Raises:
        NameUnknownError: no such quantity. PointsError: it cannot be derived.
    """
    quantity(to)
    columns = usable(points)
    best = _cheapest(columns)
    if to not in best:
        raise PointsError(_no_route(columns, to))
    steps: list[Conversion] = []
    _unwind(to, best, steps)
    return tuple(steps)


def reachable(points: Points | Mapping, role: str) -> list[str]:
    """List the quantities of a role that are columns or can be derived, in the order of `quantities`."""
    from_here = _cheapest(usable(points))
    return [name for name in from_here if quantity(name).role == role]


def missing(points: Points | Mapping, to: str) -> tuple[tuple[str, ...], ...]:
    """List the sets of columns each of which would allow a derivation, the smallest first; empty if one is possible."""
    columns = usable(points)
    if to in _cheapest(columns):
        return ()
    found = {needs for rule in RULES if rule.gives == to for needs in _lacking(rule, columns, frozenset([to]))}
    minimal = [needs for needs in found if needs and not any(other < needs for other in found)]
    return tuple(tuple(sorted(needs)) for needs in sorted(minimal, key=_plainest))


def _plainest(needs: frozenset[str]) -> tuple:
    """Order sets of columns: facts about the model and its text before other counts, few columns before many."""
    return sum(quantity(name).unit in ("params", "FLOPs") for name in needs), len(needs), sorted(needs)


def usable(points: Points | Mapping) -> dict[str, np.ndarray]:
    """Select the quantities that have a number in every row that takes part."""
    table = points.kept.columns if isinstance(points, Points) else points
    whole = points.columns if isinstance(points, Points) else points
    found = {}
    for name, values in table.items():
        values = np.asarray(values)
        if values.dtype.kind in "fiub" and np.isfinite(values).all():
            low = values.min() if values.size else 1.0
            if low > 0 or (low == 0 and name in _MAY_BE_ZERO):
                found[name] = np.asarray(whole[name], dtype=np.float64)
    return found


def _check(rule: Conversion, values: np.ndarray) -> None:
    """Refuse an impossible count: the columns contradict each other."""
    bad = values <= 0 if rule.gives not in _MAY_BE_ZERO else values < 0
    if np.any(bad):
        raise PointsError(
            f"{rule} gives {np.atleast_1d(values)[np.atleast_1d(bad)][0]:.4g}: the columns {', '.join(rule.needs)} "
            "contradict each other. Check their units and definitions."
        )


def _cheapest(columns: Mapping[str, np.ndarray]) -> dict[str, tuple[float, Conversion | None]]:
    """Give, for each quantity that can be derived, the cost of its cheapest route and the last rule of that route."""
    best: dict[str, tuple[float, Conversion | None]] = {name: (0.0, None) for name in columns}
    sound = [rule for rule in RULES if not (set(rule.needs) <= set(columns) and rule.doubt(columns))]
    changed = True
    while changed:
        changed = False
        for rule in sound:
            if all(name in best for name in rule.needs):
                cost = 1 + (_ASSUMED if rule.assumes else 0) + sum(best[name][0] for name in rule.needs)
                if cost < best.get(rule.gives, (np.inf, None))[0]:
                    best[rule.gives], changed = (cost, rule), True
    return best


def _unwind(name: str, best: Mapping, steps: list[Conversion]) -> None:
    rule = best[name][1]
    if rule is None or rule in steps:
        return
    for need in rule.needs:
        _unwind(need, best, steps)
    steps.append(rule)


def _lacking(rule: Conversion, columns: Mapping, seen: frozenset[str]) -> set[frozenset[str]]:
    """Give the sets of columns with which a rule would apply; none for a rule that the columns contradict."""
    if any(quantity(name).role in ("flops", "flops_per_token") for name in rule.needs):
        return set()  # compute is usually the result of a conversion, seldom known
    here = _cheapest(columns)
    if set(rule.needs) <= set(columns) and rule.doubt(columns):
        return set()
    found: set[frozenset[str]] = {frozenset()}
    for need in rule.needs:
        if need in here:
            continue
        deeper = (r for r in RULES if r.gives == need and not seen & {need, *r.needs})
        ways = {frozenset([need]), *(s for r in deeper for s in _lacking(r, columns, seen | {need}))}
        found = {one | way for one in found for way in ways}
    return found


def _no_route(columns: Mapping, to: str) -> str:
    ways = missing(columns, to)
    doubts = {rule.doubt(columns) for rule in RULES if set(rule.needs) <= set(columns)} - {""}
    told = f" ({'; '.join(sorted(doubts))})" if doubts else ""
    offered = "; or ".join(" and ".join(way) for way in ways[:_WAYS])
    lacks = f"missing: {offered}" if offered else f"only a column {to} itself would give it"
    return (
        f"{to} ({quantity(to).meaning}) cannot be derived from the columns {', '.join(sorted(columns))}: "
        f"{lacks}.{told} Add columns, or constants, as in {argument(given={'n_vocab': 50257})}."
    )


def mismatch(have: str, want: str) -> str:
    """Say in a sentence that one quantity is not another, and what would convert it."""
    if quantity(have).unit == quantity(want).unit or quantity(have).role == quantity(want).role:
        ways = missing({have: np.ones(1)}, want)
        direct = have in _cheapest({have: np.ones(1)}) and want in _cheapest({have: np.ones(1)})
        rules = [str(rule) for rule in RULES if rule.gives == want and have in rule.needs]
        how = f" by {rules[0]}" if rules else ""
        needs = "" if direct else f", given {'; or '.join(' and '.join(way) for way in ways[:_WAYS])}"
        if ways or direct:
            return f"{have} is not {want}; it converts{how}{needs}."
    return f"{have} is not {want}, and there is no conversion between them."
