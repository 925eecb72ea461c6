"""conventions(points): refit under every count of N, D, C and L that a table allows."""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby, product

import numpy as np

from ..errors import MisuseError, PointsError, unknown_name
from ..laws import law as shelf
from ..laws.declaration import Law
from ..points.along_runs import untold
from ..points.given import with_facts
from ..points.one_definition import unmixed
from ..points.points import Points
from .compared import Convention, Conventions, Moved, Refit, Unavailable
from .counts import SAME, Counts, counts_of
from .refits import POSSIBLE, Settings, by_frontier, by_law, relations

ROUTES = ("law", "isoflop", "envelope")
_LOOSE = 0.1  # a count that deviates more than this from a function of the common count gets a warning
_FAR = 10.0  # a budget this many times the largest of the table gets a warning


def conventions(
    points: Points,
    law: Law | str = "chinchilla",
    *,
    flops: float | None = None,
    common: str | None = None,
    given: Mapping[str, float] | None = None,
    columns: Mapping[str, str] | None = None,
    routes: Sequence[str] = ROUTES,
    draws: int = 200,
    level: float = 0.95,
    seed: int = 0,
) -> Conventions:
    """Compare the conventions without judging the table; `scalinglaws.conventions` is its public face."""
    law = _of_size_and_data(shelf(law) if isinstance(law, str) else law)
    for name in routes:
        if name not in ROUTES:
            raise unknown_name("route", name, ROUTES)
    counts = counts_of(_by_lineage(with_facts(unmixed(points), dict(given or {}))), dict(columns or {}))
    common = _common(counts, common)
    kept = counts.points.kept
    largest = float((6 * kept[common] * kept["tokens"]).max())
    told = Settings(law, common, largest if flops is None else flops, draws, level, seed)
    return _compared(counts, told, routes, told.budget / largest)


def _compared(counts: Counts, told: Settings, routes: Sequence[str], reach: float) -> Conventions:
    base, known = relations(counts)
    refits, failed = _all(counts, known, told, routes)
    if not refits:
        raise PointsError("no route works under any convention. " + " ".join(one.why for one in failed))
    return Conventions(
        told.law.name,
        told.common,
        told.budget,
        reach,
        told.level,
        len(counts.points.kept),
        tuple(refits),
        tuple(_moved(list(some), told.level) for _, some in groupby(refits, lambda one: one.route)),
        (*counts.unavailable, *failed),
        counts.made,
        counts.same,
        (*untold(counts.points), *_warnings(known, base, reach, refits)),
    )


def _of_size_and_data(law: Law) -> Law:
    if law.predicts != "loss" or set(law.inputs) != {"N", "D"}:
        raise MisuseError(
            f"law {law.name!r} gives {law.predicts} from {', '.join(law.inputs)}; conventions are compared under a law "
            "that gives a loss from N and D, such as chinchilla or kaplan-nd."
        )
    return law


def _by_lineage(points: Points) -> Points:
    """Treat runs that share a trunk as one run: they are resampled together, and form one curve."""
    return points.replace(run_id=points["lineage"]) if "lineage" in points else points


def _common(counts: Counts, asked: str | None) -> str:
    if asked is None:
        return counts.params[0]
    if asked not in counts.params:
        lacking = next((one.why for one in counts.unavailable if one.what == asked), "")
        if lacking:
            raise PointsError(lacking)
        raise unknown_name("count of parameters in this table", asked, counts.params)
    return asked


def _all(counts: Counts, known, told: Settings, routes) -> tuple[list[Refit], list[Unavailable]]:
    refits: list[Refit] = []
    failed: list[Unavailable] = []
    every = [
        Convention(n, d, c, y, _own_compute(counts.points, n, c))
        for y, d, n, c in product(counts.loss, counts.tokens, counts.params, counts.flops)
    ]
    for name in (one for one in ROUTES if one in routes):
        groups = [[one] for one in every]
        if name == "law":
            groups = [list(same) for _, same in groupby(every, lambda c: (c.loss, c.tokens, c.params))]
        reasons: dict[str, tuple[str, list[Convention]]] = {}
        for group in groups:
            try:
                refits += _refits(name, counts.points, group, known, told)
            except POSSIBLE as failure:
                reasons.setdefault(re.sub(r"[0-9.e+]+", "", str(failure)), (str(failure), []))[1].extend(group)
        failed += [Unavailable(f"{name}, {_which(some, every)}", why) for why, some in reasons.values()]
    return refits, failed


def _own_compute(points: Points, params: str, flops: str) -> bool:
    kept = points.kept
    return bool(np.abs(np.log(kept[flops] / (6 * kept[params] * kept["tokens"]))).max() < SAME)


def _refits(name: str, points: Points, group: list[Convention], known, told: Settings) -> list[Refit]:
    if name == "law":
        return by_law(points, group, known, told)
    return [by_frontier(points, name, group[0], known, told)]


def _which(some: list[Convention], every: list[Convention]) -> str:
    """Name a set of conventions in short: all of them, or the counts that they share."""
    if len(some) == len(every):
        return "under every convention"
    shared = []
    for letter, role in (("N", "params"), ("D", "tokens"), ("C", "flops"), ("L", "loss")):
        names = {getattr(one, role) for one in some}
        if names != {getattr(one, role) for one in every}:
            shared.append(f"{letter} = {' or '.join(sorted(names))}")
    return ", ".join(shared) or f"{len(some)} of {len(every)} conventions"


def _moved(refits: list[Refit], level: float) -> Moved:
    low, high = (pick(refits, key=lambda one: one.exponent.value) for pick in (min, max))
    own = [one.exponent.value for one in refits if one.convention.own_compute]
    sizes = [one.params.value for one in refits]
    widths = [e.high - e.low for e in (one.exponent for one in refits) if e.low is not None and e.high is not None]
    ratios = [e.high / e.low for e in (one.params for one in refits) if e.low is not None and e.high is not None]
    return Moved(
        refits[0].route,
        by=high.exponent.value - low.exponent.value,
        lowest=low.convention,
        highest=high.convention,
        own_by=max(own) - min(own) if len(own) > 1 else None,
        width=float(np.median(widths)) if widths else None,
        factor=max(sizes) / min(sizes),
        params_width=float(np.median(ratios)) if ratios else None,
        level=level,
    )


def _warnings(known, base: str, reach: float, refits: list[Refit]) -> tuple[str, ...]:
    stray = [f"{name} by up to {np.expm1(one.miss):.0%}" for name, one in known.items() if one.miss > _LOOSE]
    found = []
    if stray:
        found.append(
            f"not a function of {base} in this table: {', '.join(stray)}. Shapes or contexts differ at one size, and "
            "N* at the budget under these counts is uncertain by as much."
        )
    if reach > _FAR:
        found.append(f"the budget is {reach:.3g} times the largest of the table: N* and D* are extrapolated.")
    if len({one.convention for one in refits}) < 2:
        found.append("the points allow only one convention: nothing is compared. See what is missing.")
    return tuple(found)
