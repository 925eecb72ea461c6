"""The noise of ln L about a line, and what a line misses beyond it: its curvature, and the share that it explains."""

from dataclasses import dataclass

import numpy as np

from ..results.attempt import Lacking
from ..results.fitted import Estimate
from ..uncertainty.interval_ends import t_quantile
from .family_tables import FamilyTables
from .intervals import between, beyond_noise, r_squared, spread_ratio

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


def explained(evidence: FamilyTables, r2: float, points: int, noise: Noise, scatter: float, spread: float) -> Estimate:
    """Give R2 beyond the noise of seeds, from the variance of ln L about the line (`scatter`) and in all (`spread`)."""
    found = r_squared(r2, points, evidence.level, (noise.variance / max(spread, 1e-300), noise.degrees))
    try:
        seeds = evidence.sigma
    except Lacking:
        return between(r2, found.ends[0], 1.0, evidence.level)  # all of the scatter may be noise
    over = spread_ratio(float(np.sqrt(scatter)) / seeds.log, max(points - 2, 1), seeds, evidence.level)
    return beyond_noise(found, over)


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
