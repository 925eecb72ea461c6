"""From fitted slices to budgets, and to power laws through their optima with intervals over runs."""

from dataclasses import dataclass, field

import numpy as np

from ..results.fitted import Estimate
from .budgets import Budget, Line
from .slice_profiles import (
    LEAST_FREE,
    Profiles,
    coefficient_covariance,
    minima,
    minimum_share,
    minimum_variance,
    pooled_variances,
)
from .slices import Slice

NO_SCATTER = 1e-7  # spread of an exponent below which the points have no scatter from which to make an interval
_ROUNDING = 1e-6
_LEAST_SPARE = 4  # losses beyond three coefficients per slice from which their noise is measured
_WIDER = 0.75  # probability below which a scatter of the optima about their line counts as that of the losses' noise
_LEAST_SHARE = 0.8  # minimum probability that noise leaves a budget a minimum, for the budget to count


@dataclass(frozen=True)
class SliceOptima:
    """ln N*, ln D* and ln L* of every slice, shape (slices,), and their draws over `runs` runs, (draws, slices).

    Attributes:
        variance: variance of ln N*, by the delta method, so that it does not depend on the number of draws.
        share: probability that noise as large as this leaves the slice a minimum.
        pooled: quantity -> variance of its logarithm under the pooled noise of all slices, if every run belongs to one
            slice; empty otherwise, and if there are too few losses to measure the noise.
        spare: degrees of freedom of that noise.
    """

    log_flops: np.ndarray
    values: dict[str, np.ndarray]
    draws: dict[str, np.ndarray]
    runs: int
    variance: np.ndarray
    share: np.ndarray
    pooled: dict[str, np.ndarray] = field(default_factory=dict)
    spare: int = 0


def optima_of(slices: list[Slice], found: Profiles, draws: int, seed: int) -> SliceOptima:
    """Find the optimum of every slice, and draw it by a wild bootstrap over runs.

    The residuals of one run change sign together (its noise is common to all computes at which it was read), inflated
    by 1/(1 - leverage) as in HC3. Sizes are never dropped, as they would be by resampling runs with one run per size.
    """
    centres = np.array([s.x[s.best] for s in slices])
    best = np.array([s.y[s.best] for s in slices])
    names = ("params", "tokens", "loss")
    values = dict(
        zip(names, _located(slices, centres, best, *minima(found.coefficients, found.exponents)), strict=True)
    )
    stack = found.stack
    rng = np.random.default_rng(seed)
    runs = np.unique(stack.run[stack.here], return_inverse=True)[1].reshape(-1)
    place = np.zeros(stack.run.shape, dtype=int)
    place[stack.here] = runs
    signs = _webb(rng, (draws, runs.max() + 1))
    residual = found.residual / np.maximum(1 - found.leverage, LEAST_FREE)
    shaken = found.coefficients + np.einsum("skp,dsp->dsk", found.solve, residual * signs[:, place])
    drawn = _located(slices, centres, best, *minima(shaken, found.exponents))
    covariance = coefficient_covariance(found)
    return SliceOptima(
        np.log([s.flops for s in slices]),
        values,
        dict(zip(names, drawn, strict=True)),
        int(runs.max()) + 1,
        minimum_variance(found, covariance),
        minimum_share(found, covariance),
        _pooled(found, slices),
        found.spare,
    )


def _pooled(found: Profiles, slices: list[Slice]) -> dict[str, np.ndarray]:
    """Give the variances of ln N*, ln D* and ln L* under one noise; none where slices share runs, as of curves."""
    runs = np.concatenate([np.unique(s.run) for s in slices])
    if len(np.unique(runs)) < len(runs) or found.spare < _LEAST_SPARE or found.exponents == (0.0, 0.0):
        return {}
    size, loss = pooled_variances(found)
    falls = np.array([np.polyfit(s.x, s.z, 1)[0] for s in slices])  # d ln D / d ln N: -1 at one compute
    return {"params": size, "tokens": size * falls**2, "loss": loss}


def _webb(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw from Webb's six points: mean 0, variance 1, for few clusters (Webb 2014)."""
    points = np.sqrt([0.5, 1.0, 1.5])
    return rng.choice(np.concatenate([-points, points]), size=shape)


def _located(slices, centres, best, u, loss) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    params = centres + u
    tokens = np.full_like(params, np.nan)
    for i, s in enumerate(slices):
        slope = np.polyfit(s.x, s.z, 1) if len(s.x) > 1 else (0.0, s.z[0])
        residual = s.z - np.polyval(slope, s.x)
        tokens[..., i] = np.polyval(slope, params[..., i]) + np.interp(params[..., i], s.x, residual)
    with np.errstate(invalid="ignore"):
        return params, tokens, np.log(np.maximum(loss, 1e-300)) + best


def reasons_of(slices: list[Slice], found: Profiles, optima: SliceOptima) -> list[str]:
    """Say for every slice why its optimum cannot be used (a key of `REASONS`); empty if it can."""
    reasons = []
    for i, s in enumerate(slices):
        params, curvature = float(optima.values["params"][i]), found.coefficients[i, 2]
        weak = curvature < 2 * found.curvature_se[i] or optima.share[i] < _LEAST_SHARE
        reasons.append(_reason(s, params, bool(curvature > 0), bool(weak)))
    return reasons


def _reason(s: Slice, params: float, convex: bool, weak: bool) -> str:
    if s.best == 0:
        return "smallest-is-best"
    if s.best == len(s.x) - 1:
        return "largest-is-best"
    if not np.isfinite(params) or not convex:
        return "not-convex"
    if not s.x[0] < params < s.x[-1]:
        return "smallest-is-best" if params <= s.x[0] else "largest-is-best"
    return "weak-curvature" if weak else ""


def settled(slices: list[Slice], optima: SliceOptima, reasons: list[str], line: Line) -> list[str]:
    """Decide which budgets are near an edge by the fitted line, not by the noise of each budget.

    If the optimum is close to the last size, only noise decides whether that size is the best; dropping a budget when
    it is would keep the optima that noise moved inward, and bias the line. So a budget counts if by the line its
    optimum is between the second size and the last but one (half a step from the edges if there are fewer than five),
    whichever size is the best, as long as its own form has a minimum among the sizes.
    """
    expected = np.log(line.scale.value) + line.exponent.value * (optima.log_flops - np.log(line.flops_centre))
    new = list(reasons)
    for i, s in enumerate(slices):
        share = 1.0 if len(s.x) >= 5 else 0.5
        low, high = s.x[0] + share * (s.x[1] - s.x[0]), s.x[-1] - share * (s.x[-1] - s.x[-2])
        inside = low - _ROUNDING <= expected[i] <= high + _ROUNDING
        if not reasons[i] and not inside:
            new[i] = "near-the-edge"
        elif reasons[i] in ("smallest-is-best", "largest-is-best") and inside:
            own = optima.values["params"][i]
            new[i] = "" if s.x[0] < own < s.x[-1] else reasons[i]
    return new


def budgets_of(slices: list[Slice], optima: SliceOptima, reasons: list[str]) -> list[Budget]:
    """Make the records: the optimum if it can be used, otherwise the best size present."""
    budgets = []
    for i, (s, reason) in enumerate(zip(slices, reasons, strict=True)):
        where = (s.x[s.best], s.z[s.best], s.y[s.best])
        if not reason or reason == "near-the-edge":
            where = tuple(optima.values[name][i] for name in ("params", "tokens", "loss"))
        params, tokens, loss = (float(np.exp(v)) for v in where)
        budgets.append(Budget(s.flops, params, tokens, loss, len(s.x), reason))
    return budgets


def line_through(
    optima: SliceOptima,
    name: str,
    quantity: str,
    keep: np.ndarray,
    best_run: np.ndarray,
    level: float,
    seed: int = 0,
    weighted: bool = True,
) -> Line | None:
    """Fit ln y = ln scale + exponent ln(C / centre) to the budgets kept; None for fewer than three.

    All lines have the same weights 1/(sd^2 + median sd^2) of ln N*: a flat minimum counts less, none dominates, and the
    exponents of N and D (or N, B and S) sum to one.

    Where every run belongs to one budget (isoFLOP), the draws of the line are those of `_by_one_noise`. Else they are
    the wider of two: the wild bootstrap over runs, which includes the scatter of sizes about
    their form in each budget; and a t distribution with the jackknife covariance over groups of budgets with one best
    size (CR3), which includes the scatter of the optima about the line, and all scatter if three sizes leave a budget
    none of its own.
    """
    if keep.sum() < 3:
        return None
    x = optima.log_flops[keep]
    centre = float(x.mean())
    y, drawn = optima.values[name][keep], optima.draws[name][:, keep]
    drawn = np.where(np.isfinite(drawn), drawn, y)
    weights = _weights(optima.variance[keep]) if weighted else np.ones(len(x))
    design = np.stack([np.ones_like(x), x - centre], axis=1)
    solve = _solver(design, weights)
    value = solve @ y
    if name in optima.pooled:
        spare = optima.spare * len(x) / len(keep)
        lines = _by_one_noise(y - design @ value, optima.pooled[name][keep], spare, solve, len(drawn), seed) + value
        return _line(quantity, value, lines, centre, level)
    wild = value + (drawn @ solve.T - value) * _stretch(optima.runs)
    groups = _jackknifed(design, y, weights, best_run[keep], value, len(drawn), seed)
    lines = wild if wild[:, 1].std() >= groups[:, 1].std() else groups
    return _line(quantity, value, lines, centre, level)


def _line(quantity: str, value: np.ndarray, lines: np.ndarray, centre: float, level: float) -> Line:
    known = len(lines) > 1 and lines[:, 1].std() > NO_SCATTER
    ends = np.quantile(lines, [(1 - level) / 2, (1 + level) / 2], axis=0).tolist() if known else [[None] * 2] * 2
    low, high = (None if end[0] is None else float(np.exp(end[0])) for end in ends)
    scale = Estimate(float(np.exp(value[0])), low, high, level)
    exponent = Estimate(float(value[1]), ends[0][1], ends[1][1], level)
    lines = lines if known else np.empty((0, 2))
    return Line(quantity, exponent, scale, float(np.exp(centre)), lines)


def _by_one_noise(residual, variance, spare: float, solve, draws: int, seed: int) -> np.ndarray:
    """Draw errors of (ln scale, exponent), shape (draws, 2), from the losses' noise and the scatter of the optima.

    Each optimum has the variance that the pooled noise of the losses gives it, with `spare` degrees of freedom; the
    scatter of the optima about their line estimates the same variance with K - 2. If it is not clearly larger (F test
    at `_WIDER`), both are averaged by their degrees of freedom; else something besides that noise moves the optima, and
    the scatter alone counts. Student's t of the degrees of freedom used.
    """
    from scipy.stats import f

    free: float = len(residual) - 2
    ratio = float(np.mean(residual**2 / variance) * len(residual) / free)
    if ratio <= f.ppf(_WIDER, free, spare):
        ratio, free = (spare + free * ratio) / (spare + free), spare + free
    covariance = ratio * (solve * variance) @ solve.T
    rng = np.random.default_rng(seed + 1)
    stretch = np.sqrt(free / rng.chisquare(free, size=(draws, 1)))
    u, s, _ = np.linalg.svd(covariance)
    return stretch * (rng.standard_normal((draws, 2)) * np.sqrt(s)) @ u.T


def _stretch(runs: int) -> float:
    """Give the factor that widens the wild bootstrap as t widens the normal: three numbers per budget from few runs."""
    from scipy.special import stdtrit

    return float(stdtrit(max(runs - 3, 2), 0.975) / 1.959964)


def _weights(variance: np.ndarray) -> np.ndarray:
    middle = np.median(variance)
    return 1 / (variance + middle) if 0 < middle < np.inf else np.ones(len(variance))


def _solver(design: np.ndarray, weights: np.ndarray) -> np.ndarray:
    root = np.sqrt(weights)
    return np.linalg.pinv(design * root[:, None]) * root


def _jackknifed(design, y, weights, group, value, draws: int, seed: int) -> np.ndarray:
    """Draw lines from a t distribution with the delete-one-group covariance; the value itself with one group.

    Two groups have no covariance of their own: that of single budgets, whose errors are correlated, is used, and t has
    one degree of freedom, as with three groups.
    """
    count = len(np.unique(group))
    if count < 2 or not draws:
        return np.broadcast_to(value, (draws, 2))
    group = np.arange(len(y)) if count == 2 else group
    labels = np.unique(group)
    left = np.array([_solver(design[group != g], weights[group != g]) @ y[group != g] for g in labels])
    covariance = (len(labels) - 1) / len(labels) * (left - value).T @ (left - value)
    rng = np.random.default_rng(seed + 1)
    degrees = max(1, count - 2)
    stretch = np.sqrt(degrees / rng.chisquare(degrees, size=(draws, 1)))
    u, s, _ = np.linalg.svd(covariance)
    return value + stretch * (rng.standard_normal((draws, 2)) * np.sqrt(s)) @ u.T
