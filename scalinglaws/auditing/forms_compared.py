"""Forms of the law compared: errors on larger runs as ratios, and the range of forecasts, each with its interval."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from ..results.fitted import Estimate
from ..results.outcome import FAILED, PASSED, outcome_of
from ..uncertainty.interval_ends import t_quantile
from ..uncertainty.resample import numbered, refit
from .bakeoff import Form, cuts, far_point, rows_in_order
from .evidence import Evidence, Lacking
from .exponents_compared import DIGITS, groups_left_out, jackknife_half

LEAST = 1e-12  # error: that of a form on runs without noise


def ratios_of_errors(scores: np.ndarray, level: float) -> list[Estimate]:
    """Give the error of each form on larger runs over the lowest one, with its interval over these runs.

    The ends are the largest of those over each other form, each of the logarithm and by Student's t of paired runs.

    Args:
        scores: the share of every larger run in the error of each form, (forms, runs).
    """
    runs = scores.shape[1]
    errors = np.maximum(scores.sum(axis=1), LEAST)
    logs = np.log(errors[:, None] / errors)
    shares = scores / errors[:, None]
    spread = np.sqrt(runs / max(runs - 1, 1) * ((shares[:, None] - shares) ** 2).sum(axis=2))
    half = t_quantile(level, max(runs - 1, 1)) * spread
    sides = [np.exp((logs + side * half).max(axis=1)) for side in (0, -1, 1)]
    return [Estimate(float(at), float(low), float(high), level) for at, low, high in zip(*sides, strict=True)]


def scores_on_larger_runs(e: Evidence, forms: Sequence[Form]) -> np.ndarray:
    """Give the share of every larger run in the mean absolute error of ln L of each form: (forms, runs)."""
    order = rows_in_order(e)
    index, runs = numbered(e.base.clusters(e.cluster)[order])
    made = np.zeros((len(forms), runs))
    for score, one in zip(made, forms, strict=True):
        for cut, found in zip(cuts(len(order)), one.below, strict=True):
            above = order[cut:]
            off = np.abs(np.log(e.loss[above] / found.evaluate(N=e.size[above], D=e.tokens[above])))
            score += np.bincount(index[cut:], off, runs) / (len(off) * len(one.below))
    return made[:, np.bincount(index[min(cuts(len(order))) :], minlength=runs) > 0]


def range_of_forecasts(
    forms: Sequence[Form], ratios: Sequence[Estimate], left: np.ndarray, highest: float, level: float
) -> Estimate:
    """Give the largest difference between the forecasts of good forms, in ln L, with its interval.

    A form is good where its error is at most `highest` times the lowest. The lower end is of the forms that are good
    by their whole interval, the upper end of all that may be.

    Args:
        left: ln of the forecasts with each group of runs left out, (forms, groups).
    """
    outcomes = [outcome_of(one, high=highest) for one in ratios]
    value = low = high = 0.0
    for i, j in combinations(range(len(forms)), 2):
        apart = abs(float(np.log(forms[i].forecast / forms[j].forecast)))
        half = jackknife_half(left[i] - left[j], level)
        if max(ratios[i].value, ratios[j].value) <= highest:
            value = max(value, apart)
        if outcomes[i] == outcomes[j] == PASSED:
            low = max(low, apart - half)
        if FAILED not in (outcomes[i], outcomes[j]):
            high = max(high, apart + half)
    return Estimate(value, round(min(low, value), DIGITS), max(high, value), level)


def forecasts_left_out(e: Evidence, forms: Sequence[Form]) -> np.ndarray:
    """Leave groups of whole runs out of all forms at once: ln of their forecasts, (forms, groups).

    Raises:
        Lacking: the fits are not to the same rows.
    """
    if len({one.fit.n for one in forms}) > 1:
        raise Lacking("the same rows in every fit")
    kept = groups_left_out(forms[0].fit.clusters, e.seed)
    far = far_point(e)
    place = (np.array([far["N"]]), np.array([far["D"]]))
    with np.errstate(all="ignore"):
        said = [one.fit.problem.coordinates.value(refit(one.fit, kept).z, place)[:, 0] for one in forms]
        return np.log(said)
