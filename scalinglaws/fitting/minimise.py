"""Find the optimum from several starts, and estimate the scales in the objective on the way."""

from dataclasses import dataclass, replace

import numpy as np

from ..errors import FitError
from .gradient import with_true_slopes
from .losses import Loss, robust_sd, suggested_scale
from .problem import Problem, residuals
from .project import advance, can_project
from .solve import Solution, solve, solve_graduated
from .starts import around, starting_points

MANY = 4000  # number of points above which the starts are compared on a part of them
SAME = 1e-7  # relative difference of objectives that counts as the same optimum
ROUNDING = 1e-26  # objective per point below which an optimum is exact
LEADING = 25  # steps of least squares before the search with the loss itself
AGREEING = 0.5  # fraction of agreeing starts below which more starts are tried
ROUNDS, SHORT = 4, 100  # rounds of starts around the best so far, and steps from each
SETTLED = 1e-6  # relative change of the residual scale at which it is final
NEAR = 1e-3  # the same if the search does not converge: in a long valley the scale changes slowly with it


@dataclass(frozen=True)
class Minimum:
    """Coordinates (p,), the objective there, Newton's decrement, and the fraction of starts that agree."""

    problem: Problem
    z: np.ndarray
    objective: float
    decrement: float
    converged: bool
    agreeing: float


def minimise(problem: Problem, auto: bool, rng: np.random.Generator, starts: np.ndarray | None = None) -> Minimum:
    """Minimise from the best starts, or from those given; `auto`: estimate the loss's scale from the residuals.

    Raises:
        FitError: no start gives a finite objective.
    """
    part = _part(problem, rng)
    starts = starting_points(part, rng) if starts is None else np.clip(starts, problem.low, problem.high)
    problem = with_true_slopes(problem, starts[0])
    part = replace(part, coordinates=problem.coordinates)
    starts = _led(part, starts)
    auto = auto and problem.loss.has_scale
    estimated = auto or problem.has_priors
    part = _settled(part, starts[0], auto) if estimated else replace(part, noise=_noise(part, starts[0]))
    found = solve_graduated(part, starts)
    best = int(np.argmin(found.objective))
    if not np.isfinite(found.objective[best]):
        raise FitError(
            f"law {problem.coordinates.law.name!r} gives no finite value near these points from any of {len(starts)} "
            f"starts. Check the units of the columns, or widen the starting ranges of the law's parameters."
        )
    z, near = found.z[[best]], _near(found, found.objective[best], part)
    if near.mean() < AGREEING and len(starts) > 1:
        z, lowest = _lower(part, z, found.objective[best], rng)
        near = _near(found, lowest, part)
    whole = replace(problem, loss=part.loss, noise=part.noise)
    if estimated:
        whole = _settled(whole, z[0], auto)
    moved = (z != found.z[[best]]).any()
    if estimated or moved or len(part.target) < len(problem.target) or not found.converged[best]:
        found, best = solve_graduated(whole, z), 0
    return Minimum(
        whole,
        found.z[best],
        float(found.objective[best]),
        float(found.decrement[best]),
        bool(found.converged[best]),
        float(near.mean()),
    )


def _near(found: Solution, lowest: float, problem: Problem) -> np.ndarray:
    return found.objective <= lowest * (1 + SAME) + ROUNDING * len(problem.target)


def _lower(problem: Problem, z: np.ndarray, objective: float, rng) -> tuple[np.ndarray, float]:
    """If the starts disagree, search around the best one, (1, p), for a lower one, in rounds of a few starts each."""
    for _ in range(ROUNDS):
        found = solve_graduated(problem, _led(problem, around(problem, z, rng)), most_steps=SHORT)
        best = int(np.argmin(found.objective))
        if not found.objective[best] < objective * (1 - SAME):
            break
        z, objective = found.z[[best]], float(found.objective[best])
    return z, objective


def _part(problem: Problem, rng) -> Problem:
    n = len(problem.target)
    if n <= MANY:
        return problem
    rows = np.sort(rng.choice(n, MANY, replace=False))
    return problem.take(rows)


def _led(problem: Problem, starts: np.ndarray) -> np.ndarray:
    """Bring each start near the optimum by least squares, then for Tukey's loss, which ignores far points, by Huber's.

    From a poor start a narrow Huber loss takes five times as many steps, and Tukey's can fit the wrong points.
    """
    squares = replace(problem, loss=Loss("ls-log" if problem.loss.in_logs else "ls"))
    z = advance(problem, starts) if can_project(problem) else solve(squares, starts, most_steps=LEADING).z
    if problem.loss.kind != "tukey":
        return z
    scale = max(suggested_scale("huber", row, z.shape[1]) for row in residuals(problem, z))
    return solve(replace(problem, loss=Loss("huber", scale)), z, most_steps=LEADING).z


def _noise(problem: Problem, z: np.ndarray) -> float:
    return robust_sd(residuals(problem, z[None])[0], len(z))


def _settled(problem: Problem, z: np.ndarray, auto: bool) -> Problem:
    """Alternate between the fit and the scale of its residuals until the scale no longer changes."""
    arrived = True
    for _ in range(40):
        u = residuals(problem, z[None])[0]
        scale = suggested_scale(problem.loss.kind, u, len(z)) if auto else problem.loss.scale
        noise = _noise(problem, z)
        still = abs(noise - problem.noise) <= (SETTLED if arrived else NEAR) * noise
        problem = replace(problem, loss=replace(problem.loss, scale=scale), noise=noise)
        if still:
            break
        found = solve(problem, z[None], most_steps=60)
        z, arrived = found.z[0], bool(found.converged[0])
    return problem
