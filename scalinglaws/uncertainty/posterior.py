"""The posterior: Student-t errors of unknown scale, a prior flat in the fit's coordinates, sampled by emcee (extra)."""

import numpy as np

from ..errors import MisuseError
from ..fitting.fit_record import Fit
from ..fitting.losses import DEGREES
from ..fitting.problem import residuals
from .sandwich import sandwich, t_draws

WALKERS_EACH = 6  # walkers per dimension
BURN = 1000
THIN = 15


def posterior(fit: Fit, n: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Sample coordinates, (n, free), by the affine-invariant ensemble of Goodman & Weare (2010); with the acceptance.

    Points are assumed to be independent with equal noise: the intervals are too narrow if they are not.

    Raises:
        MisuseError: emcee is not installed.
    """
    try:
        import emcee
    except ImportError:
        raise MisuseError("the method 'posterior' needs emcee: pip install 'scalinglaws[mcmc]'.") from None
    spread = sandwich(fit)
    many = WALKERS_EACH * (len(fit.z) + 1)
    sampler = emcee.EnsembleSampler(many, len(fit.z) + 1, lambda state: _log_density(fit, state), vectorize=True)
    sampler.random_state = np.random.RandomState(int(rng.integers(2**31))).get_state()
    start = np.column_stack([t_draws(fit, spread, many, rng), np.log(fit.noise) + 0.1 * rng.standard_normal(many)])
    start = np.where(np.isfinite(_log_density(fit, start))[:, None], start, np.append(fit.z, np.log(fit.noise)))
    start += 1e-9 * rng.standard_normal(start.shape)
    steps = int(np.ceil(n / many)) * THIN
    sampler.run_mcmc(start, BURN + steps)
    return sampler.get_chain(discard=BURN, thin=THIN, flat=True)[:n, :-1], float(np.mean(sampler.acceptance_fraction))


def _log_density(fit: Fit, state: np.ndarray) -> np.ndarray:
    z, log_scale = state[:, :-1], state[:, -1]
    problem = fit.problem
    with np.errstate(all="ignore"):
        v = np.square(residuals(problem, z) * np.exp(-log_scale)[:, None])
        density = -0.5 * (DEGREES + 1) * np.log1p(v / DEGREES).sum(1) - v.shape[1] * log_scale
        values = problem.coordinates.parameters(z)
        for name, at, sd in zip(problem.coordinates.free, problem.prior_at, problem.prior_sd, strict=True):
            density -= 0.5 * np.square((values[name] - at) / sd)
    outside = ((z < problem.low) | (z > problem.high)).any(1)
    return np.where(outside | ~np.isfinite(density), -np.inf, density)
