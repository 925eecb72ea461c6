"""Refit resampled runs, all in one batch: the pairs and the wild cluster bootstrap."""

from collections.abc import Callable

import numpy as np

from ..errors import FitError
from ..fit import Fit
from ..fit.project import advance, can_project
from ..fit.solve import Solution, solve_graduated
from ..fit.starts import starting_points

NEAR_ENOUGH = 1e-5  # of the fit's objective, left to gain: a term that drifts to nothing never quite arrives
BLOCK = 1000  # resamples drawn at once: bounds the memory of their counts

Progress = Callable[[int, int], None]


def numbered(clusters: np.ndarray) -> tuple[np.ndarray, int]:
    """Give each point the number of its run, and the number of runs."""
    labels, index = np.unique(clusters, return_inverse=True)
    return index, len(labels)


def check_runs(fit: Fit, parameters: int) -> int:
    """Give the number of runs, where there are more of them than parameters.

    Raises:
        FitError: too few runs to show any spread.
    """
    _, groups = numbered(fit.clusters)
    if groups <= parameters:
        raise FitError(
            f"{groups} runs cannot show the spread of {parameters} free parameters of law {fit.law.name!r}: intervals "
            f"need {parameters + 1} runs or more. Add runs, or hold parameters with --fix NAME=VALUE."
        )
    return groups


def pairs_counts(index: np.ndarray, groups: int, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Draw runs with replacement: how often each point is in each resample, (rows, n)."""
    picked = rng.integers(groups, size=(rows, groups))
    flat = picked + np.arange(rows)[:, None] * groups
    counts = np.bincount(flat.ravel(), minlength=rows * groups).reshape(rows, groups)
    return counts[:, index].astype(np.float64)


def refit(fit: Fit, counts: np.ndarray, start: np.ndarray | None = None) -> Solution:
    """Refit with every point counted as often as `counts`, (rows, n), says; from the fit's optimum or from `start`."""
    start = fit.z if start is None else start
    return solve_graduated(fit.problem, np.repeat(start[None], len(counts), axis=0), counts)


def pairs(
    fit: Fit, n: int, rng: np.random.Generator, progress: Progress | None, starts: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Resample whole runs and refit: coordinates (n, free), and which of them are optima."""
    index, groups = numbered(fit.clusters)
    further = _further_starts(fit, rng, starts - 1) if starts > 1 else []

    def make(rows):
        counts = pairs_counts(index, groups, rows, rng)
        return best_of([refit(fit, counts), *(refit(fit, counts, start) for start in further)])

    return blocks(fit, n, progress, make)


def _further_starts(fit, rng, many):
    z = starting_points(fit.problem, rng, many)
    return advance(fit.problem, z, steps=2) if can_project(fit.problem) else z


def best_of(found: list[Solution]) -> Solution:
    """Keep the lowest objective of each row."""
    best = found[0]
    for other in found[1:]:
        better = other.objective < best.objective
        best = Solution(
            np.where(better[:, None], other.z, best.z),
            *(np.where(better, getattr(other, k), getattr(best, k)) for k in ("objective", "decrement", "converged")),
            steps=max(best.steps, other.steps),
        )
    return best


def blocks(fit: Fit, n: int, progress: Progress | None, make: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Call make(rows) until n resamples are done; few enough at once that their counts stay small."""
    z, good = [], []
    enough = max(fit.objective, 1e-26 * fit.n)
    block = max(1, min(BLOCK, 10_000_000 // fit.n))
    for at in range(0, n, block):
        found = make(min(block, n - at))
        z.append(found.z)
        left = found.decrement * np.minimum(found.objective, enough)
        good.append((left <= NEAR_ENOUGH * enough) & np.isfinite(found.z).all(1))
        if progress:
            progress(min(at + block, n), n)
    return np.concatenate(z), np.concatenate(good)
