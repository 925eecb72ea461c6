"""Refitting of resampled runs, all in one batch: the pairs cluster bootstrap."""

from collections.abc import Callable

import numpy as np

from ..errors import FitError, counted
from ..fitting.columns import or_hold
from ..fitting.fit_record import Fit
from ..fitting.project import advance, can_project
from ..fitting.solve import Solution, solve, solve_graduated
from ..fitting.starts import starting_points
from .interval_ends import t_quantile

NEAR_ENOUGH = 0.01  # remaining gain, in the fit's objective per run: a tenth of a standard error away
MANY_RUNS = 10  # runs per free parameter, from which the resamples of a clean fit are alike
STARTS = 6  # starts per resample, if one start may miss its optimum
PROBE = 24  # resamples in which all starts are tried before one start is trusted for the others
LOWER = 1e-4  # relative gain by another start which shows that the first missed the optimum
SHORT = 60  # steps from each of several starts; only the best continues to the end
BLOCK = 1000  # resamples drawn at once: bounds the memory of their counts

Progress = Callable[[int, int], None]


def numbered(clusters: np.ndarray) -> tuple[np.ndarray, int]:
    """Give each point the number of its run, and the number of runs."""
    labels, index = np.unique(clusters, return_inverse=True)
    return index, len(labels)


def check_runs(fit: Fit, parameters: int) -> int:
    """Give the number of runs, if there are more runs than parameters.

    Raises:
        FitError: there are too few runs to estimate any spread.
    """
    _, groups = numbered(fit.clusters)
    if groups <= parameters:
        free = {name: fit.values[name] for name in fit.problem.coordinates.free}
        raise FitError(
            f"{counted(groups, 'run')} cannot show the spread of {counted(parameters, 'free parameter')} of law "
            f"{fit.law.name!r}: intervals need {parameters + 1} runs or more. Add runs"
            f"{or_hold(free, parameters + 1 - groups)}."
        )
    return groups


def pairs_counts(
    index: np.ndarray, groups: int, rows: int, rng: np.random.Generator, picks: int | None = None
) -> np.ndarray:
    """Draw runs with replacement: how often each point is in each resample, (rows, n).

    Args:
        picks: number of runs in a resample, weighted so that the total is that of all runs; by default all runs.
    """
    picks = picks or groups
    picked = rng.integers(groups, size=(rows, picks))
    flat = picked + np.arange(rows)[:, None] * groups
    counts = np.bincount(flat.ravel(), minlength=rows * groups).reshape(rows, groups)
    return counts[:, index] * (groups / picks)


def refit(fit: Fit, counts: np.ndarray, start: np.ndarray | None = None) -> Solution:
    """Refit with every point counted as often as `counts`, (rows, n), says; from the fit's optimum or from `start`."""
    start = fit.z if start is None else start
    return solve_graduated(fit.problem, np.repeat(start[None], len(counts), axis=0), counts)


def pairs(
    fit: Fit, n: int, rng: np.random.Generator, progress: Progress | None, starts: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Resample whole runs and refit: coordinates (n, free), and which of them are optima.

    A resample that starts at the fit's optimum finds only the minimum near it. One start is used if the fit is clean
    and more starts gain nothing in the first resamples; otherwise `starts` says how many.

    If the fit is not clean, a resample has only as many runs as there are beyond the free parameters. Resamples of all
    runs do not subtract the degrees of freedom, and are wrong if a term may be zero (Bickel et al. 1997, Andrews 2000);
    with fewer runs the spread is larger by the root of runs / (runs - parameters), along the valley. It is larger by
    another factor, that of Student's t over the normal quantile, as the noise is known from those degrees alone.
    """
    index, groups = numbered(fit.clusters)
    picks = _few(groups, len(fit.z)) if starts is None and unsettled(fit) else groups
    further = [] if starts == 1 else _further_starts(fit, (starts or STARTS) - 1)
    if starts is None and not unsettled(fit):
        probe = pairs_counts(index, groups, PROBE, np.random.default_rng(PROBE))
        further = further if groups < MANY_RUNS * len(fit.z) and _gains(fit, probe, further) else []

    def make(rows):
        counts = pairs_counts(index, groups, rows, rng, picks)
        return _from_all(fit, counts, further) if further else refit(fit, counts)

    return blocks(fit, n, progress, make)


def _few(groups: int, free: int) -> int:
    """Give the runs of a resample for which the spread of a normal law has the 95% quantiles of Student's t."""
    degrees = groups - free
    if degrees < 1:
        return min(groups, free + 1)
    share = (t_quantile(0.95, 1e9) / t_quantile(0.95, degrees)) ** 2
    return max(round(degrees * share), min(groups, free + 1))


def unsettled(fit: Fit) -> bool:
    """Say whether the fit itself shows that its resamples may have their optima elsewhere."""
    return fit.outcome != "converged" or fit.starts_agreeing < 1


def _gains(fit, counts, further) -> bool:
    first, best = refit(fit, counts), _from_all(fit, counts, further)
    return bool((best.objective < first.objective * (1 - LOWER) - 1e-26 * fit.n).any())


def _from_all(fit, counts, further) -> Solution:
    """Take a few steps from every start, and continue to the end only from the best."""
    problem = fit.problem
    begun = (fit.z, *further)
    starts = np.repeat(np.array(begun), len(counts), axis=0)
    best = best_of(solve_graduated(problem, starts, np.tile(counts, (len(begun), 1)), SHORT), len(begun))
    left = np.flatnonzero(~best.converged)
    if not len(left):
        return best
    ended = solve(problem, best.z[left], counts[left])
    for name in ("z", "objective", "decrement", "converged"):
        getattr(best, name)[left] = getattr(ended, name)
    return best


def _further_starts(fit, many) -> list[np.ndarray]:
    z = starting_points(fit.problem, np.random.default_rng(many), many)[:many]
    return list(advance(fit.problem, z, steps=2) if can_project(fit.problem) else z)


def best_of(found: Solution, starts: int) -> Solution:
    """Keep the lowest objective of each row; `found` has the rows of the first start, then those of the next."""
    rows = len(found.z) // starts
    best = np.argmin(found.objective.reshape(starts, rows), axis=0) * rows + np.arange(rows)
    return Solution(found.z[best], found.objective[best], found.decrement[best], found.converged[best], found.steps)


def blocks(fit: Fit, n: int, progress: Progress | None, make: Callable) -> tuple[np.ndarray, np.ndarray]:
    """Call make(rows) until n resamples are done, with few enough rows at once that memory stays small."""
    z, good = [], []
    enough = max(fit.objective, 1e-26 * fit.n)
    block = max(1, min(BLOCK, 10_000_000 // fit.n))
    for at in range(0, n, block):
        found = make(min(block, n - at))
        z.append(found.z)
        left = found.decrement * np.minimum(found.objective, enough)
        good.append((left <= NEAR_ENOUGH * enough / fit.n_clusters) & np.isfinite(found.z).all(1))
        if progress:
            progress(min(at + block, n), n)
    return np.concatenate(z), np.concatenate(good)
