"""Criteria from a law's fit to its own points: AICc with a robust likelihood, and cross-validation over runs."""

from math import erf, exp, log, pi, sqrt

import numpy as np

from ..errors import FitError, PointsError
from ..fitting.columns import with_derived_inputs
from ..fitting.fit import fit
from ..fitting.fit_record import Fit
from ..laws.declaration import Law
from ..points.points import Points
from .backtest import target_column

_CORNER = 1.345  # standard deviations where the likelihood turns from Gaussian to exponential tails


def aicc(found: Fit) -> float:
    """Akaike's criterion with the small-sample term: 2k - 2 ln likelihood + 2k(k+1)/(n-k-1), k parameters and a scale.

    The likelihood of the log residuals is Huber's, exp(-rho(r/s))/s at its best s: Gaussian in the middle with
    exponential tails, so that one outlier does not decide which law is chosen. Infinite for n <= k + 1. Points of one
    run are treated as independent: with checkpoints in the table the criterion favours laws with many parameters too
    much.
    """
    k = len(found.free) + 1
    if found.n <= k + 1:
        return float("inf")
    return float(2 * k + 2 * _minus_log_likelihood(np.asarray(found.residuals)) + 2 * k * (k + 1) / (found.n - k - 1))


def _minus_log_likelihood(residuals: np.ndarray) -> float:
    sizes = np.abs(residuals)
    scale = np.log(max(1.4826 * float(np.median(sizes)), 1e-12))

    def cost(log_scale: float) -> float:
        u = sizes / np.exp(log_scale)
        rho = np.where(u <= _CORNER, u**2 / 2, _CORNER * (u - _CORNER / 2))
        return len(u) * log_scale + float(rho.sum())

    low, high = scale - 4, scale + 4
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, right) if cost(left) < cost(right) else (left, high)
    return cost((low + high) / 2) + len(sizes) * _log_norm()


def _log_norm() -> float:
    """Give ln of the integral of exp(-rho): a Gaussian middle and two exponential tails."""
    middle = sqrt(2 * pi) * erf(_CORNER / sqrt(2))
    return log(middle + 2 / _CORNER * exp(-(_CORNER**2) / 2))


def cross_validated(law: Law, points: Points, folds: int, seed: int, options: dict) -> float:
    """Root mean square log error on runs left out, a fold of runs at a time; NaN where a fold cannot be fitted."""
    points = with_derived_inputs(law, points, options.get("columns"))[0]
    labels = points.clusters() if "run_id" in points else np.arange(len(points)).astype(str)
    names = np.unique(labels)
    folds = min(folds, len(names))
    place = dict(zip(names, np.random.default_rng(seed).permutation(len(names)) % folds, strict=True))
    fold = np.array([place[label] for label in labels])
    errors = []
    for number in range(folds):
        held = points.take(fold == number)
        try:
            found = fit(law, points.take(fold != number), **options)
        except (FitError, PointsError):
            return float("nan")
        said = found.evaluate(**{letter: held[found.columns[letter]] for letter in found.law.inputs})
        errors.append(np.log(held[target_column(found)]) - np.log(said))
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))
