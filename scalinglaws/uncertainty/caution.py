"""Warnings about an interval: few runs, resamples without an optimum, methods that disagree."""

import numpy as np

from ..errors import FitError, counted
from ..fitting.fit_record import Fit, FitWarning
from .resample import numbered
from .sandwich import sandwich

RUNS_EACH = 3  # runs per free parameter, below which a warning is given
# Number of runs beyond the free parameters -> in how many of 100 data sets 95% intervals contained the truth, minimum
# and maximum over the targets: Hoffmann's law, noise 0.003 and 0.01, runs resampled; with one run beyond the parameters
# by the sandwich (resampling had a coverage of 0.72 to 0.92 there). From the table "Few runs" of docs/coverage.md.
MEASURED = {1: (96, 100), 2: (90, 97), 3: (96, 100), 4: (93, 100), 7: (95, 100)}
LOST = 0.05  # fraction of resamples without an optimum above which an interval is too narrow
APART = 0.25  # relative difference of two methods' standard errors above which a warning is given


def cautions(fit: Fit, z: np.ndarray, kept: np.ndarray) -> tuple[FitWarning, ...]:
    """Judge resampled coordinates (rows, free) by the number of runs, the fraction kept, and the sandwich."""
    return (*few_runs(fit), *_lost(kept), *_apart(fit, z[kept]))


def few_runs(fit: Fit) -> list[FitWarning]:
    """Warn of few runs, and give the coverage of intervals from as few runs where it was measured."""
    _, runs = numbered(fit.clusters)
    if runs >= RUNS_EACH * len(fit.z):
        return []
    return [
        FitWarning(
            "few-runs",
            f"{counted(runs, 'run')} for {counted(len(fit.z), 'free parameter')}: intervals from fewer than "
            f"{RUNS_EACH} runs per parameter are only a rough guide ({_measured(runs - len(fit.z))}). Add runs, or "
            "fix a parameter.",
        )
    ]


def _measured(spare: int) -> str:
    """Give the coverage with as many runs beyond the parameters, or with the nearest number that was measured."""
    if spare < min(MEASURED):
        return "their coverage was not measured without a run beyond the parameters"
    nearest = min(MEASURED, key=lambda beyond: abs(beyond - spare))
    least, most = MEASURED[nearest]
    made = "by Student's t of one degree of freedom" if nearest == 1 else "by resampling"
    where = "" if nearest == spare else f" with {nearest} more runs than parameters, the nearest number measured"
    return f"95% intervals {made} contained the truth in {least} to {most} of 100 cases when measured{where}"


def one_to_spare(fit: Fit) -> list[FitWarning]:
    """Say why intervals by resampling are not given; nothing if there are enough runs, or priors in their place."""
    _, runs = numbered(fit.clusters)
    if runs - len(fit.z) != 1:
        return []
    return [
        FitWarning(
            "sandwich-instead",
            f"{runs} runs are only one more than the {len(fit.z)} free parameters: intervals by resampling are far too "
            "narrow there (95% intervals contained the truth in 72 to 92 of 100 cases, measured on Hoffmann's law). "
            "These are sandwich intervals, with Student's t of one degree of freedom: wide, with a coverage of 96% or "
            "more.",
        )
    ]


def _lost(kept: np.ndarray) -> list[FitWarning]:
    lost = 1 - float(kept.mean())
    if lost <= LOST:
        return []
    return [
        FitWarning(
            "lost-resamples",
            f"{lost:.0%} of the resamples have no optimum and are left out: the intervals are too narrow.",
        )
    ]


def _apart(fit: Fit, z: np.ndarray) -> list[FitWarning]:
    try:
        beside = np.sqrt(np.maximum(np.diag(sandwich(fit).covariance), 0.0))
    except FitError:
        return []
    width = np.diff(np.quantile(z, [0.16, 0.84], axis=0), axis=0)[0] / 2  # of a normal one: one standard deviation
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
            f"the resamples' standard error of {fit.free[worst]} is {ratio[worst]:.2g} times the sandwich's: it "
            f"depends on few runs, or the law is far from linear in it. Use the wider interval.",
        )
    ]
