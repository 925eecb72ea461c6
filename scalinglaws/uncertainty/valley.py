"""The range of each parameter if a fit lies in a long valley: profile likelihood over the whole allowed range.

Percentiles of resamples are too narrow there: every resample ends at one point of the valley, and most of them end near
the same point. So each exponent and constant term is fixed at values over its whole range, the others are refitted, and
the rise of the objective says how compatible each value is with the points.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..fitting.diagnose import constant_terms
from ..fitting.fit_record import Fit
from ..fitting.losses import costs, curved
from ..fitting.problem import residuals
from ..fitting.solve import solve_graduated
from .interval_ends import ValleyEnds
from .resample import numbered

HELD = 14  # values of an exponent, from end to end
SHARES = (1e-6, 0.2, 0.4, 0.6, 0.7, 0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.99)  # of the lowest point: values of a constant
NEAREST = 2  # draws from which the others are refitted, besides the fit
STEPS = 150


@dataclass(frozen=True)
class Valley:
    """Points of the valley, and the distance of each from the optimum.

    Attributes:
        z: (rows, free), coordinates, the optimum first.
        roots: (rows,), roots of the rise of the objective: the size of Student's t, if the law were linear.
        least: (free,), the values at which a coordinate counts as at its lower end.
        degrees: of Student's t.
    """

    fit: Fit
    z: np.ndarray
    roots: np.ndarray
    least: np.ndarray
    degrees: int

    def ends(self, z: np.ndarray) -> dict[str, ValleyEnds]:
        """Give, for each free parameter, a function level -> (low, high).

        The interval includes the percentiles of the resamples z, (draws, free), and all values compatible with the
        points; a side is open, at zero or infinity, if these reach the end of the range.
        """
        problem = self.fit.problem
        values, drawn = problem.coordinates.parameters(self.z), problem.coordinates.parameters(z)
        constant = constant_terms(problem, self.fit.z)
        ranged = ~problem.coordinates.amplitudes & np.isfinite(problem.high)
        loose = ((self.z <= self.least) | (self.z >= problem.high))[:, ranged].any(1)
        found = {}
        for i, name in enumerate(problem.coordinates.free):
            at_low, at_high = self.z[:, i] <= self.least[i], self.z[:, i] >= problem.high[i]
            if problem.coordinates.amplitudes[i] and name not in constant:
                at_low, at_high = loose, loose
            if name in problem.coordinates.boxed:
                at_low, at_high = np.zeros_like(loose), np.zeros_like(loose)
            found[name] = ValleyEnds(
                values[name],
                self.roots,
                at_low,
                at_high,
                drawn[name][np.isfinite(drawn[name])],
                self.degrees,
                0.0 if name in self.fit.positive else -np.inf,
                None if name in problem.coordinates.boxed else (float(problem.low[i]), float(problem.high[i])),
            )
        return found


def valley(fit: Fit, z: np.ndarray) -> Valley:
    """Trace the valley of a fit; z: (draws, free), optima of resamples, which lie in it."""
    found, rises, least = [fit.z[None]], [np.zeros(1)], fit.problem.low.copy()
    for i, values in _held(fit).items():
        best, rise = _refitted(fit, z, i, values)
        found.append(best)
        rises.append(rise)
        least[i] = values.min()
    roots = np.sqrt(2 * np.maximum(np.concatenate(rises), 0.0) / max(_variance(fit), 1e-300))
    good = np.isfinite(roots)
    degrees = max(fit.n_clusters - len(fit.z), 1)
    return Valley(fit, np.concatenate(found)[good], roots[good], least, degrees)


def _held(fit: Fit) -> dict[int, np.ndarray]:
    """Give the fixed values by coordinate: exponents over their range, constant terms up to the lowest loss."""
    problem, constant = fit.problem, constant_terms(fit.problem, fit.z)
    held = {}
    for i, name in enumerate(problem.coordinates.free):
        low, high = problem.low[i], problem.high[i]
        if name in constant and problem.coordinates.in_logs[i]:
            held[i] = np.clip(np.log(np.array(SHARES) * fit.target.min()), low, high)
        elif (
            not problem.coordinates.amplitudes[i] and name not in problem.coordinates.logged and 0 < low < high < np.inf
        ):
            held[i] = np.geomspace(low, high, HELD)
    return held


def _refitted(fit, z, i, values):
    """Fix coordinate i at each value: give the best refit of the others, (values, free), and the rise."""
    near = [np.argsort(np.abs(z[:, i] - value))[:NEAREST] for value in values]
    starts = np.concatenate([np.concatenate([fit.z[None], z[rows]]) for rows in near])
    low, high = (np.repeat(side[None], len(starts), axis=0) for side in (fit.problem.low, fit.problem.high))
    starts[:, i] = low[:, i] = high[:, i] = np.repeat(values, len(starts) // len(values))
    problem = replace(fit.problem, low=low, high=high)
    solved = solve_graduated(problem, starts, most_steps=STEPS)
    objective = solved.objective.reshape(len(values), -1)
    rows = np.arange(len(values)), objective.argmin(1)
    return solved.z.reshape(*objective.shape, -1)[rows], objective[rows] - fit.objective


def _variance(fit: Fit) -> float:
    """Give the unit of twice the rise: the noise as the loss weights it, with points of one run kept together."""
    u = residuals(fit.problem, fit.z[None])[0]
    slope, second = costs(fit.problem.loss, u)[1], curved(fit.problem.loss, u, fit.noise)
    index, groups = numbered(fit.clusters)
    together = max(np.square(np.bincount(index, slope)).sum(), np.square(slope).sum())
    return float(together / max(second.sum(), 1e-300) * groups / max(groups - len(fit.z), 1))
