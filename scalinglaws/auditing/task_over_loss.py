"""How a downstream task goes with the loss: rank correlation, range over scatter, one curve or one per text."""

from dataclasses import dataclass

import numpy as np

from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile
from .evidence import Lacking

CURVE = 3  # constants of the curve of a task over the loss, a parabola
MOST_GAIN = 1e4  # of a variance: a curve for every text that leaves less than a hundredth of the scatter counts as this


@dataclass(frozen=True)
class TaskRows:
    """A task, the loss and the run of each row: arrays of equal length. Several rows of a run count as one."""

    loss: np.ndarray
    task: np.ndarray
    runs: np.ndarray

    def take(self, rows: np.ndarray) -> "TaskRows":
        """Keep some rows."""
        return TaskRows(self.loss[rows], self.task[rows], self.runs[rows])

    @property
    def many(self) -> int:
        """How many runs there are."""
        return len(np.unique(self.runs))

    @property
    def scatter(self) -> float:
        """Standard deviation of the task about its parabola in the loss."""
        return float(np.std(self.task - np.polyval(np.polyfit(self.loss, self.task, CURVE - 1), self.loss)))


def rank_correlation(rows: TaskRows, level: float) -> Estimate:
    """Give Spearman's correlation of the task with the loss, with its interval.

    Fisher's z has the variance (1 + rho^2/2)/(n - 3) for n runs (Bonett & Wright 2000). Ranks that agree fully stand
    for half an exchange of neighbours: an interval of no width would not be certainty.

    Raises:
        Lacking: fewer than four runs.
    """
    from scipy.stats import spearmanr

    n = rows.many
    if n <= CURVE:
        raise Lacking(f"{CURVE + 1} runs or more; these are {n}")
    rho = float(spearmanr(rows.loss, rows.task).statistic)
    largest = 1 - 6 / (n * (n**2 - 1))
    z = np.arctanh(np.clip(rho, -largest, largest))
    half = t_quantile(level, np.inf) * np.sqrt((1 + rho**2 / 2) / (n - 3))
    low, high = np.tanh([z - half, z + half])
    return Estimate(rho, min(float(low), rho), max(float(high), rho), level)


def range_over_scatter(rows: TaskRows, level: float) -> Estimate:
    """Give the task's range in these rows over its scatter about a parabola in the loss, with its interval.

    The range is that of the table; the scatter is estimated: of n runs its square goes as chi-squared of n - 3 degrees.

    Raises:
        Lacking: fewer than four runs.
    """
    from scipy.special import gammaincinv

    n = rows.many
    if n <= CURVE:
        raise Lacking(f"{CURVE + 1} runs or more; these are {n}")
    value = float(np.ptp(rows.task) / max(rows.scatter, 1e-12))
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    low, high = value * np.sqrt(2 * gammaincinv((n - CURVE) / 2, tails) / n)
    return Estimate(value, min(float(low), value), max(float(high), value), level)


def scatter_of_one_curve(groups: list[TaskRows], level: float) -> Estimate:
    """Give the scatter of a task about one curve for all texts, over that about a curve for every text.

    F = (squares that the curves explain / their constants) / (squares left / their degrees) is noncentral F with nu,
    and the ratio of the standard deviations is sqrt(1 + nu/n) for n runs: its interval is that of nu (Steiger 2004).

    Raises:
        Lacking: a text of too few runs for a curve of its own.
    """
    n, constants = sum(group.many for group in groups), CURVE * (len(groups) - 1)
    degrees = n - CURVE * len(groups)
    if min(group.many for group in groups) <= CURVE:
        raise Lacking(f"more than {CURVE} runs of every text: its curve has {CURVE} constants")
    together = TaskRows(*(np.concatenate([getattr(g, name) for g in groups]) for name in ("loss", "task", "runs")))
    each = sum(len(group.task) * group.scatter**2 for group in groups) / len(together.task)
    gain = float(np.clip(together.scatter**2 / max(each, 1e-24) - 1, 0.0, MOST_GAIN))
    tails = ((1 + level) / 2, (1 - level) / 2)
    low, high = (np.sqrt(1 + _noncentrality(gain * degrees / constants, constants, degrees, p) / n) for p in tails)
    value = float(np.sqrt(1 + gain))
    return Estimate(value, min(float(low), value), max(float(high), value), level)


def _noncentrality(f: float, constants: int, degrees: int, p: float) -> float:
    """Give the noncentrality at which F falls below `f` with probability `p`; 0 where it does so at none.

    By Patnaik 1949: noncentral chi-squared is near (k + nu) chi-squared(h) / h with h = (k + nu)^2 / (k + 2 nu).
    """
    from scipy.optimize import brentq
    from scipy.special import fdtr

    def above(nu: float) -> float:
        return float(fdtr((constants + nu) ** 2 / (constants + 2 * nu), degrees, f * constants / (constants + nu))) - p

    if above(0.0) <= 0:
        return 0.0
    most = 10.0 * (1 + f * constants)
    while above(most) > 0:
        most *= 2
    return float(brentq(above, 0.0, most))
