"""The minimum of ln loss over the logarithms of swept hyperparameters, from the runs near the best, with its error.

The valley is steeper on one side: a parabola fitted to runs within 4% of the best puts StepLaw's best rates at 0.6 of
where runs within 1% put them. So a cubic is fitted to the runs near the best, and what a window twice as wide gives
is taken as the error of the form.
"""

from dataclasses import dataclass
from itertools import combinations_with_replacement
from math import factorial

import numpy as np

DEPTH = 0.01  # ln loss above the best: the window of runs that are fitted
SPARE = 6  # runs in a window beyond the coefficients of the surface
WIDEST = 0.16
STEEPEST = 0.3  # longest step, in logarithms
STEPS = 60
FLAT = 1e-5  # curvature of ln loss per squared nat below which there is no valley


@dataclass(frozen=True)
class Lowest:
    """Where ln loss is lowest.

    Attributes:
        place: ln of the hyperparameters there, (knobs,). covariance: of it, from the scatter of the runs.
        log_loss: there; scatter: standard deviation of ln loss about the surface. used: runs fitted; spare: those
            beyond the coefficients.
        depth: the window. minimum: whether the surface curves upwards in every direction.
    """

    place: np.ndarray
    covariance: np.ndarray
    log_loss: float
    scatter: float
    used: int
    spare: int
    depth: float
    minimum: bool


def powers(knobs: int, degree: int) -> list[tuple[int, ...]]:
    """List the exponents of every monomial up to a degree: (0, 0), (1, 0), (0, 1), (2, 0) ..."""
    found = []
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(range(knobs), total):
            found.append(tuple(chosen.count(k) for k in range(knobs)))
    return found


def _terms(u: np.ndarray, of: list[tuple[int, ...]]) -> np.ndarray:
    """Give u^p / p! of every monomial: (..., terms); a negative exponent is a derivative that is gone."""
    columns = []
    for p in of:
        gone = min(p) < 0
        scale = 0.0 if gone else 1 / np.prod([factorial(n) for n in p])
        columns.append(scale * np.prod([u[..., k] ** max(n, 0) for k, n in enumerate(p)], axis=0))
    return np.stack(columns, axis=-1)


def _lowered(of: list[tuple[int, ...]], *by: int) -> list[tuple[int, ...]]:
    """Differentiate every monomial of the form u^p / p! once for each knob named."""
    return [tuple(n - by.count(k) for k, n in enumerate(p)) for p in of]


def lowest_of(x: np.ndarray, y: np.ndarray, depth: float = DEPTH, degrees: tuple[int, ...] = (3, 2)) -> Lowest | None:
    """Find the minimum of a cubic through the runs within `depth` of the best; of fewer runs a parabola's.

    Where too few runs lie in the window it is doubled. If no window has `SPARE` runs beyond the coefficients, one will
    do: the scatter is then that of all cells.

    Args:
        x: ln of the hyperparameters, (runs, knobs). y: ln loss, (runs,).
        degrees: of the polynomials that are tried in each window.

    Returns:
        None if no window has enough runs, or some hyperparameter has fewer than three values in it.
    """
    for spare in (SPARE, 1):
        wide = depth
        while wide <= WIDEST:
            for degree in degrees:
                found = _within(x, y, wide, degree, spare)
                if found is not None:
                    return found
            wide *= 2
    return None


def _within(x: np.ndarray, y: np.ndarray, depth: float, degree: int, spare: int) -> Lowest | None:
    near, of = y <= y.min() + depth, powers(x.shape[1], degree)
    if near.sum() < len(of) + spare or _values(x[near]) <= degree:
        return None
    return _fitted(x[near], y[near], of, depth)


def _values(x: np.ndarray) -> int:
    return min(len(np.unique(np.round(x[:, k], 6))) for k in range(x.shape[1]))


def _fitted(x: np.ndarray, y: np.ndarray, of: list[tuple[int, ...]], depth: float) -> Lowest:
    centre = x[np.argmin(y)]
    design = _terms(x - centre, of)
    c, *_ = np.linalg.lstsq(design, y, rcond=None)
    spare = len(y) - len(of)
    residual = y - design @ c
    scatter = float(np.sqrt(residual @ residual / spare))
    u, curvature = _walked(c, of, x - centre)
    knobs = range(x.shape[1])
    slopes = np.stack([_terms(u, _lowered(of, k)) for k in knobs])  # of the gradient, in the coefficients
    minimum = bool(np.linalg.eigvalsh(curvature).min() > FLAT)
    moved = np.linalg.pinv(curvature) @ slopes
    covariance = scatter**2 * moved @ np.linalg.pinv(design.T @ design) @ moved.T
    height = float(_terms(u, of) @ c)
    return Lowest(centre + u, covariance, height, scatter, len(y), spare, depth, minimum)


def _walked(c: np.ndarray, of: list[tuple[int, ...]], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Go down from the best run by Newton's steps, inside the window; give the place and the curvature there."""
    knobs = range(x.shape[1])
    u, low, high = np.zeros(x.shape[1]), x.min(axis=0), x.max(axis=0)
    curvature = np.eye(x.shape[1])
    for _ in range(STEPS):
        slope = np.array([_terms(u, _lowered(of, k)) @ c for k in knobs])
        curvature = np.array([[_terms(u, _lowered(of, j, k)) @ c for j in knobs] for k in knobs])
        sizes, axes = np.linalg.eigh(curvature)
        step = -axes @ ((axes.T @ slope) / np.maximum(np.abs(sizes), FLAT))
        moved = np.clip(u + np.clip(step, -STEEPEST, STEEPEST), low, high)
        if np.abs(moved - u).max() < 1e-9:
            break
        u = moved
    return u, curvature
