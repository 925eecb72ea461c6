"""Where a fit starts: amplitudes solved in closed form on a grid of exponents, or random draws elsewhere."""

from dataclasses import replace

import numpy as np

from ..laws.declaration import LINEAR
from .losses import Loss
from .nonnegative import nonnegative
from .problem import Problem, residuals

GRID = 49  # points of the grid of exponents, whatever their number
SPREAD = 256  # draws for a law that declares no amplitudes
KEPT = 5
AROUND = 16  # number of starts around the best one, if the starts disagree
NEAREST, FARTHEST = -2.0, -0.3  # their distances, in decades of the width of the declared ranges
FAINT = 1e-3  # relative size given to a term that the grid would leave out, since its coordinate is a logarithm


def starting_points(problem: Problem, rng: np.random.Generator, kept: int = KEPT) -> np.ndarray:
    """Give up to `kept` promising coordinates, best first: (rows, p)."""
    coordinates = problem.coordinates
    if not coordinates.free:
        return np.zeros((1, 0))
    by_name = {p.name: p for p in coordinates.law.parameters}
    linear = [name for name in coordinates.free if by_name[name].amplitude]
    if linear:
        with np.errstate(all="ignore"):
            found = _projected(problem, by_name, linear)
        if found is not None:
            return _apart(found[0], found[1], found[2], kept)
    return _scattered(problem, by_name, rng, kept)


def around(problem: Problem, z: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw starts around coordinates (1, p), a hundredth to half of the width of the declared ranges away."""
    by_name = {p.name: p for p in problem.coordinates.law.parameters}
    spread = _drawn(problem, by_name, rng).std(axis=0)
    size = 10.0 ** rng.uniform(NEAREST, FARTHEST, (AROUND, 1))
    return np.clip(z + size * spread * rng.standard_normal((AROUND, z.shape[1])), problem.low, problem.high)


def _projected(problem, by_name, linear):
    """Solve for the amplitudes at every point of a grid of the other parameters (Golub & Pereyra 1973)."""
    coordinates = problem.coordinates
    curved = [name for name in coordinates.free if name not in linear]
    axes = [_axis(by_name[name], max(3, round(GRID ** (1 / len(curved))))) for name in curved]
    grid = np.stack([a.ravel() for a in np.meshgrid(*axes, indexing="ij")], axis=1) if axes else np.zeros((1, 0))
    values = {name: np.full(len(grid), float(v)) for name, v in coordinates.fixed.items()}
    values |= {name: grid[:, i] for i, name in enumerate(curved)}
    values |= {name: values[to] for name, to in coordinates.tied.items() if to in values}
    law = coordinates.law
    outer = values[law.outer][:, None] if law.outer else 1.0
    observed = (np.exp(problem.target) if problem.loss.in_logs else np.abs(problem.target)) ** (1 / outer)
    weights = problem.scales * outer

    def term(moving: str | None) -> np.ndarray:
        at = dict(values)
        for name in linear:
            at[name] = np.full(len(grid), float(name == moving))
        for name, to in coordinates.tied.items():
            at[name] = at[to]
        if moving:
            at |= {p.name: np.zeros(len(grid)) for p in law.parameters if p.amplitude and p.name in coordinates.fixed}
        columns = {p.name: at[p.name][:, None] for p in law.parameters}
        value = np.broadcast_to(law.evaluate(*problem.inputs, **columns), (len(grid), len(problem.inputs[0])))
        return value ** (1 / outer) / observed * weights

    design = np.stack([term(name) for name in linear], axis=1)
    aim = weights - (term(None) if any(by_name[name].amplitude for name in coordinates.fixed) else 0.0)
    aim = np.broadcast_to(aim, design[:, 0].shape)
    amount, loss = nonnegative(design, aim)
    if not np.isfinite(loss).any():
        return None
    faintest = FAINT / np.maximum((design / weights[..., None, :] if np.ndim(weights) > 1 else design).max(2), 1e-300)
    amount = np.maximum(amount, faintest)
    for i, name in enumerate(linear):
        power = by_name[name].amplitude
        values[name] = amount[:, i] ** (np.ravel(outer) / (1.0 if power == LINEAR else values[power]))
    for name, to in coordinates.tied.items():
        values[name] = values[to]
    z = np.clip(coordinates.coordinates(values), problem.low, problem.high)
    loss = np.where(np.isfinite(z).all(1), loss, np.inf)
    return z, loss, _cells(grid, axes)


def _axis(parameter, many):
    low, high = parameter.start
    if parameter.positive:
        return np.geomspace(low, high, many)
    return np.linspace(low, high, many)


def _cells(grid, axes):
    return np.stack([np.searchsorted(axis, grid[:, i]) for i, axis in enumerate(axes)], axis=1) if axes else grid


def _apart(z, loss, cells, kept):
    """Keep the best points of a grid of which no two are neighbours."""
    order = np.argsort(loss)
    order = order[np.isfinite(loss[order])]
    chosen = [order[0]]
    for row in order[1:]:
        if len(chosen) == kept:
            break
        if cells.shape[1] and min(np.abs(cells[row] - cells[other]).max() for other in chosen) > 1:
            chosen.append(row)
    return z[chosen]


def _scattered(problem, by_name, rng, kept):
    """Of draws from the declared ranges keep those with the smallest error, and as many others.

    The best draws often lie in one valley; the number of starts that agree is informative only if others were tried
    too.
    """
    z = _drawn(problem, by_name, rng)
    with np.errstate(all="ignore"):
        loss = np.square(residuals(_plain(problem), z)).sum(1)
    order = np.argsort(np.where(np.isfinite(loss), loss, np.inf))
    good, rest = np.split(order[np.isfinite(loss[order])], [3 * kept])
    return z[np.concatenate([good, rng.permutation(rest)[: 3 * kept]])] if len(good) else z[order[:kept]]


def _drawn(problem, by_name, rng):
    """Draw from the declared ranges, a Latin hypercube in logarithms: (SPREAD, p)."""
    coordinates = problem.coordinates
    ranks = rng.permuted(np.tile(np.arange(SPREAD), (len(coordinates.free), 1)), axis=1) + 0.5
    values = {name: np.full(SPREAD, float(v)) for name, v in coordinates.fixed.items()}
    for name, rank in zip(coordinates.free, ranks / SPREAD, strict=True):
        low, high = by_name[name].start
        values[name] = low * (high / low) ** rank if by_name[name].positive else low + (high - low) * rank
    values |= {name: values[to] for name, to in coordinates.tied.items()}
    return np.clip(coordinates.coordinates(values), problem.low, problem.high)


def _plain(problem):
    return replace(problem, loss=Loss("ls-log" if problem.loss.in_logs else "ls"))
