"""Draw parameters from the uncertainty of a fit, by a named method."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..errors import MisuseError, nearest
from ..fitting.fit_record import Fit
from ..records.arguments import checked
from .caution import cautions, few_runs, one_to_spare
from .drawn import Draws, check_kept, drawn
from .posterior import posterior
from .profile import profile, profile_ends
from .resample import Progress, check_runs, pairs, unsettled
from .sandwich import parameter_ends, sandwich, t_draws
from .settings import by_settings
from .valley import valley
from .wild import wild, wild_spread


@checked
def draws(
    fit: Fit,
    *,
    method: str = "pairs",
    draws: int = 2000,
    seed: int = 0,
    starts: int | None = None,
    progress: Progress | None = None,
) -> Draws:
    """Draw sets of parameters that are compatible with the points, by resampling or by an approximation.

    Args:
        method: how the parameters are drawn.
            "pairs" (default): resample whole runs and refit; percentile intervals. With only one run more than
            parameters the sandwich replaces it, and a warning says so. Runs of equal inputs (seeds) are resampled
            together where that widens an interval by a quarter, and a warning says so.
            "sandwich": HC3, or the delete-one-run jackknife if a run has several points, with t quantiles; instant.
            "wild": flip the signs of the residuals of whole runs and refit; estimate -+ t standard deviations.
            "profile": intervals of the parameters by profile likelihood, corrected by the sandwich, with the draws of
            the sandwich.
            "posterior": Student-t errors, sampled by emcee.
        draws: number of sets.
        starts: for "pairs": starting points per resample, of which the best optimum is kept. By default one, the fit's
            optimum, if the fit is clean and more starts gain nothing in a few resamples; otherwise 6.
        progress: called with (number of resamples done, total number).

    Raises:
        MisuseError: the method is unknown, or there are fewer than 10 draws.
        FitError: there are fewer runs than parameters, or the resamples have no optimum.
    """
    if method not in METHODS:
        raise MisuseError(f"no method is called {method!r}.{nearest(method, METHODS)} Known: {', '.join(METHODS)}.")
    if draws < 10:
        raise MisuseError(f"{draws} draws are too few for an interval: use 10 or more; 2000 is usual.")
    check_runs(fit, int(np.isinf(fit.problem.prior_sd).sum()))  # a parameter with a prior needs no run
    together, told = by_settings(fit)
    if starts is not None and method == "pairs":
        found = _pairs(together, draws, seed, progress, starts)
    else:
        found = METHODS[method](together, draws, seed, progress)
    return replace(found, fit=fit, cautions=(*told, *found.cautions)) if told else found


def _pairs(fit, n, seed, progress, starts=None) -> Draws:
    spare = one_to_spare(fit)
    if spare:
        return replace(_sandwich(fit, n, seed, progress), cautions=tuple(spare))
    z, kept = pairs(fit, n, np.random.default_rng(seed), progress, starts)
    check_kept(fit, kept)
    told = cautions(fit, z, kept)
    if starts is not None or fit.exact or not unsettled(fit):
        return drawn(fit, z, kept, "pairs", seed, cautions=told)
    return drawn(fit, z, kept, "pairs", seed, ends=valley(fit, z[kept]).ends(z[kept]), cautions=told)


def _wild(fit, n, seed, progress) -> Draws:
    z, kept = wild(fit, n, np.random.default_rng(seed), progress)
    check_kept(fit, kept)
    spread = wild_spread(fit, z[kept])
    told = cautions(fit, z, kept)
    return drawn(fit, z, kept, "wild", seed, spread=spread, ends=parameter_ends(fit, spread), cautions=told)


def _sandwich(fit, n, seed, progress) -> Draws:
    spread = sandwich(fit)
    z = t_draws(fit, spread, n, np.random.default_rng(seed))
    told = tuple(few_runs(fit))
    ends = parameter_ends(fit, spread)
    return drawn(fit, z, np.ones(n, dtype=bool), "sandwich", seed, spread=spread, ends=ends, cautions=told)


def _profile(fit, n, seed, progress) -> Draws:
    found, spread = profile(fit)
    z = t_draws(fit, spread, n, np.random.default_rng(seed))
    ends = parameter_ends(fit, spread) | profile_ends(fit, found, spread)
    return drawn(fit, z, np.ones(n, dtype=bool), "profile", seed, spread=spread, ends=ends)


def _posterior(fit, n, seed, progress) -> Draws:
    z, _ = posterior(fit, n, np.random.default_rng(seed))
    return drawn(fit, z, np.ones(len(z), dtype=bool), "posterior", seed)


METHODS: dict[str, Callable[..., Draws]] = {
    "pairs": _pairs,
    "sandwich": _sandwich,
    "wild": _wild,
    "profile": _profile,
    "posterior": _posterior,
}
