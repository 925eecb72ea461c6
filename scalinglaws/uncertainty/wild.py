"""The wild cluster bootstrap: keep the inputs, flip the residuals of whole runs, refit."""

from dataclasses import replace

import numpy as np

from ..fitting.fit_record import Fit
from ..fitting.problem import residuals
from ..fitting.solve import solve_graduated
from .drawn import Spread
from .resample import Progress, blocks, numbered
from .sandwich import TINY, curvature

FEW_RUNS = 12  # with fewer runs, two signs make too few different resamples: six values are used (Webb 2014)
MOST_LEVERAGE = 0.99  # if a parameter depends on one run only, that run has no residual to inflate
WEBB = np.sqrt(np.array([0.5, 1.0, 1.5]))


def wild(fit: Fit, n: int, rng: np.random.Generator, progress: Progress | None) -> tuple[np.ndarray, np.ndarray]:
    """Refit to predicted + sign x inflated residual: coordinates (n, free), and which of them are optima."""
    index, groups = numbered(fit.clusters)
    u = residuals(fit.problem, fit.z[None])[0]
    predicted = fit.problem.target + u / fit.problem.scales
    inflated = -_inflated(fit, u, index, groups) / fit.problem.scales

    def make(rows):
        target = predicted + signs(groups, rows, rng)[:, index] * inflated
        return solve_graduated(replace(fit.problem, target=target), np.repeat(fit.z[None], rows, axis=0))

    return blocks(fit, n, progress, make)


def _inflated(fit: Fit, u: np.ndarray, index: np.ndarray, groups: int) -> np.ndarray:
    """Undo the pull of each run on the fit: (I - H_gg)^-1 u_g, with H_gg the leverage of run g on its own points.

    For a run of one point this is u / (1 - h), as in HC3. For checkpoints the leverage of single points is not enough:
    the run pulls the law towards all of them (12 runs of 5, alpha at 95%: coverage 0.80 by points, 0.96 by runs).
    """
    _, second, along, inverse = curvature(fit)
    size = np.sqrt(np.maximum(np.diag(inverse), TINY))
    values, vectors = np.linalg.eigh(inverse / size / size[:, None])
    felt = (size[:, None] * vectors * np.sqrt(np.maximum(values, 0.0))).T @ along  # (p, n): H = felt' felt x second
    own, pull = np.zeros((groups, len(felt), len(felt))), np.zeros((groups, len(felt)))
    np.add.at(own, index, np.einsum("pn,qn->npq", felt * second, felt))
    np.add.at(pull, index, (felt * second * u).T)
    share, axes = np.linalg.eigh(own)
    share = np.clip(share, 0.0, MOST_LEVERAGE)
    undone = axes @ (np.einsum("gpq,gp->gq", axes, pull) / (1 - share))[:, :, None]
    return u + np.einsum("pn,np->n", felt, undone[index, :, 0])


def signs(groups: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a multiplier of mean zero and variance one for each run, (rows, groups)."""
    flipped = rng.integers(2, size=(rows, groups)) * 2.0 - 1.0
    if groups >= FEW_RUNS:
        return flipped
    return flipped * WEBB[rng.integers(3, size=(rows, groups))]


def wild_spread(fit: Fit, z: np.ndarray) -> Spread:
    """Convert resamples to an estimate -+ t standard deviations: percentiles of this bootstrap are too narrow."""
    _, groups = numbered(fit.clusters)
    return Spread(np.atleast_2d(np.cov(z.T)), float(max(groups - len(fit.z), 1)))
