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
    # a term that vanished has no profile: its sandwich interval is used
    known = [i for i in range(len(centre)) if np.isfinite(centre[i]) and np.isfinite(errors[i])]
    held = {i: _held(boxed, centre, errors, i) for i in known}
    rises = _rises(fit, boxed, held, centre)
    names = boxed.coordinates.free
    return {names[i]: _signed_roots(held[i], rises[i], centre[i], errors[i]) for i in known}, spread


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


def _rises(fit, problem, held, centre) -> dict[int, np.ndarray]:
    """Refit with coordinate i fixed at each value, from the centre outwards: each start is the previous optimum.

    Every coordinate and each side of it is a row, and all rows are refitted at once.
    """
    rises = {i: np.full(len(values), np.nan) for i, values in held.items()}
    rows = [(i, way, centre) for i, values in held.items() for way in _outwards(values, centre[i])]
    for step in range(len(STEPS)):
        rows = [row for row in rows if step < len(row[1])]
        if not rows:
            break
        here = np.arange(len(rows)), [i for i, _, _ in rows]
        starts = np.array([z for _, _, z in rows])
        low, high = (np.repeat(side[None], len(rows), axis=0) for side in (problem.low, problem.high))
        starts[here] = low[here] = high[here] = [held[i][way[step]] for i, way, _ in rows]
        found = solve(replace(problem, low=low, high=high), starts)
        for (i, way, _), objective in zip(rows, found.objective, strict=True):
            rises[i][way[step]] = objective - fit.objective
        ended = zip(rows, found.z, np.isfinite(found.objective), strict=True)
        rows = [(i, way, z) for (i, way, _), z, good in ended if good]
    return rises


def _outwards(values: np.ndarray, centre: float) -> list[np.ndarray]:
    """Give the places of the values below the centre and of those above it, the nearest first."""
    order = np.argsort(np.abs(values - centre), kind="stable")
    return [order[np.sign(values[order] - centre) == side] for side in (-1, 1)]


def _signed_roots(held, rises, centre, error):
    own = _own_curvature(held, centre, rises, error)
    with np.errstate(all="ignore"):
        roots = np.sign(held - centre) * np.sqrt(np.maximum(2 * rises, 0.0)) / own
    good = np.isfinite(roots)
    held, roots = np.append(held[good], centre), np.append(roots[good], 0.0)
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
