"""The wild cluster bootstrap: keep the inputs, flip the residuals of whole runs, refit."""

from dataclasses import replace

import numpy as np

from ..fit import Fit
from ..fit.problem import residuals
from ..fit.solve import solve_graduated
from .record import Spread
from .resample import Progress, blocks, numbered
from .sandwich import curvature

FEW_RUNS = 12  # below it two signs make too few different resamples: six values instead (Webb 2014)
WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


def wild(fit: Fit, n: int, rng: np.random.Generator, progress: Progress | None) -> tuple[np.ndarray, np.ndarray]:
    """Refit to predicted + sign x inflated residual: coordinates (n, free), and which of them are optima."""
    index, groups = numbered(fit.clusters)
    u = residuals(fit.problem, fit.z[None])[0]
    _, second, along, inverse = curvature(fit)
    leverage = np.clip(np.einsum("pn,pq,qn->n", along, inverse, along) * second, 0.0, 0.99)
    predicted = fit.problem.target + u / fit.problem.scales
    inflated = -u / fit.problem.scales / (1 - leverage)

    def make(rows):
        target = predicted + signs(groups, rows, rng)[:, index] * inflated
        return solve_graduated(replace(fit.problem, target=target), np.repeat(fit.z[None], rows, axis=0))

    return blocks(fit, n, progress, make)


def signs(groups: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a multiplier of mean zero and variance one for each run, (rows, groups)."""
    flipped = rng.integers(2, size=(rows, groups)) * 2.0 - 1.0
    if groups >= FEW_RUNS:
        return flipped
    return flipped * WEBB[rng.integers(3, size=(rows, groups))]


def wild_spread(fit: Fit, z: np.ndarray) -> Spread:
    """Turn the resamples into an estimate -+ t standard deviations: percentiles of this bootstrap are too narrow."""
    _, groups = numbered(fit.clusters)
    return Spread(np.atleast_2d(np.cov(z.T)), float(max(groups - len(fit.z), 1)))
