"""frontier(points, method=...): the one function of this bench."""

from collections.abc import Mapping

import numpy as np

from ..errors import PointsError, unknown_name
from ..points import Points
from .lines import judged, line_through, optima_of
from .profile import FORMS, fit_profiles
from .record import Budget, Frontier
from .slices import Slice, chosen_columns, cluster_of, compute_of, curves, slices_of_budgets, slices_of_curves

METHODS = ("envelope", "isoflop")


def frontier(
    points: Points,
    *,
    method: str = "envelope",
    columns: Mapping[str, str] | None = None,
    form: str = "additive",
    depth: float = 0.25,
    per_decade: float = 10,
    burn_in: float = 0.0,
    budget: str | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Frontier:
    """Find the best model at each compute, and the power laws N_opt, D_opt, L ~ C^exponent through them.

    envelope (Kaplan et al. 2020, section 3.3; Hoffmann et al. 2022, approach 1): at every compute of a log grid, the
    curves of all sizes are read by interpolation inside their own range. isoflop (approach 2): runs in groups of one
    compute. Both then fit one convex form to the losses of all sizes near the best and take its minimum, so that no
    number is the least of several noisy ones. A compute whose best size is the smallest or largest present is censored,
    not fitted.

    Args:
        columns: role -> quantity, for "params", "tokens", "flops" and "loss"; the first filled ones by default.
        form: "additive" (no bias on an additive law) or "parabola".
        depth: only sizes within this much of the best ln loss enter the form.
        per_decade: computes read a decade (envelope).
        burn_in: share of each run's tokens left out at its start (envelope).
        budget: column that groups the runs (isoflop); by default compute within 10% is one budget.
        draws: of the wild bootstrap over runs, for the intervals.

    Raises:
        PointsError: a column is missing, or the points hold no curves or no groups.
    """
    if method not in METHODS:
        raise unknown_name("frontier method", method, METHODS)
    if form not in FORMS:
        raise unknown_name("form", form, FORMS)
    points = points.kept
    if not len(points):
        raise PointsError("no point takes part: all are excluded. Look at the column excluded_because.")
    chosen = chosen_columns(points, dict(columns or {}))
    if method == "envelope":
        slices = slices_of_curves(curves(points, chosen, burn_in), per_decade)
    else:
        slices = slices_of_budgets(points, chosen, _budgets(points, chosen, budget))
    return _fitted(slices, method, chosen, form, depth, draws, level, seed, len(np.unique(cluster_of(points))))


def _budgets(points: Points, columns: dict[str, str], budget: str | None) -> np.ndarray:
    """Give every row its budget: the named column, or the geometric mean of the computes within 10% of a neighbour."""
    if budget is not None:
        return points[budget]
    flops = np.log(compute_of(points, columns))
    order = np.argsort(flops, kind="stable")
    groups = np.empty(len(flops), dtype=int)
    groups[order] = np.cumsum(np.diff(flops[order], prepend=flops[order[0]]) > 0.1)
    sums, counts = np.bincount(groups, weights=flops), np.bincount(groups)
    spread = [np.ptp(flops[groups == g]) for g in range(len(counts))]
    if counts.mean() < 3 or max(spread) > 0.7:
        raise PointsError(
            f"the runs do not form isoFLOP groups: {len(points)} runs make {len(counts)} groups, the widest "
            f"spans a factor {np.exp(max(spread)):.2g}. Name the column of budgets with --budget, or use the "
            "envelope, or fit a law of N and D (scalinglaws fit chinchilla)."
        )
    return np.exp(sums / counts)[groups]


def _fitted(slices: list[Slice], method, columns, form, depth, draws, level, seed, runs) -> Frontier:
    thin = [Budget(s.flops, *_at_best(s), len(s.x), "too-few-sizes") for s in slices if len(s.x) < 3]
    slices = [s for s in slices if len(s.x) >= 3]
    if not slices:
        raise PointsError("no compute has three sizes or more. Train more sizes at one compute.")
    found = fit_profiles(slices, form, depth)
    optima = optima_of(slices, found, draws, seed)
    budgets = judged(slices, found, optima)
    keep = np.array([not b.censored for b in budgets])
    lines = {name: line_through(optima, name, columns[name], keep, level) for name in ("params", "tokens", "loss")}
    shape = (
        "parabola in ln N"
        if form == "parabola"
        else "c0 + c1 N^-{:.3g} + c2 N^{:.3g}, exponents shared by all budgets".format(*found.exponents)
    )
    return Frontier(
        method,
        columns,
        tuple(sorted([*budgets, *thin], key=lambda b: b.flops)),
        **lines,
        shape=shape,
        interval_method=f"wild bootstrap over {runs} runs, {draws} draws, residuals inflated by leverage",
        runs=runs,
        warnings=_warnings(budgets, keep, method),
    )


def _at_best(s: Slice) -> tuple[float, float, float]:
    return tuple(float(np.exp(v[s.best])) for v in (s.x, s.z, s.y))


def _warnings(budgets: list[Budget], keep: np.ndarray, method: str) -> tuple[str, ...]:
    found = []
    if keep.sum() < 3:
        found.append(
            f"only {int(keep.sum())} of {len(budgets)} budgets have an optimum between sizes that were trained: "
            "no exponent can be fitted. Train smaller or larger sizes, as the reasons say."
        )
    elif keep.mean() < 0.5:
        found.append(
            f"{int((~keep).sum())} of {len(budgets)} budgets are censored: the optimum lies outside the sizes."
        )
    used = np.log10([b.flops for b, k in zip(budgets, keep, strict=True) if k])
    if len(used) > 1 and np.ptp(used) < 1:
        found.append(
            f"the optima span {np.ptp(used):.1f} decades of compute: exponents over less than one decade are loose."
        )
    return tuple(found)
