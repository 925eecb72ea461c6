"""Overfitting against one combination of size and data, and when to stop."""

from dataclasses import dataclass

import numpy as np

from ..laws.kaplan2020.curves import least_stopping_steps
from ..laws.kaplan2020.efficient import steps_min
from ..laws.kaplan2020.loss import critical_batch
from ..points.points import Points
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between, largest_of, seed_margin
from .joining import once

OVERFIT = 2.0  # standard deviations of a seed: a row whose largest model is above its unlimited loss by more is small


@dataclass(frozen=True)
class Collapse:
    """Excess loss dL = L(N, D) / L(N, inf) - 1 of every run against x = N^p / D, and one curve through all.

    Attributes:
        ratio: p = alpha_N / alpha_D of the joint law.
        x, excess: of every run on a subset; `params`, `data` its size and text.
        curve: (K, q) of dL = (1 + K x)^q - 1.
        sd: of the residuals, in units of dL; `per_seed` what a standard deviation of a seed in nats makes of it: dL is
            of two runs, or of one and the mean of several on all text.
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


def unlimited(points: Points) -> dict[float, float]:
    """Give the loss of each size on the whole text, the family's stand-in for unlimited data."""
    whole = points.take(points["whole"] == 1)
    return {
        float(n): float(whole["loss_nats"][whole["params_nonembedding"] == n].mean())
        for n in np.unique(whole["params_nonembedding"])
    }


@once
def collapse(evidence: FamilyTables) -> Collapse:
    """Put every run on a subset on one axis, and one curve through them.

    Raises:
        Lacking: no size was trained on the whole text too.
    """
    points, law = evidence.limited, evidence.data_law
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
    whole = evidence.limited.take(evidence.limited["whole"] == 1)["params_nonembedding"]
    runs = np.array([np.sum(whole == n) for n in params])
    per_seed = float(np.sqrt(np.mean((1 + 1 / runs) / least**2)))
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
    """-d ln L / d ln N between neighbouring sizes on one amount of text; `small` where the text is scarce."""

    data: float
    slopes: np.ndarray
    steps: np.ndarray
    small: bool


def marginals(evidence: FamilyTables) -> list[Marginal]:
    """Take the slopes along each row of one subset, the smallest subset first."""
    points = evidence.limited
    reference = unlimited(points)
    sigma = evidence.sigma.log
    found = []
    for data in np.unique(points["dataset_tokens"][points["whole"] == 0]):
        row = points.take((points["dataset_tokens"] == data) & (points["whole"] == 0))
        row = row.take(np.argsort(row["params_nonembedding"]))
        x, y = np.log(row["params_nonembedding"]), np.log(row["loss_nats"])
        if len(x) < 3:
            continue
        largest = float(row["params_nonembedding"][-1])
        small = largest in reference and y[-1] - np.log(reference[largest]) > OVERFIT * sigma
        found.append(Marginal(float(data), -np.diff(y) / np.diff(x), np.diff(x), bool(small)))
    return found


def largest_rise(evidence: FamilyTables, rows: list[Marginal]) -> Estimate:
    """Give the largest growth of a slope from one pair of sizes to the next, with the noise of the seeds in it.

    By Bonferroni's correction over all neighbouring pairs; a change is a second difference of three runs' ln L.
    """
    changes = [(np.diff(row.slopes), _noise_of_change(row.steps[:-1], row.steps[1:])) for row in rows]
    margin = seed_margin(evidence.sigma, evidence.level, sum(len(rise) for rise, _ in changes))
    halves = [(rise, margin * evidence.sigma.log * noise) for rise, noise in changes]
    return largest_of(
        [
            between(r, r - half, r + half, evidence.level)
            for rise, half in halves
            for r, half in zip(rise, half, strict=True)
        ]
    )


def mean_fall(evidence: FamilyTables, rows: list[Marginal]) -> Estimate:
    """Give the mean, over the subsets, of the first slope less the last, with the noise of the seeds in it."""
    falls = np.array([row.slopes[0] - row.slopes[-1] for row in rows])
    apart = [
        np.sqrt(2 / row.steps[0] ** 2 + 2 / row.steps[-1] ** 2)
        if len(row.slopes) > 2
        else _noise_of_change(row.steps[0], row.steps[-1])
        for row in rows
    ]
    half = seed_margin(evidence.sigma, evidence.level) * evidence.sigma.log * np.linalg.norm(apart) / len(rows)
    return between(falls.mean(), falls.mean() - half, falls.mean() + half, evidence.level)


def _noise_of_change(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Standard deviation of a change of slope over two neighbouring steps of ln N, for ln L of unit noise."""
    return np.sqrt(1 / first**2 + 1 / second**2 + (1 / first + 1 / second) ** 2)


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
