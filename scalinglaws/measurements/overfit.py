"""Overfitting against one combination of size and data, and when to stop."""

from dataclasses import dataclass

import numpy as np

from ..laws.kaplan2020.curves import least_stopping_steps
from ..laws.kaplan2020.efficient import steps_min
from ..laws.kaplan2020.loss import critical_batch
from ..points.points import Points
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import EQUAL, FamilyTables
from .intervals import between, largest_of, seed_margin
from .joining import once
from .repeats import SeedNoise, averaged_over, same_settings, seed_noise

OVERFIT = 2.0  # standard deviations of a seed: a row whose largest model is above its unlimited loss by more is small
CELL = ("params_nonembedding", "dataset_tokens", "whole")  # what the seeds of F-ND share; when they stop, they do not
RECIPE = (*CELL, "lr", "lr_schedule", "batch_tokens", "planned_steps", "dropout")  # runs that differ by a seed alone
LEAST_OWN = 4  # degrees of freedom, from which the seeds of F-ND tell their own noise


@dataclass(frozen=True)
class Collapse:
    """Excess loss dL = L(N, D) / L(N, inf) - 1 of every size on every subset, a mean over seeds, and one curve of
    x = N^p / D through all.

    Attributes:
        ratio: p = alpha_N / alpha_D of the joint law.
        x, excess: of every size on a subset; `params`, `data` its size and text.
        curve: (K, q) of dL = (1 + K x)^q - 1.
        sd: of the residuals, in units of dL; `per_seed` what a standard deviation of a seed in nats makes of it: dL is
            of two runs, or of the means of several.
    """

    ratio: Estimate
    params: np.ndarray
    data: np.ndarray
    x: np.ndarray
    excess: np.ndarray
    curve: tuple[float, float]
    sd: float
    per_seed: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """Read the curve."""
        return np.expm1(self.curve[1] * np.log1p(self.curve[0] * x))


@once
def cells(evidence: FamilyTables) -> Points:
    """Take a row of each size on each subset, with the mean loss of its runs; `seeds` counts them."""
    return averaged_over(evidence.limited, CELL)


@once
def noise(evidence: FamilyTables) -> SeedNoise:
    """Give the noise between seeds of F-ND, or that of F-SEED where F-ND has too few: their recipes differ.

    Raises:
        Lacking: neither has seeds.
    """
    points = evidence.limited
    groups = [points["loss_nats"][rows] for rows in same_settings(points, RECIPE) if len(rows) > 1]
    degrees = sum(len(group) - 1 for group in groups)
    own = seed_noise(groups, evidence.level, degrees) if degrees >= LEAST_OWN else None
    return own if own and own.log > EQUAL else evidence.sigma


def unlimited(points: Points) -> dict[float, float]:
    """Give the loss of each size on the whole text, the family's stand-in for unlimited data."""
    whole = points.take(points["whole"] == 1)
    return {
        float(n): float(whole["loss_nats"][whole["params_nonembedding"] == n].mean())
        for n in np.unique(whole["params_nonembedding"])
    }


@once
def collapse(evidence: FamilyTables) -> Collapse:
    """Put every size on a subset on one axis, and one curve through them.

    Raises:
        Lacking: no size was trained on the whole text too.
    """
    points, law = cells(evidence), evidence.data_law
    whole = points.take(points["whole"] == 1)
    reference = unlimited(points)
    rows = (points["whole"] == 0) & np.isin(points["params_nonembedding"], list(reference))
    if rows.sum() < 4:
        raise Lacking(f"family F-ND ({int(rows.sum())} of at least 4 runs on subsets of sizes that saw the whole text)")
    points = points.take(rows)
    params, data = points["params_nonembedding"], points["dataset_tokens"]
    least = np.array([reference[n] for n in params])
    excess = points["loss_nats"] / least - 1
    p = law.fit.values["alpha_N"] / law.fit.values["alpha_D"]
    names = list(law.names)
    drawn = law.values[:, names.index("alpha_N")] / law.values[:, names.index("alpha_D")]
    x = params**p / data
    curve, sd = _one_curve(x, excess)
    runs = dict(zip(whole["params_nonembedding"].tolist(), whole["seeds"].tolist(), strict=True))
    on_all = np.array([runs[n] for n in params])
    per_seed = float(np.sqrt(np.mean((1 / points["seeds"] + 1 / on_all) / least**2)))
    return Collapse(evidence.estimate(p, drawn), params, data, x, excess, curve, sd, per_seed)


def _one_curve(x: np.ndarray, excess: np.ndarray) -> tuple[tuple[float, float], float]:
    from scipy.optimize import least_squares

    middle = np.exp(np.log(x).mean())

    def residual(z):
        return np.expm1(np.exp(z[1]) * np.log1p(np.exp(z[0]) * x / middle)) - excess

    best = min(
        (least_squares(residual, (start, slope)) for start in (-4.0, 0.0, 4.0) for slope in (-3.0, -1.0)),
        key=lambda found: found.cost,
    )
    sd = float(np.sqrt(2 * best.cost / max(1, len(x) - 2)))
    return (float(np.exp(best.x[0]) / middle), float(np.exp(best.x[1]))), sd


@dataclass(frozen=True)
class Marginal:
    """-d ln L / d ln N between neighbouring sizes on one amount of text; `small` where the text is scarce.

    Attributes:
        weights: of each ln L in each slope, shape (slopes, sizes).
        seeds: runs behind each ln L.
    """

    data: float
    slopes: np.ndarray
    weights: np.ndarray
    seeds: np.ndarray
    small: bool

    def noise(self, weights: np.ndarray) -> float:
        """Standard deviation of a combination of the slopes, for a run's ln L of unit noise."""
        return float(np.linalg.norm(weights @ self.weights / np.sqrt(self.seeds)))


def marginals(evidence: FamilyTables) -> list[Marginal]:
    """Take the slopes along each row of one subset, the smallest subset first."""
    points = cells(evidence)
    reference = unlimited(points)
    sigma = noise(evidence).log
    found = []
    for data in np.unique(points["dataset_tokens"][points["whole"] == 0]):
        row = points.take((points["dataset_tokens"] == data) & (points["whole"] == 0))
        row = row.take(np.argsort(row["params_nonembedding"]))
        x, y = np.log(row["params_nonembedding"]), np.log(row["loss_nats"])
        if len(x) < 3:
            continue
        largest = float(row["params_nonembedding"][-1])
        small = largest in reference and y[-1] - np.log(reference[largest]) > OVERFIT * sigma
        weights = -np.diff(np.eye(len(x)), axis=0) / np.diff(x)[:, None]
        found.append(Marginal(float(data), weights @ y, weights, row["seeds"], bool(small)))
    return found


def largest_rise(evidence: FamilyTables, rows: list[Marginal]) -> Estimate:
    """Give the largest growth of a slope from one pair of sizes to the next, with the noise of the seeds in it.

    By Bonferroni's correction over all neighbouring pairs; a change is a second difference of three sizes' ln L.
    """
    seeds = noise(evidence)
    changes = [(row, weights) for row in rows for weights in np.diff(np.eye(len(row.slopes)), axis=0)]
    margin = seed_margin(seeds, evidence.level, len(changes)) * seeds.log
    rises = [(float(weights @ row.slopes), margin * row.noise(weights)) for row, weights in changes]
    return largest_of([between(rise, rise - half, rise + half, evidence.level) for rise, half in rises])


def mean_fall(evidence: FamilyTables, rows: list[Marginal]) -> Estimate:
    """Give the mean, over the subsets, of the first slope less the last, with the noise of the seeds in it."""
    seeds = noise(evidence)
    ends = [np.eye(len(row.slopes))[0] - np.eye(len(row.slopes))[-1] for row in rows]
    fall = float(np.mean([weights @ row.slopes for row, weights in zip(rows, ends, strict=True)]))
    apart = [row.noise(weights) for row, weights in zip(rows, ends, strict=True)]
    half = seed_margin(seeds, evidence.level) * seeds.log * float(np.linalg.norm(apart)) / len(rows)
    return between(fall, fall - half, fall + half, evidence.level)


@dataclass(frozen=True)
class Stop:
    """One early-stopped run: its step in S_min units beside the bound of eq 5.7."""

    params: float
    data: float
    step: float
    step_min: float
    bound: float


def stops(evidence: FamilyTables) -> list[Stop]:
    """Compare the steps at which runs on little text had their lowest test loss with the lower bound (eq 5.7).

    L(N, D) is measured; L(N, inf) is the joint law's. The step is in S_min by the B_crit of its own loss.
    """
    points = evidence.limited
    points = points.take((points["whole"] == 0) & (points["stopped"] == 1))
    curve, critical = evidence.steps_law.fit.values, evidence.critical_constants
    found = []
    for n, d, step, batch, loss in zip(
        *(points[name] for name in ("params_nonembedding", "dataset_tokens", "steps", "batch_tokens", "loss_nats")),
        strict=True,
    ):
        turning = critical_batch(loss, **critical)
        bound = float(least_stopping_steps(n, d, evidence.data_law.fit.values, curve))
        found.append(Stop(float(n), float(d), float(step), float(steps_min(step, batch, turning)), bound))
    return found
