"""Profile likelihood: fix one parameter, refit the others, and measure how far the objective rises.

The cutoff is corrected by the ratio of the sandwich variance to the model variance: without this correction the
    interval is too narrow if small runs are noisier.
"""

from dataclasses import replace

import numpy as np

from ..fitting.coordinates import Coordinates
from ..fitting.fit_record import Fit
from ..fitting.problem import Problem
from ..fitting.solve import solve
from .drawn import Spread
from .interval_ends import ProfileEnds, t_quantile
from .sandwich import parameter_ends, sandwich

STEPS = np.array([-8, -6, -4.5, -3.5, -3, -2.5, -2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4.5, 6, 8])


def profile(fit: Fit) -> tuple[dict, Spread]:
    """Profile every free parameter.

    Returns:
        parameter -> (values, signed roots): the values at which the parameter was fixed (its logarithm if logged), and
        the signed root of twice the rise of the objective in units of the corrected variance, which is t if the law is
        linear; and the sandwich.
    """
    spread = sandwich(fit)
    boxed = _own_coordinates(fit)
    with np.errstate(divide="ignore"):
        centre = boxed.coordinates.coordinates(fit.values)[0]
    errors = _errors(fit, spread, boxed.coordinates)
    found = {}
    for i, name in enumerate(boxed.coordinates.free):
        if not np.isfinite(centre[i]) or not np.isfinite(errors[i]):
            continue  # a term that vanished has no profile: its sandwich interval is used
        held = _held(boxed, centre, errors, i)
        found[name] = _signed_roots(fit, boxed, held, centre, errors, i)
    return found, spread


def _own_coordinates(fit: Fit) -> Problem:
    """Use every parameter as its own coordinate, so that fixing a coordinate fixes a parameter."""
    old = fit.problem.coordinates
    new = Coordinates(old.law, old.fixed, old.tied, frozenset(fit.values))
    exponents = np.array([name not in old.logged for name in new.free], dtype=bool)
    low = np.where(exponents | ~np.isin(new.free, list(old.exponent)), fit.problem.low, -np.inf)
    return replace(fit.problem, coordinates=new, low=low)


def _errors(fit, spread, coordinates):
    """Give the sandwich standard error of each parameter in these coordinates."""
    quantile = t_quantile(0.5, spread.degrees)
    ends = parameter_ends(fit, spread)
    with np.errstate(all="ignore"):
        pairs = [np.log(ends[n](0.5)) if n in coordinates.logged else np.array(ends[n](0.5)) for n in coordinates.free]
        return np.array([(high - low) / 2 / quantile for low, high in pairs])


def _held(problem, centre, errors, i):
    at = centre[i] + STEPS * errors[i]
    return at[(at >= problem.low[i]) & (at <= problem.high[i]) & (at != centre[i])]


def _signed_roots(fit, problem, held, centre, errors, i):
    """Refit with coordinate i fixed at each value, from the centre outwards: each start is the previous optimum."""
    rises = np.full(len(held), np.nan)
    for side in (-1, 1):
        rows = [k for k in range(len(held)) if np.sign(held[k] - centre[i]) == side]
        start = centre
        for k in sorted(rows, key=lambda k: abs(held[k] - centre[i])):
            start = start.copy()
            start[i] = held[k]
            low, high = problem.low.copy(), problem.high.copy()
            low[i] = high[i] = held[k]
            solution = solve(replace(problem, low=low, high=high), start[None])
            if not np.isfinite(solution.objective[0]):
                break
            start, rises[k] = solution.z[0], solution.objective[0] - fit.objective
    own = _own_curvature(held, centre[i], rises, errors[i])
    with np.errstate(all="ignore"):
        roots = np.sign(held - centre[i]) * np.sqrt(np.maximum(2 * rises, 0.0)) / own
    good = np.isfinite(roots)
    held, roots = np.append(held[good], centre[i]), np.append(roots[good], 0.0)
    order = np.argsort(held)
    return held[order], np.maximum.accumulate(roots[order])


def _own_curvature(held, centre, rises, error):
    """Give the root of twice the rise at one sandwich standard error, assuming that the profile is a parabola."""
    near = np.argsort(np.abs(held - centre))[:4]
    with np.errstate(all="ignore"):
        ratio = np.sqrt(2 * np.maximum(rises[near], 1e-300)) / np.abs(held[near] - centre) * error
    return float(np.mean(ratio[np.isfinite(ratio)])) if np.isfinite(ratio).any() else np.nan


def profile_ends(fit: Fit, found: dict, spread: Spread) -> dict[str, ProfileEnds]:
    """Give, for each profiled parameter, a function level -> (low, high); an open side is 0 or infinite."""
    logged = fit.problem.coordinates.logged
    degrees = float(spread.degrees)
    return {name: ProfileEnds(held, roots, degrees, name in logged) for name, (held, roots) in found.items()}
