"""Refit resampled runs, all in one batch: the pairs and the wild cluster bootstrap."""

from collections.abc import Callable

import numpy as np

from ..fit import Fit
from ..fit.solve import Solution, solve_graduated

BLOCK = 1000  # resamples drawn at once: bounds the memory of their counts

Progress = Callable[[int, int], None]


def numbered(clusters: np.ndarray) -> tuple[np.ndarray, int]:
    """Give each point the number of its run, and the number of runs."""
    labels, index = np.unique(clusters, return_inverse=True)
    return index, len(labels)


def pairs_counts(index: np.ndarray, groups: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw runs with replacement: how often each point is in each resample, (rows, n)."""
    picked = rng.integers(groups, size=(rows, groups))
    flat = picked + np.arange(rows)[:, None] * groups
    counts = np.bincount(flat.ravel(), minlength=rows * groups).reshape(rows, groups)
    return counts[:, index].astype(np.float64)


def refit(fit: Fit, counts: np.ndarray) -> Solution:
    """Refit with every point counted as often as `counts`, (rows, n), says; from the fit's own optimum."""
    return solve_graduated(fit.problem, np.repeat(fit.z[None], len(counts), axis=0), counts)


def pairs(fit: Fit, n: int, rng: np.random.Generator, progress: Progress | None) -> tuple[np.ndarray, np.ndarray]:
    """Resample whole runs and refit: coordinates (n, free), and which of them are optima."""
    index, groups = numbered(fit.clusters)
    return blocks(n, progress, len(index), lambda rows: refit(fit, pairs_counts(index, groups, rows, rng)))


def blocks(n: int, progress: Progress | None, points: int, make: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Call make(rows) until n resamples are done; few enough at once that their counts stay small."""
    z, good = [], []
    block = max(1, min(BLOCK, 10_000_000 // points))
    for at in range(0, n, block):
        found = make(min(block, n - at))
        z.append(found.z)
        good.append(found.converged & np.isfinite(found.z).all(1))
        if progress:
            progress(min(at + block, n), n)
    return np.concatenate(z), np.concatenate(good)
