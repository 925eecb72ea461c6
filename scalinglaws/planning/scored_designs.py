"""Designs scored before a run is paid: worlds are drawn, their runs simulated, and the forecast gives its interval."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import FitError
from ..predicting.discrepancy import LENGTHS, Discrepancy
from ..predicting.evidence import NOISE_FALLS, Observed
from ..predicting.means import SmoothMaximum
from ..predicting.mixture import Posterior, posterior
from ..predicting.prior import Prior
from .asked_quantity import AskedFor

WORLDS = 24
USUAL_LOSS = 2.5  # nats per token, to which the field's floor is set where no loss is known
RUN_NOISE = 0.003  # of ln(loss), of the largest run
MOST_NOISE = 0.03
SMALLEST = 1e-4
LEAST_GAIN = 0.05  # of the standard deviation: what is below is chance


@dataclass(frozen=True, eq=False)
class World:
    """A truth: ln(loss) at any of its rows, without noise. `seen` are runs that are there already."""

    at: Callable[[np.ndarray], np.ndarray]
    seen: Observed | None = None


@dataclass(frozen=True)
class Score:
    """What a design would say of the quantity asked for.

    Attributes:
        half: name -> half-width of the 95% interval in ln, the median over worlds; inf where it is not determined.
        error: name -> median |error| in ln. inside: share of worlds whose intervals held.
        determined: share of worlds in which the quantity is determined.
    """

    half: Mapping[str, float]
    error: Mapping[str, float]
    inside: float
    determined: float
    worlds: int


def line_of_sizes(quantity: AskedFor, x: np.ndarray) -> tuple[float, float]:
    """Give the range of ln N in which a best size is looked for: beyond the runs on both sides."""
    middle = np.log(quantity.compute / 6) / 2
    return min(x[:, 0].min(), middle - 4), max(x[:, 0].max(), middle + 4)


def prior_worlds(
    prior: Prior, runs: np.ndarray, line: np.ndarray, count: int, seed: int, draws: int = 4000
) -> list[World]:
    """Draw truths from a prior, each with a discrepancy of an amplitude that the prior has seen.

    Of the prior's laws those are kept whose floor lies below the lowest loss of `runs` by as much as in past studies:
    far below the sizes of those studies few laws of the prior would give a loss that anyone has seen.

    Args:
        runs: ln N and ln D of all runs that could be made, (runs, 2). line: other rows that are asked for.
    """
    rng = np.random.default_rng(seed)
    law = prior.alternatives(USUAL_LOSS)[0].prior
    constants = law.mean + rng.standard_normal((draws, len(law.mean))) @ np.linalg.cholesky(law.covariance).T
    constants[:, 5] = np.minimum(constants[:, 5], 0.3)
    excess = np.array([(SmoothMaximum().value_and_slopes(one, runs)[0] - one[0]).min() for one in constants])
    least, spread = prior.floor
    nearest = np.argsort(np.abs(excess + least))[: max(count, draws // 20)]
    rows = np.unique(np.concatenate([runs, line]), axis=0)
    shape = Discrepancy((LENGTHS["N"], LENGTHS["D"]), tuple(runs.max(axis=0)))
    process = np.linalg.cholesky(shape.covariance(rows, rows) + 1e-9 * np.eye(len(rows)) * shape.scale(rows) ** 2)
    sizes, chances = (np.array(part) for part in zip(*prior.amplitudes.items(), strict=True))
    found = []
    for chosen in rng.choice(nearest, count, replace=False):
        one, amplitude = constants[chosen].copy(), rng.choice(sizes, p=chances / chances.sum())
        wanted, power = max(spread * rng.standard_normal() - least, 0.05), np.exp(-one[5])
        one[[1, 3]] += power * (np.log(np.expm1(wanted)) - np.log(np.expm1(excess[chosen])))
        departure = amplitude * (process @ rng.standard_normal(len(rows)))
        found.append(World(_table(rows, SmoothMaximum().value_and_slopes(one, rows)[0] + departure)))
    return found


def posterior_worlds(known: Posterior, rows: np.ndarray, count: int, seed: int) -> list[World]:
    """Draw truths from what runs already say, at all of `rows`."""
    mean, covariance = known.jointly(rows)
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return [World(_table(rows, mean + root @ rng.standard_normal(len(rows))), known.seen) for _ in range(count)]


def _table(rows: np.ndarray, values: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    known = {tuple(row): value for row, value in zip(rows, values, strict=True)}
    return lambda asked: np.array([known[tuple(row)] for row in asked])


def scored(
    quantity: AskedFor,
    runs: np.ndarray,
    worlds: Sequence[World],
    prior: Prior,
    sizes: tuple[float, float],
    seed: int = 0,
) -> Score:
    """Simulate the runs of a design in every world, make the forecast, and take the interval of the quantity.

    Args:
        runs: logarithms of N and D of the runs to be made, (runs, 2).
    """
    halves, errors, held = [], [], []
    rows = quantity.rows(sizes)
    for number, world in enumerate(worlds):
        truth = quantity.value(rows, world.at(rows))[0]
        if not np.isfinite(truth).all():
            continue
        made = _forecast(runs, world, prior, np.random.default_rng([seed, number]))
        half, value = interval_of(quantity, made, prior, rows) if made else (np.full(len(truth), np.inf), truth)
        halves.append(half)
        apart = np.abs(value - truth)
        errors.append(np.where(np.isfinite(half), apart, np.inf))
        held.append(bool((apart <= half).all()))
    if not halves:
        return Score(dict.fromkeys(quantity.names, np.inf), dict.fromkeys(quantity.names, np.inf), 0.0, 0.0, 0)
    middle, error = np.median(halves, axis=0), np.median(errors, axis=0)
    names = quantity.names
    return Score(
        dict(zip(names, map(float, middle), strict=True)),
        dict(zip(names, map(float, error), strict=True)),
        float(np.mean(held)),
        float(np.isfinite(halves).all(axis=1).mean()),
        len(halves),
    )


def _forecast(runs: np.ndarray, world: World, prior: Prior, rng: np.random.Generator) -> Posterior | None:
    compute = runs.sum(axis=1)
    noise = np.minimum(RUN_NOISE * np.exp(-NOISE_FALLS * (compute - compute.max())), MOST_NOISE)
    x, y = runs, world.at(runs) + noise * rng.standard_normal(len(runs))
    if world.seen is not None:
        x, y = np.concatenate([world.seen.x, x]), np.concatenate([world.seen.y, y])
    try:
        shape = Discrepancy((LENGTHS["N"], LENGTHS["D"]), tuple(x.max(axis=0)))
        return posterior(
            prior.alternatives(float(np.exp(y.min()))), Observed(x, y, x.sum(axis=1)), shape, prior.amplitudes
        )
    except FitError:
        return None


def interval_of(quantity: AskedFor, known: Posterior, prior: Prior, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the half-width of the 95% interval, widened as a forecast's is, and the value, each in ln."""
    mean, covariance = known.jointly(rows)
    value, weights = quantity.value(rows, mean)
    sd = np.sqrt(np.maximum(np.einsum("ij,jk,ik->i", weights, covariance, weights), 0))
    return np.where(np.isfinite(value), prior.band * np.maximum(sd, SMALLEST), np.inf), value
