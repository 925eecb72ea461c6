"""Learning curves of all sizes: what they have in common, and what a loss costs each size."""

from dataclasses import dataclass

import numpy as np

from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..points.points import Points
from ..results.attempt import UNFIT, Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between, seed_margin, simultaneous
from .joining import once

EARLY = 0.25
TARGETS = 8
SLOPE_OVER = 0.01  # of ln loss, over which the slope of a curve is taken
READS = 20  # points that are kept of a curve, evenly in log step


def thinned(points: Points) -> Points:
    """Keep of each run one evaluation per log-spaced step, so that late ones do not decide the fit."""
    keep = np.zeros(len(points), dtype=bool)
    for run in np.unique(points["run_id"]):
        rows = np.flatnonzero(points["run_id"] == run)
        logs = np.log(points["steps"][rows])
        cells = np.linspace(logs.min(), logs.max(), READS)
        keep[rows[np.unique(np.abs(logs[:, None] - cells).argmin(axis=0))]] = True
    return points.take(keep)


@dataclass(frozen=True)
class CurveRefit:
    """alpha_S and S_c of one size, with the floor of the pooled law; None where its curve does not determine them."""

    params: float
    alpha_S: Estimate | None
    S_c: float | None
    rms_log: float


@once
def refits(evidence: FamilyTables) -> list[CurveRefit]:
    """Refit the step term of L(N, S_min) to each size alone."""
    points = thinned(evidence.least)
    found = []
    for n in np.unique(points["params_nonembedding"]):
        one = _step_term(evidence, points.take(points["params_nonembedding"] == n))
        known = one.outcome == "converged"
        alpha = _alpha_S(evidence, one) if known else None
        found.append(CurveRefit(float(n), alpha, one.values["S_c"] if known else None, one.rms_log))
    return found


def _step_term(evidence: FamilyTables, rows: Points) -> Fit:
    held = {name: evidence.steps_law.fit.values[name] for name in ("N_c", "alpha_N")}
    return fit("kaplan-ns", rows, columns={"S": "steps_min"}, fix=held, cluster="lineage")


def alpha_of_size(evidence: FamilyTables, one: CurveRefit) -> Estimate:
    """Give alpha_S of one size with an interval: over its lineages, or from the spread of seeds where it has only one.

    A curve of another seed lies higher or lower by the sd of a seed: alpha_S is refitted to losses moved by it.

    Raises:
        Lacking: its curve does not determine alpha_S.
    """
    pooled = one.alpha_S
    if pooled is None:
        raise Lacking(f"family F-N with curves that fix alpha_S at N = {one.params:.3g}")
    if pooled.low is not None:
        return pooled
    points = thinned(evidence.least)
    rows = points.take(points["params_nonembedding"] == one.params)
    moved = [
        _step_term(evidence, rows.replace(loss_nats=rows["loss_nats"] * np.exp(sign * evidence.sigma.log)))
        for sign in (-1, 1)
    ]
    ends = [again.values["alpha_S"] for again in moved if again.outcome == "converged"]
    if len(ends) < len(moved):
        return pooled
    half = seed_margin(evidence.sigma, evidence.level) * abs(ends[1] - ends[0]) / 2
    return between(pooled.value, pooled.value - half, pooled.value + half, evidence.level)


def _alpha_S(evidence: FamilyTables, one: Fit) -> Estimate:
    try:
        return evidence.parameter(evidence.drawn(one), "alpha_S")
    except UNFIT:  # one lineage has no spread
        return Estimate(one.values["alpha_S"], level=evidence.level)


@once
def predicted_ends(evidence: FamilyTables) -> list[tuple[float, float, float]]:
    """Fit the first quarter of every run's steps and predict the last loss of each: (N, predicted, measured)."""
    late = _last(evidence)
    said = _early_law(evidence).evaluate(N=late["params_nonembedding"], S=late["steps_min"])
    return list(zip(late["params_nonembedding"].tolist(), said.tolist(), late["loss_nats"].tolist(), strict=True))


def errors_of_predicted_ends(evidence: FamilyTables) -> list[Estimate]:
    """Give the errors of `predicted_ends`, relative to the losses, with intervals that hold for all of them at once.

    They include the uncertainty of the law, by its draws, and the spread of the seeds of the runs predicted.
    """
    late, law = _last(evidence), evidence.drawn(_early_law(evidence))
    rng, sigma = np.random.default_rng(evidence.seed), evidence.sigma
    drawn = law.evaluate(N=late["params_nonembedding"], S=late["steps_min"])
    seeds = sigma.log * rng.standard_t(sigma.seeds - 1, size=drawn.shape)
    errors = np.array([said / measured - 1 for _, said, measured in predicted_ends(evidence)])
    return simultaneous(errors, drawn * np.exp(seeds) / late["loss_nats"] - 1, evidence.level)


def _ends(evidence: FamilyTables) -> np.ndarray:
    points = evidence.least
    last = {run: points["steps"][points["run_id"] == run].max() for run in np.unique(points["run_id"])}
    return np.array([last[run] for run in points["run_id"]])


def _last(evidence: FamilyTables) -> Points:
    return evidence.least.take(evidence.least["steps"] == _ends(evidence))


@once
def _early_law(evidence: FamilyTables) -> Fit:
    points = evidence.least
    early = thinned(points.take(points["steps"] <= EARLY * _ends(evidence)))
    return evidence.fitted("kaplan-ns", early, columns={"S": "steps_min"}, cluster="lineage")


@dataclass(frozen=True)
class Reached:
    """What one loss costs the sizes that reach it, smallest first.

    Attributes:
        slopes: d ln steps / d ln L of each size there; `seeds` how many runs its steps are the mean of.
    """

    loss_nats: float
    params: np.ndarray
    steps: np.ndarray
    tokens: np.ndarray
    flops: np.ndarray
    slopes: np.ndarray
    seeds: np.ndarray


@once
def reached(evidence: FamilyTables) -> list[Reached]:
    """Read steps, tokens and C at fixed losses off the curves, seeds averaged in logs; high losses first.

    Raises:
        Lacking: no loss that three sizes reach.
    """
    points = evidence.along
    sizes = np.unique(points["params_nonembedding"])
    curves = {n: _curves(points.take(points["params_nonembedding"] == n)) for n in sizes}
    highest = min(c[1][0] for many in curves.values() for c in many)
    lows = sorted(min(c[1][-1] for c in many) for many in curves.values())
    if len(lows) < 3 or lows[2] >= highest:
        raise Lacking("family F-N with a loss that three sizes reach")
    found = []
    for goal in np.linspace(highest, lows[2], TARGETS + 1)[1:]:
        rows = [(n, *_cost(many, goal)) for n, many in curves.items() if all(c[1][-1] <= goal for c in many)]
        if len(rows) > 1:
            found.append(Reached(float(np.exp(goal)), *np.array(rows).T))
    if not found:
        raise Lacking("family F-N with a loss that two sizes reach with every seed")
    return found


def _curves(points: Points) -> list[tuple]:
    found = []
    for run in np.unique(points["run_id"]):
        rows = np.flatnonzero(points["run_id"] == run)
        rows = rows[np.argsort(points["steps"][rows])]
        logs = np.log(points["steps"][rows])
        ratio = (
            points["tokens"][rows[0]] / points["steps"][rows[0]],
            points["flops_6nd"][rows[0]] / points["steps"][rows[0]],
        )
        found.append((logs, np.minimum.accumulate(np.log(points["loss_nats"][rows])), *ratio))
    return found


def _cost(many: list[tuple], goal: float) -> tuple[float, ...]:
    here, above = (np.array([_step_at(one, at) for one in many]) for at in (goal, goal + SLOPE_OVER))
    step = float(np.exp(np.mean(here)))
    slope = float(np.mean(above - here)) / SLOPE_OVER
    return step, step * many[0][2], step * many[0][3], slope, len(many)


def _step_at(curve: tuple, goal: float) -> float:
    """Read ln steps at a ln loss off a curve."""
    logs, losses, _, _ = curve
    fall = np.flatnonzero(np.diff(losses, prepend=np.inf) < 0)
    return float(np.interp(-goal, -losses[fall], logs[fall]))
