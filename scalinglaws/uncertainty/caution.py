"""What a reader of an interval must know: few runs, lost resamples, methods that disagree."""

import numpy as np

from ..errors import FitError
from ..fit import Fit, FitWarning
from .resample import numbered
from .sandwich import sandwich

RUNS_EACH = 3  # runs a free parameter, below which no method's coverage is known
LOST = 0.05  # share of resamples without an optimum from which an interval leaves out what it should hold
APART = 0.25  # relative difference of two methods' standard errors that is worth a word


def cautions(fit: Fit, z: np.ndarray, kept: np.ndarray) -> tuple[FitWarning, ...]:
    """Judge resampled coordinates (rows, free) by number of runs, share kept, and the sandwich beside them."""
    return (*_few_runs(fit), *_lost(kept), *_apart(fit, z[kept]))


def _few_runs(fit: Fit) -> list[FitWarning]:
    _, runs = numbered(fit.clusters)
    if runs >= RUNS_EACH * len(fit.z):
        return []
    return [
        FitWarning(
            "few-runs",
            f"{runs} runs for {len(fit.z)} free parameters: intervals from fewer than {RUNS_EACH} runs a parameter "
            f"are a rough guide. Add runs, or hold a parameter.",
        )
    ]


def _lost(kept: np.ndarray) -> list[FitWarning]:
    lost = 1 - float(kept.mean())
    if lost <= LOST:
        return []
    return [
        FitWarning(
            "lost-resamples", f"{lost:.0%} of the resamples have no optimum and are left out: intervals are too narrow."
        )
    ]


def _apart(fit: Fit, z: np.ndarray) -> list[FitWarning]:
    try:
        beside = np.sqrt(np.maximum(np.diag(sandwich(fit).covariance), 0.0))
    except FitError:
        return []
    width = np.diff(np.quantile(z, [0.16, 0.84], axis=0), axis=0)[0] / 2  # of a normal curve: one standard deviation
    with np.errstate(all="ignore"):
        ratio = np.where((width > 0) & (beside > 0), width / beside, 1.0)  # a coordinate on a bound has no width
    odd = [i for i in range(len(ratio)) if not 1 / (1 + APART) <= ratio[i] <= 1 + APART]
    if not odd or fit.noise < 1e-9:
        return []
    worst = max(odd, key=lambda i: abs(np.log(ratio[i])))
    return [
        FitWarning(
            "intervals-differ",
            f"the resamples' standard error of {fit.free[worst]} is {ratio[worst]:.2g} times the sandwich's: few runs "
            f"carry it, or the law is far from linear in it. Take the wider interval.",
        )
    ]
