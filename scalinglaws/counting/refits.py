"""One refit: a law or a frontier under one convention."""

from dataclasses import dataclass

import numpy as np

from ..errors import FitError, PointsError
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..frontiers.budgets import Frontier
from ..frontiers.frontier import frontier
from ..laws.declaration import Law
from ..points.points import Points
from ..results.fitted import Estimate
from ..uncertainty.draws import draws
from .best_size import best_size, on_line
from .compared import Convention, Refit
from .count_relation import Relation, relation
from .counts import Counts

_BUDGETS = 9  # over which the slope of ln N* is taken
_SHORTEST = 3.0  # factor of compute that the optima of a frontier must span


@dataclass(frozen=True)
class Settings:
    """The settings of every refit: the law, the common count, the budget, draws, level and seed."""

    law: Law
    common: str
    budget: float
    draws: int
    level: float
    seed: int


def relations(counts: Counts) -> tuple[str, dict[str, Relation]]:
    """Fit how every count of parameters, and a sixth of the FLOPs per token, depends on the smallest count.

    The parts that the others add to it (a head, embeddings, attention) are then positive and close to a power law.

    Returns:
        the smallest count, and quantity -> relation.
    """
    kept = counts.points.kept
    smallest = min(counts.params, key=lambda name: float(np.log(kept[name]).mean()))
    base, tokens = kept[smallest], kept["tokens"]
    sizes = {name: relation(base, kept[name]) for name in counts.params}
    return smallest, sizes | {name: relation(base, kept[name] / (6 * tokens)) for name in counts.flops}


def by_law(points: Points, chosen: list[Convention], known: dict[str, Relation], told: Settings) -> list[Refit]:
    """Fit the law once per count of N, D and L, and find the best size under each count of C.

    Raises:
        PointsError, FitError: the law cannot be fitted with these counts.
    """
    one = chosen[0]
    columns = {"N": one.params, "D": one.tokens, "L": one.loss}
    found = fit(told.law, points, columns=columns, seed=told.seed)
    drawn = draws(found, draws=told.draws, seed=told.seed)
    values = {name: np.r_[found.values[name], drawn.values[:, i]][:, None] for i, name in enumerate(drawn.names)}
    ends = drawn.interval(told.level)
    own = {
        p.name: Estimate(found.values[p.name], *ends[p.name], told.level)
        for p in told.law.parameters
        if not p.amplitude
    }
    return [_law_refit(points, c, known, told, values, own, found) for c in chosen]


def _law_refit(points, c: Convention, known, told: Settings, values, own, found: Fit) -> Refit:
    size, cost = known[c.params], known[c.flops]
    compute = points.kept[c.flops]
    span = np.log(np.geomspace(compute.min(), compute.max(), _BUDGETS))
    path = size(best_size(told.law, values, size, cost, cost, span))
    slopes = np.polyfit(span, path.T, 1)[0]
    log_budget = np.log(told.budget)
    at = best_size(told.law, values, size, cost, known[told.common], np.array([log_budget]))[:, 0]
    warnings = () if found.outcome == "converged" else (found.sentence,)
    return _refit("law", c, slopes, at, known, told, warnings, exponents=own, rms_log=found.rms_log)


def by_frontier(points: Points, method: str, c: Convention, known: dict[str, Relation], told: Settings) -> Refit:
    """Find the frontier under one convention.

    Raises:
        PointsError, FitError: the points have no frontier, or fewer than three budgets with an optimum between sizes.
    """
    columns = {"params": c.params, "tokens": c.tokens, "flops": c.flops, "loss": c.loss}
    found = frontier(method, points, columns=columns, draws=told.draws, level=told.level, seed=told.seed)
    assert isinstance(found, Frontier)  # of these methods
    line = found.params
    if line is None:
        raise PointsError(found.warnings[0] if found.warnings else "fewer than three budgets have an optimum.")
    used = [budget.flops for budget in found.optima]
    if max(used) < min(used) * _SHORTEST:
        raise PointsError(
            f"the optima between sizes span a factor {max(used) / min(used):.2g} of compute: too little for a line."
        )
    best = np.array([[np.log(line.scale.value), line.exponent.value]])
    lines = np.concatenate([best, line.draws]) if len(line.draws) else best
    scale, slope = lines[:, 0] - lines[:, 1] * np.log(line.flops_centre), lines[:, 1]
    budget = known[told.common]
    at = on_line(scale, slope, known[c.params], known[c.flops], budget, float(np.log(told.budget)))
    return _refit(method, c, slope, at, known, told, found.warnings, exponent=line.exponent)


def _refit(route, c, slopes, at, known, told: Settings, warnings, exponent=None, **more) -> Refit:
    """Make the record; the first of the slopes and sizes (ln of the smallest count) is the estimate, the rest draws."""
    log_params = known[told.common](at)
    log_tokens = np.log(told.budget) - np.log(6) - log_params
    return Refit(
        route,
        c,
        exponent or _estimate(slopes, told.level),
        params=_estimate(np.exp(log_params), told.level),
        own_params=float(np.exp(known[c.params](at[0]))),
        tokens=_estimate(np.exp(log_tokens), told.level),
        warnings=tuple(warnings),
        **more,
    )


def _estimate(values: np.ndarray, level: float) -> Estimate:
    drawn = values[1:][np.isfinite(values[1:])]
    if len(drawn) < 2:
        return Estimate(float(values[0]), level=level)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(float(values[0]), float(low), float(high), level)


POSSIBLE = (PointsError, FitError)  # errors of one convention that do not stop the others
