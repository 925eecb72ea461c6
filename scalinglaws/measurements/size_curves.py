"""Learning curves of all sizes: what they have in common, and what a loss costs each size."""

from dataclasses import dataclass

import numpy as np

from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..points.points import Points
from ..results.attempt import UNFIT, Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .joining import once

EARLY = 0.25
TARGETS = 8
READS = 20  # points a curve is thinned to, evenly in log step


def thinned(points: Points) -> Points:
    """Keep of each run one evaluation a log-spaced step, so that late ones do not decide the fit."""
    keep = np.zeros(len(points), dtype=bool)
    for run in np.unique(points["run_id"]):
        rows = np.flatnonzero(points["run_id"] == run)
        logs = np.log(points["steps"][rows])
        cells = np.linspace(logs.min(), logs.max(), READS)
        keep[rows[np.unique(np.abs(logs[:, None] - cells).argmin(axis=0))]] = True
    return points.take(keep)


@dataclass(frozen=True)
class CurveRefit:
    """alpha_S and S_c of one size, its floor being that of the pooled law; None where its curve does not fix them."""

    params: float
    alpha_S: Estimate | None
    S_c: float | None
    rms_log: float


@once
def refits(evidence: FamilyTables) -> list[CurveRefit]:
    """Refit the step term of L(N, S_min) to each size alone."""
    pooled, points = evidence.steps_law.fit, thinned(evidence.least)
    held = {name: pooled.values[name] for name in ("N_c", "alpha_N")}
    found = []
    for n in np.unique(points["params_nonembedding"]):
        rows = points.take(points["params_nonembedding"] == n)
        one = fit("kaplan-ns", rows, columns={"S": "steps_min"}, fix=held, cluster="lineage")
        known = one.outcome == "converged"
        alpha = _alpha_S(evidence, one) if known else None
        found.append(CurveRefit(float(n), alpha, one.values["S_c"] if known else None, one.rms_log))
    return found


def _alpha_S(evidence: FamilyTables, one: Fit) -> Estimate:
    try:
        return evidence.parameter(evidence.drawn(one), "alpha_S")
    except UNFIT:  # one lineage has no spread
        return Estimate(one.values["alpha_S"], level=evidence.level)


@once
def foretold(evidence: FamilyTables) -> list[tuple[float, float, float]]:
    """Fit the first quarter of every run's steps, and ask for the last loss of each: (N, foretold, measured)."""
    points = evidence.least
    last = {run: points["steps"][points["run_id"] == run].max() for run in np.unique(points["run_id"])}
    ends = np.array([last[run] for run in points["run_id"]])
    early = thinned(points.take(points["steps"] <= EARLY * ends))
    found = evidence.fitted("kaplan-ns", early, columns={"S": "steps_min"}, cluster="lineage")
    late = points.take(points["steps"] == ends)
    said = found.evaluate(N=late["params_nonembedding"], S=late["steps_min"])
    return list(zip(late["params_nonembedding"].tolist(), said.tolist(), late["loss_nats"].tolist(), strict=True))


@dataclass(frozen=True)
class Reached:
    """What one loss costs the sizes that reach it, smallest first."""

    loss_nats: float
    params: np.ndarray
    steps: np.ndarray
    tokens: np.ndarray
    flops: np.ndarray


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
        found.append(Reached(float(np.exp(goal)), *np.array(rows).T))
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


def _cost(many: list[tuple], goal: float) -> tuple[float, float, float]:
    steps = []
    for logs, losses, _, _ in many:
        fall = np.flatnonzero(np.diff(losses, prepend=np.inf) < 0)
        steps.append(np.interp(-goal, -losses[fall], logs[fall]))
    step = float(np.exp(np.mean(steps)))
    return step, step * many[0][2], step * many[0][3]
