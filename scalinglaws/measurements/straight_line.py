"""A weighted line through evaluations, with intervals over lineages: the evaluations of one run are not independent."""

import numpy as np

from ..results.fitted import Estimate


def coefficients(
    design: np.ndarray, y: np.ndarray, lineage: np.ndarray, level: float, weight: np.ndarray | None = None
) -> list[Estimate]:
    """Solve least squares; intervals leave out one lineage at a time (jackknife, t quantiles of lineages - 1).

    Args:
        design: shape (points, columns); `y`, `lineage` and `weight` have shape (points,).

    Returns:
        one estimate per column; without an interval where all points are of one lineage.
    """
    from scipy.special import stdtrit

    weight = np.ones(len(y)) if weight is None else weight
    values = _solve(design, y, weight)
    named = np.unique(lineage)
    if len(named) < 2:
        return [Estimate(float(v), None, None, level) for v in values]
    left = np.array([_solve(design, y, weight * (lineage != one)) for one in named])
    spread = np.sqrt((len(named) - 1) / len(named) * np.sum((left - left.mean(axis=0)) ** 2, axis=0))
    half = stdtrit(len(named) - 1, (1 + level) / 2) * spread
    return [Estimate(float(v), float(v - h), float(v + h), level) for v, h in zip(values, half, strict=True)]


def _solve(design: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    root = np.sqrt(weight)
    return np.linalg.lstsq(design * root[:, None], y * root, rcond=None)[0]
