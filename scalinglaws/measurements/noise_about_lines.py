"""The noise of ln L about a line, and what a line misses beyond it: its curvature, and the share that it explains."""

from dataclasses import dataclass

import numpy as np

from ..results.attempt import Lacking
from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile
from .family_tables import FamilyTables
from .intervals import between, r_squared

LEAST_CURVED = 4  # points, for a curvature with an interval
MISFIT = 0.05  # level of the test by which residuals are more than noise


@dataclass(frozen=True)
class Noise:
    """The variance of ln L about a curve, and its degrees of freedom."""

    variance: float
    degrees: float


def about_a_line(evidence: FamilyTables, squares: float, degrees: int) -> Noise:
    """Estimate the noise of ln L from the squared residuals of a curve and from the seeds of F-SEED, pooled.

    They are pooled unless the residuals are larger than seeds explain (F test, 5%): then the curve misses the points by
    more than their noise, and its residuals alone count.
    """
    from scipy.special import fdtrc

    own = Noise(squares / max(degrees, 1), degrees)
    try:
        seeds = evidence.sigma
    except Lacking:
        return own
    known, more = seeds.log**2, seeds.seeds - 1
    if degrees < 1 or not known > 0:
        return Noise(known, more) if degrees < 1 else own
    if fdtrc(degrees, more, own.variance / known) < MISFIT:
        return own
    return Noise((squares + more * known) / (degrees + more), degrees + more)


def explained(evidence: FamilyTables, r2: float, points: int, spread: float) -> Estimate:
    """Give the share that a line explains, at these points, of the variance of ln L that is not noise between seeds.

    What the line misses there is fixed, and noise moves it: the residuals of a line through what is not noise differ
    in length from those of the line found by at most the noise along them (t of the seeds; the lower end), and by at
    most the noise in all of their directions (F; the upper end). Without seeds all of the residuals may be noise.

    Args:
        r2: of the line through `points` points that count as independent, whose ln L have the variance `spread`.
    """
    from scipy.special import fdtri

    try:
        seeds = evidence.sigma
    except Lacking:
        return between(r2, r_squared(r2, points, evidence.level).ends[0], 1.0, evidence.level)
    more, degrees = max(points - 2, 1), seeds.seeds - 1
    missed = np.sqrt(max(1 - r2, 0.0))
    sd = seeds.log / np.sqrt(points * max(spread, 1e-300))  # relative to the spread, as `missed` is
    along = t_quantile(evidence.level, degrees) * sd
    in_all = np.sqrt(more * fdtri(more, degrees, (1 + evidence.level) / 2)) * sd
    value = 1 - max(0.0, missed**2 - more * sd**2)
    return between(value, max(0.0, 1 - (missed + along) ** 2), 1 - max(0.0, missed - in_all) ** 2, evidence.level)


def curvature(evidence: FamilyTables, x: np.ndarray, y: np.ndarray) -> Estimate | None:
    """Estimate the coefficient of x^2 in y with a t interval; None with fewer than four points."""
    if len(np.unique(x)) < LEAST_CURVED:
        return None
    weights, squares = of_square(x, y)
    noise = about_a_line(evidence, squares, len(x) - 3)
    half = t_quantile(evidence.level, noise.degrees) * np.sqrt(noise.variance * np.sum(weights**2))
    value = float(weights @ y)
    return between(value, value - half, value + half, evidence.level)


def of_square(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    """Give the weights of y in the least-squares coefficient of x^2, and the squared residuals of that parabola."""
    x = x - x.mean()
    design = np.stack([np.ones_like(x), x, x**2], axis=1)
    solve = np.linalg.pinv(design)
    return solve[2], float(np.sum((y - design @ (solve @ y)) ** 2))


def curvature_of_frontier(evidence: FamilyTables, x: np.ndarray, y: np.ndarray, nearest: np.ndarray) -> Estimate | None:
    """Estimate the curvature along optima that share the seeds of few sizes: those nearest to one size move
    together.
    """
    if len(np.unique(nearest)) < LEAST_CURVED - 1 or len(np.unique(x)) < LEAST_CURVED:
        return None
    weights, squares = of_square(x, y)
    shared = np.array([weights[nearest == one].sum() for one in np.unique(nearest)])
    seeds, level = evidence.sigma, evidence.level
    by_seeds = t_quantile(level, seeds.seeds - 1) * seeds.log * float(np.linalg.norm(shared))
    scatter = t_quantile(level, max(len(shared) - 2, 1)) * np.sqrt(squares / len(x) / len(shared) * len(x))
    half = float(np.hypot(by_seeds, scatter * np.linalg.norm(weights)))
    value = float(weights @ y)
    return between(value, value - half, value + half, level)
