"""Runs of equal inputs, such as seeds of one size and horizon: they share what the law misses there."""

from dataclasses import replace

import numpy as np

from ..errors import FitError
from ..fitting.fit_record import Fit, FitWarning
from .interval_ends import t_quantile
from .resample import numbered
from .sandwich import to_first_order

WIDER = 1.25  # interval by settings over that by runs, above which runs of one setting are not independent


def by_settings(fit: Fit) -> tuple[Fit, tuple[FitWarning, ...]]:
    """Resample runs of equal inputs together where their shared misfit widens an interval, and say so.

    Seeds of one setting scatter by their noise alone, and a law that is wrong there is wrong by as much for all of
    them: resampled one by one they make its constants look as certain as that many settings would. The two are
    compared by the jackknife to first order and its t quantile. Unchanged where no inputs are equal, or no more
    settings than parameters are left.
    """
    settings = _settings(fit)
    runs, left = numbered(fit.clusters)[1], len(np.unique(settings))
    if left == runs or left <= len(fit.z):
        return fit, ()
    together = replace(fit, clusters=settings)
    try:
        wider = _half_widths(together) / np.maximum(_half_widths(fit), 1e-300)
    except FitError:
        return fit, ()
    known = [i for i, name in enumerate(fit.free) if name not in fit.unidentified]
    most = max(known, key=lambda i: wider[i], default=None)
    if most is None or wider[most] <= WIDER:
        return fit, ()
    told = (
        f"{runs} runs are of {left} settings, and runs of equal inputs share what the law misses: they are "
        f"resampled together. One by one the interval of {fit.free[most]} would be {wider[most]:.2g} times narrower."
    )
    return together, (FitWarning("by-settings", told),)


def _half_widths(fit: Fit) -> np.ndarray:
    spread = to_first_order(fit)
    return np.sqrt(np.maximum(np.diag(spread.covariance), 0.0)) * t_quantile(0.95, spread.degrees)


def _settings(fit: Fit) -> np.ndarray:
    """Name the group of each point: runs that have equal inputs anywhere are one group."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    inputs = np.stack([np.asarray(fit.inputs[letter], dtype=float) for letter in fit.law.inputs], axis=1)
    cell, run = np.unique(inputs, axis=0, return_inverse=True)[1].ravel(), numbered(fit.clusters)[0]
    cells = int(cell.max()) + 1
    linked = coo_matrix((np.ones(len(run)), (run + cells, cell)), shape=(cells + run.max() + 1,) * 2)
    return connected_components(linked, directed=False)[1][cell].astype(str)
