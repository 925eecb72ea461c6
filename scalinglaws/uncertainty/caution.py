"""What a reader of an interval must know: few runs, lost resamples, methods that disagree."""

import numpy as np

from ..errors import FitError
from ..fitting.fit_record import Fit, FitWarning
from .resample import numbered
from .sandwich import sandwich

RUNS_EACH = 3  # runs a free parameter, below which few runs are worth a word
# Runs beyond the free parameters -> of how many of 100 data sets 95% intervals held the truth, least and most over what
# was asked: Hoffmann's law, noise .003 and .01, runs resampled; with one run beyond them the sandwich (resampling held
# .72 to .92 there). The table "Few runs" of docs/coverage.md, of 5 parameters.
MEASURED = {1: (96, 100), 2: (90, 97), 3: (96, 100), 4: (93, 100), 7: (95, 100)}
LOST = 0.05  # share of resamples without an optimum from which an interval leaves out what it should hold
APART = 0.25  # relative difference of two methods' standard errors that is worth a word


def cautions(fit: Fit, z: np.ndarray, kept: np.ndarray) -> tuple[FitWarning, ...]:
    """Judge resampled coordinates (rows, free) by number of runs, share kept, and the sandwich beside them."""
    return (*few_runs(fit), *_lost(kept), *_apart(fit, z[kept]))


def few_runs(fit: Fit) -> list[FitWarning]:
    """Warn of few runs, with how often intervals from as few held the truth where that was measured."""
    _, runs = numbered(fit.clusters)
    if runs >= RUNS_EACH * len(fit.z):
        return []
    return [
        FitWarning(
            "few-runs",
            f"{runs} runs for {len(fit.z)} free parameters: intervals from fewer than {RUNS_EACH} runs a parameter "
            f"are a rough guide ({_measured(runs - len(fit.z))}). Add runs, or hold a parameter.",
        )
    ]


def _measured(spare: int) -> str:
    """Say how often intervals held with as many runs beyond the parameters, or with the nearest number measured."""
    if spare < min(MEASURED):
        return "how often they hold was not measured without a run beyond the parameters"
    nearest = min(MEASURED, key=lambda beyond: abs(beyond - spare))
    least, most = MEASURED[nearest]
    made = "by Student's t of one degree of freedom" if nearest == 1 else "by resampling"
    where = "" if nearest == spare else f" with {nearest} runs more than parameters, the nearest number measured"
    return f"those of 95% {made} held {least} to {most} of 100 when measured{where}"


def one_to_spare(fit: Fit) -> list[FitWarning]:
    """Say why the resamples' intervals are not given; nothing where there are runs enough, or priors in their place."""
    _, runs = numbered(fit.clusters)
    if runs - len(fit.z) != 1:
        return []
    return [
        FitWarning(
            "sandwich-instead",
            f"{runs} runs leave one beyond the {len(fit.z)} free parameters: intervals by resampling are far too "
            "hopeful there (those of 95% held 72 to 92 of 100 truths, measured on Hoffmann's law). These are the "
            "sandwich's, with Student's t of one degree of freedom: wide, and they held 96 or more.",
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
    known = [i for i, name in enumerate(fit.free) if name not in fit.unidentified]
    odd = [i for i in known if not 1 / (1 + APART) <= ratio[i] <= 1 + APART]
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
