"""The sandwich covariance of a fit, which assumes neither the noise model nor independent points within a run.

If every run has one point: HC3 (MacKinnon & White 1985), in which each residual is inflated by its leverage. If runs
    have several points: the delete-one-run jackknife (CV3), refitted exactly, because points of one run share their
    error.
"""

import numpy as np

from ..fitting.fit_record import Fit
from ..fitting.losses import costs, curved
from ..fitting.problem import jacobian, moving
from .drawn import Spread
from .interval_ends import NormalEnds
from .resample import check_runs, numbered, refit

TINY = 1e-200  # a lower curvature counts as zero
MOST_LEVERAGE = 0.99  # of a run: what it alone determines would otherwise move without limit where it is left out


def sandwich(fit: Fit) -> Spread:
    """Estimate the covariance of the fit's coordinates, with degrees of freedom: runs minus free parameters.

    Raises:
        FitError: no more runs than free parameters.
    """
    index, groups = numbered(fit.clusters)
    degrees = check_runs(fit, len(fit.z)) - len(fit.z)
    covariance = _hc3(fit) if groups == len(index) else _delete_one(fit, index, groups)
    return Spread(covariance, float(degrees))


def curvature(fit: Fit) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give residual slopes psi (n,), their derivative (n,), the jacobian (p, n) and the inverse Hessian (p, p)."""
    u, along = jacobian(fit.problem, fit.z[None])
    slope, second = costs(fit.problem.loss, u[0])[1], curved(fit.problem.loss, u[0], fit.noise)
    along = along[0] * moving(fit.problem, fit.z, along[0])[:, None]  # a coordinate on a bound stays there
    hessian = (along * second) @ along.T + np.diag(_prior_curvature(fit))
    size = np.sqrt(np.maximum(np.diag(hessian), TINY))
    inverse = np.linalg.pinv(hessian / size / size[:, None], rcond=1e-14, hermitian=True) / size / size[:, None]
    return slope, second, along, inverse


def _prior_curvature(fit: Fit) -> np.ndarray:
    problem = fit.problem
    logged = problem.coordinates.logged
    steps = np.array([fit.values[name] if name in logged else 1.0 for name in fit.free])
    return np.where(np.isfinite(problem.prior_sd), problem.noise / problem.prior_sd * np.nan_to_num(steps), 0.0) ** 2


def to_first_order(fit: Fit) -> Spread:
    """Estimate the same without a refit: one step of Newton's method from the optimum with each run left out.

    It takes a hundredth of the time or less, and is exact where the law is linear in its coordinates.

    Raises:
        FitError: no more runs than free parameters.
    """
    index, groups = numbered(fit.clusters)
    degrees = check_runs(fit, len(fit.z)) - len(fit.z)
    slope, second, along, inverse = curvature(fit)
    score, own = np.zeros((groups, len(along))), np.zeros((groups, len(along), len(along)))
    np.add.at(score, index, (along * slope).T)
    np.add.at(own, index, np.einsum("pn,qn->npq", along * (MOST_LEVERAGE * second), along))
    away = np.linalg.solve(np.eye(len(along)) - inverse @ own, (score @ inverse)[:, :, None])[:, :, 0]
    return Spread(_jackknife(away), float(degrees))


def _hc3(fit: Fit) -> np.ndarray:
    slope, second, along, inverse = curvature(fit)
    leverage = np.clip(np.einsum("pn,pq,qn->n", along, inverse, along) * second, 0.0, MOST_LEVERAGE)
    score = along * (slope / (1 - leverage))
    return inverse @ (score @ score.T) @ inverse


def _delete_one(fit: Fit, index: np.ndarray, groups: int) -> np.ndarray:
    return _jackknife(refit(fit, (index != np.arange(groups)[:, None]).astype(np.float64)).z)


def _jackknife(left_out: np.ndarray) -> np.ndarray:
    """Covariance (p, p) from the coordinates with each run left out in turn, (runs, p)."""
    away = left_out - left_out.mean(0)
    return (len(away) - 1) / len(away) * away.T @ away


def t_draws(fit: Fit, spread: Spread, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw coordinates (n, p) from the multivariate t distribution of the sandwich, clipped to the bounds."""
    values, vectors = np.linalg.eigh(spread.covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    normal = rng.standard_normal((n, len(fit.z)))
    drawn = fit.z + normal @ root.T * np.sqrt(spread.degrees / rng.chisquare(spread.degrees, (n, 1)))
    return np.clip(drawn, fit.problem.low, fit.problem.high)


def parameter_ends(fit: Fit, spread: Spread) -> dict[str, NormalEnds]:
    """Give, for each parameter, a function level -> (low, high): the estimate -+ t standard errors.

    The interval of a logged parameter is symmetric in its logarithm. N_c of (N_c/N)^alpha_N is not a coordinate: its
    standard error follows from those of the coordinates to first order.
    """
    coordinates = fit.problem.coordinates
    names = list(fit.values)

    def flattened(z):
        columns = coordinates.parameters(z)
        return np.stack([np.log(columns[n]) if n in coordinates.logged else columns[n] for n in names], axis=1)

    step = 1e-6 * np.maximum(np.abs(fit.z), 1e-3)
    with np.errstate(all="ignore"):
        centre = flattened(fit.z[None])[0]
        moved = flattened(fit.z + np.diag(step)), flattened(fit.z - np.diag(step))
        slopes = np.nan_to_num((moved[0] - moved[1]) / (2 * step[:, None]))
        errors = np.sqrt(np.maximum(np.einsum("ij,ik,kj->j", slopes, spread.covariance, slopes), 0.0))
    return {
        name: NormalEnds(float(centre[i]), float(errors[i]), float(spread.degrees), name in coordinates.logged)
        for i, name in enumerate(names)
    }
