"""frontier(method, points): the best model at each compute, by one approach."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import PointsError, argument, unknown_name
from ..points.along_runs import untold
from ..points.one_definition import unmixed
from ..points.points import Points
from ..points.row_kinds import OF_BATCHES, OF_CURVES, kept_again
from .budgets import Budget, Frontier, Line
from .c_min import KAPLAN_CRITICAL, adjusted, batch_and_steps
from .critical_batch import CriticalBatch, critical_batch
from .lines import SliceOptima, budgets_of, line_through, optima_of, reasons_of, settled
from .slice_profiles import FORMS, fit_profiles
from .slices import Slice, chosen_columns, cluster_of, compute_of, curves, slices_of_budgets, slices_of_curves
from .wild_runs import wild_runs

_SETTLING = 4  # maximum number of rounds in which the line decides which budgets are near an edge
# Rows that the reader leaves out of fits, and that a method which reads whole curves, or every batch, takes back.
_TAKEN_BACK = {"envelope": (OF_CURVES,), "c-min": (OF_CURVES,), "critical-batch": (OF_CURVES, OF_BATCHES)}
ONE_NOISE = "Student's t from the noise of the losses and the scatter of the optima about the line"
METHODS = ("envelope", "isoflop", "critical-batch", "c-min")


@dataclass(frozen=True)
class _How:
    method: str
    columns: dict[str, str]
    form: str
    depth: float
    draws: int
    level: float
    seed: int
    critical: Mapping[str, float] | None


def frontier(
    method: str,
    points: Points,
    *,
    columns: Mapping[str, str] | None = None,
    form: str = "additive",
    depth: float = 0.25,
    per_decade: float = 10,
    burn_in: float = 0.0,
    budget: str | None = None,
    critical: Mapping[str, float] | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Frontier | CriticalBatch:
    """Find the frontier without judging the table; `scalinglaws.frontier` is its public face."""
    for kind, name, known in (("frontier method", method, METHODS), ("form", form, FORMS)):
        if name not in known:
            raise unknown_name(kind, name, known)
    finished, points = points.kept, _some(kept_again(points, *_TAKEN_BACK.get(method, ())).kept)
    chosen = chosen_columns(points, dict(columns or {}))
    if method == "critical-batch":
        return critical_batch(points, columns=chosen, draws=draws, level=level, seed=seed)
    points, wild = unmixed(points), wild_runs(finished, chosen)
    if method == "c-min":
        critical = dict(critical or KAPLAN_CRITICAL)
        points, chosen = adjusted(points, chosen, critical), {**chosen, "flops": "flops_min", "tokens": "tokens_min"}
    how = _How(method, chosen, form, depth, draws, level, seed, critical if method == "c-min" else None)
    if method == "isoflop":
        made = slices_of_budgets(points, chosen, _budgets(points, chosen, budget))
        return _fitted(made, how, _runs(points), (*untold(points), *wild))
    return _fitted(slices_of_curves(curves(points, chosen, burn_in), per_decade), how, _runs(points), wild)


def _runs(points: Points) -> int:
    return len(np.unique(cluster_of(points)))


def _some(points: Points) -> Points:
    if not len(points):
        raise PointsError("no point takes part: all are excluded. See the column excluded_because.")
    return points


def _budgets(points: Points, columns: dict[str, str], budget: str | None) -> np.ndarray:
    """Give the budget of every row: the named column, or the geometric mean of computes within 10% of a neighbour."""
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
            f"spans a factor {np.exp(max(spread)):.2g}. Name the column of budgets with "
            f"{argument(budget='COLUMN')}, or use the envelope, or fit a law of N and D (chinchilla)."
        )
    return np.exp(sums / counts)[groups]


def _fitted(slices: list[Slice], how: _How, runs: int, said: Sequence[str] = ()) -> Frontier:
    thin = [Budget(s.flops, *_at_best(s), len(s.x), "too-few-sizes") for s in slices if 0 < len(s.x) < 3]
    slices = [s for s in slices if len(s.x) >= 3]
    if not slices:
        raise PointsError("no compute has three sizes or more. Train more sizes at one compute.")
    found = fit_profiles(slices, how.form, how.depth, near=how.method != "isoflop")
    optima = optima_of(slices, found, how.draws, how.seed)
    best_run = np.array([s.run[s.best] for s in slices])
    reasons = reasons_of(slices, found, optima)
    lines = _lines(optima, how, reasons, best_run)
    for _ in range(_SETTLING if how.form != "parabola" else 0):
        new = (
            settled(slices, optima, reasons_of(slices, found, optima), lines["params"]) if lines["params"] else reasons
        )
        if new == reasons or new.count("") < 3:
            break
        reasons, lines = new, _lines(optima, how, new, best_run)
    budgets = budgets_of(slices, optima, reasons)
    shared = "c0 + c1 N^-{:.3g} + c2 N^{:.3g}, exponents shared by all budgets"
    return Frontier(
        how.method,
        how.columns,
        tuple(sorted([*budgets, *thin], key=lambda b: b.flops)),
        **lines,
        shape="parabola in ln N" if how.form == "parabola" else shared.format(*found.exponents),
        interval_method=ONE_NOISE
        if optima.pooled
        else f"the wider of a wild bootstrap over {runs} runs and a jackknife over groups of budgets",
        runs=runs,
        warnings=(*said, *_warnings(budgets, lines["params"])),
        barred=(),
    )


def _lines(optima: SliceOptima, how: _How, reasons: list[str], best_run: np.ndarray) -> dict[str, Line | None]:
    keep = np.array([not reason for reason in reasons])
    names = {name: how.columns[name] for name in ("params", "tokens", "loss")}
    if how.critical:
        for where in (optima.values, optima.draws):
            made = batch_and_steps(where["params"], where["loss"], optima.log_flops, how.critical)
            where["batch"], where["steps"] = made
        names |= {"batch": "batch_tokens", "steps": "steps_min"}
    weighted = how.form != "parabola"
    return {
        name: line_through(optima, name, quantity, keep, best_run, how.level, how.seed, weighted=weighted)
        for name, quantity in names.items()
    }


def _at_best(s: Slice) -> tuple[float, float, float]:
    x, z, y = (float(np.exp(v[s.best])) for v in (s.x, s.z, s.y))
    return x, z, y


def _warnings(budgets: list[Budget], line: Line | None) -> tuple[str, ...]:
    found = []
    keep = np.array([not budget.censored for budget in budgets])
    if keep.sum() < 3:
        found.append(
            f"only {int(keep.sum())} of {len(budgets)} budgets have an optimum between sizes that were trained: "
            "no exponent can be fitted. Train smaller or larger sizes, as the reasons say."
        )
    elif keep.mean() < 0.5:
        found.append(
            f"{int((~keep).sum())} of {len(budgets)} budgets are censored: their optimum lies outside the sizes."
        )
    if line is not None and line.exponent.low is None:
        exact = all(budget.sizes > 3 for budget in budgets if not budget.censored)
        found.append(
            "no interval: the losses lie on the fitted form without any scatter. They look computed, not measured."
            if exact
            else "no interval: three sizes per budget and one best run leave no scatter to measure. Train more sizes."
        )
    used = np.log10([b.flops for b, k in zip(budgets, keep, strict=True) if k])
    if len(used) > 1 and np.ptp(used) < 1:
        found.append(
            f"the optima span {np.ptp(used):.1f} decades of compute: exponents from less than one decade are uncertain."
        )
    return tuple(found)
