"""convert(points, to=...): the shortest way from the columns that are there to a quantity that is wanted."""

from collections.abc import Mapping

import numpy as np

from ..errors import PointsError
from ..points.points import Points
from ..quantities import quantity
from ..records.arguments import checked
from .rules import RULES, Conversion

_ASSUMED = 100  # a step that assumes something weighs as many that do not
_WAYS = 3  # ways out that an error names
_MAY_BE_ZERO = {"tied", "n_layer"}


@checked
def convert(points: Points | Mapping, to: str) -> np.ndarray | float:
    """Give a quantity of every row, from whatever columns lead to it.

    Args:
        points: a table, or one model as quantity -> number.
        to: a name in `quantities`.

    Returns:
        array of shape (rows,), or a number where numbers were given.

    Raises:
        NameUnknownError: no such quantity. PointsError: no route; the message names what is missing.
    """
    columns = usable(points)
    for rule in route(points, to):
        with np.errstate(divide="ignore", invalid="ignore"):
            columns[rule.gives] = np.asarray(rule.compute(columns), dtype=np.float64)
        _check(rule, columns[rule.gives])
    found = columns[to]
    return float(found) if found.ndim == 0 else found


def route(points: Points | Mapping, to: str) -> tuple[Conversion, ...]:
    """Give the rules, in order, that lead to a quantity; none where it is there.

    Raises:
        NameUnknownError: no such quantity. PointsError: no route.
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
    """List the quantities of a role that are there or can be had, in the order of `quantities`."""
    from_here = _cheapest(usable(points))
    return [name for name in from_here if quantity(name).role == role]


def missing(points: Points | Mapping, to: str) -> tuple[tuple[str, ...], ...]:
    """List the sets of columns any of which would open a route, the smallest first; empty where one is open."""
    columns = usable(points)
    if to in _cheapest(columns):
        return ()
    found = {needs for rule in RULES if rule.gives == to for needs in _lacking(rule, columns, frozenset([to]))}
    minimal = [needs for needs in found if needs and not any(other < needs for other in found)]
    return tuple(tuple(sorted(needs)) for needs in sorted(minimal, key=_plainest))


def _plainest(needs: frozenset[str]) -> tuple:
    """Order sets of columns: facts of the model and its text before other counts, few before many."""
    return sum(quantity(name).unit in ("params", "FLOPs") for name in needs), len(needs), sorted(needs)


def usable(points: Points | Mapping) -> dict[str, np.ndarray]:
    """Take the quantities that are filled with numbers in every row that takes part."""
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
    """Refuse a count that cannot be: the columns contradict each other."""
    bad = values <= 0 if rule.gives not in _MAY_BE_ZERO else values < 0
    if np.any(bad):
        raise PointsError(
            f"{rule} gives {np.atleast_1d(values)[np.atleast_1d(bad)][0]:.4g}: the columns {', '.join(rule.needs)} "
            "contradict each other. Check their units and definitions."
        )


def _cheapest(columns: Mapping[str, np.ndarray]) -> dict[str, tuple[float, Conversion | None]]:
    """Give each quantity that can be had the cost of its cheapest route and that route's last rule."""
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
    """Give the sets of columns that would let a rule work; none for a rule that the columns contradict."""
    if any(quantity(name).role in ("flops", "flops_per_token") for name in rule.needs):
        return set()  # compute is what a conversion is asked for, seldom what is known
    here = _cheapest(columns)
    if set(rule.needs) <= set(columns) and rule.doubt(columns):
        return set()
    found = {frozenset()}
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
    lacks = f"it lacks {offered}" if offered else f"nothing but a column {to} itself would give it"
    return (
        f"{to} ({quantity(to).meaning}) cannot be had from the columns {', '.join(sorted(columns))}: {lacks}.{told} "
        "Add columns, or constants with --given n_vocab=50257."
    )


def mismatch(have: str, want: str) -> str:
    """Say in a sentence that one quantity is not the other, and what would turn it into that."""
    if quantity(have).unit == quantity(want).unit or quantity(have).role == quantity(want).role:
        ways = missing({have: np.ones(1)}, want)
        direct = have in _cheapest({have: np.ones(1)}) and want in _cheapest({have: np.ones(1)})
        rules = [str(rule) for rule in RULES if rule.gives == want and have in rule.needs]
        how = f" by {rules[0]}" if rules else ""
        needs = "" if direct else f", given {'; or '.join(' and '.join(way) for way in ways[:_WAYS])}"
        if ways or direct:
            return f"{have} is not {want}; it converts{how}{needs}."
    return f"{have} is not {want}, and no conversion leads from one to the other."
