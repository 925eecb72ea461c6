"""Tests of which parameters differ between arms: each parameter is freed in turn and tested for a difference."""

from dataclasses import replace

import numpy as np

from ..errors import MisuseError
from ..fitting.fit_record import Fit
from ..records.arguments import checked
from .arms_fit import ArmsFit, Difference
from .fit_arms import departures_of, joint_fit

OTHERS = ("as-fitted", "free")


@checked
def differences(found: ArmsFit, *, others: str = "as-fitted") -> tuple[Difference, ...]:
    """Test for every parameter of the law whether it differs between the arms.

    A parameter that the fit shares or pools is freed first, one at a time. The others stay as in the fit, or are all
    free (`others="free"`): then a difference cannot be caused by another parameter, but many more runs are needed to
    detect one. The statistic is Wald's, d' V^-1 d / q, of the q = arms - 1 departures d. V is the sandwich (HC3, or the
    jackknife over runs if a run has several points), which assumes neither equal noise in the arms nor independent
    points within a run. It is compared with F(q, runs minus parameters). Holm's correction (1979) controls the
    probability of any false positive. The p-values are somewhat too large: with 20 runs per arm and no difference, 1.5
    to 6.5% of them lie below 0.05 (200 simulated tables, each parameter of Hoffmann's form, with 1 and with 4 points
    per run).

    Raises:
        FitError: there are no more runs than parameters.
        MisuseError: `others` has another value.
    """
    if others not in OTHERS:
        raise MisuseError(f"others is {others!r}; it is one of {', '.join(OTHERS)}.")
    tested = [_tested(found, name, others == "free") for name in found.treatment]
    corrected = holm([one.p for one in tested])
    return tuple(replace(one, p_holm=float(p)) for one, p in zip(tested, corrected, strict=True))


def _tested(found: ArmsFit, name: str, all_free: bool) -> Difference:
    """Test one parameter alone: its p is not corrected yet."""
    from scipy.special import fdtrc

    freed = _freed(found, name, all_free)
    at, covariance = departures_of(freed, name, found.asked)
    degrees = (len(at), freed.n_clusters - len(freed.z))
    statistic = float(at @ np.linalg.pinv(covariance, hermitian=True) @ at / len(at))
    others = [arm for arm in found.arms if arm != found.reference]
    errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    p = float(fdtrc(*degrees, statistic))
    departures = dict(zip(others, map(float, at), strict=True))
    return Difference(name, departures, dict(zip(others, map(float, errors), strict=True)), statistic, degrees, p, p)


def _freed(found: ArmsFit, name: str, all_free: bool) -> Fit:
    """Refit with a parameter free in every arm; or take the fit as it is, if the parameter is free already."""
    treatment = dict.fromkeys(found.treatment, "free") if all_free else {**found.treatment, name: "free"}
    if treatment == dict(found.treatment):
        return found.joint
    sds = {other: sd for other, sd in found.pooled_sd.items() if treatment[other] == "pooled"}
    return joint_fit(found.asked, treatment, sds)


def holm(p: list[float]) -> np.ndarray:
    """Correct p-values for their number, step by step from the smallest (Holm 1979).

    >>> holm([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p)
    steps = np.maximum.accumulate(np.asarray(p)[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(steps, 1.0)
    return corrected
