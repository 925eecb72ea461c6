"""Runs made from a known law: designs, noises, and worlds in which the law that is fitted is not the true one."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from scalinglaws.laws import LAWS
from scalinglaws.planning.best_split import chinchilla_params
from scalinglaws.points.points import Points

TRUTH = dict(LAWS["chinchilla"].published[2].values)  # Besiroglu et al. 2024, table 1
LEAST_FLOPS, MOST_FLOPS = 1e18, 1e21
REACHES = (10.0, 100.0)
HALF = 8.0  # sizes from a half-th to this many times the best of each budget

Noise = Callable[[np.random.Generator, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class World:
    """What is true.

    Attributes:
        counted: true N of the N that the table shows; the same where the table is right.
        power: q of E + (a^q + b^q)^(1/q) with a = A/N^alpha, b = B/D^beta; 1 is the law that is fitted.
    """

    counted: Callable[[np.ndarray], np.ndarray] = lambda N: N
    power: float = 1.0

    @property
    def right(self) -> bool:
        """Whether the fitted law holds here."""
        return self == RIGHT

    def loss(self, N, D) -> np.ndarray:
        """Loss of N parameters, as the table counts them, on D tokens."""
        a = TRUTH["A"] / self.counted(N) ** TRUTH["alpha"]
        b = TRUTH["B"] / D ** TRUTH["beta"]
        return TRUTH["E"] + (a**self.power + b**self.power) ** (1 / self.power)


RIGHT = World()
MISCOUNTED = World(lambda N: N + 47491 * N ** (1 / 3))  # Pearce & Song 2024, eq 5: N without embeddings is shown
INTERACTING = replace(RIGHT, power=0.9)


def normal(sd: float) -> Noise:
    """Log-normal noise of one size."""
    return lambda rng, flops: sd * rng.standard_normal(len(flops))


def small_runs_noisier(sd: float, power: float = -0.2) -> Noise:
    """Noise that falls with compute: four times larger at a thousandth of the largest."""
    return lambda rng, flops: sd * (flops / MOST_FLOPS) ** power * rng.standard_normal(len(flops))


def bad_runs(sd: float, share: float = 0.05, factor: float = 10.0) -> Noise:
    """Log-normal noise, and a share of runs gone wrong: worse by the absolute value of a ten times larger noise."""

    def made(rng, flops):
        bad = rng.random(len(flops)) < share
        worse = np.abs(factor * sd * rng.standard_normal(len(flops)))
        return sd * rng.standard_normal(len(flops)) + np.where(bad, worse, 0.0)

    return made


NOISES: dict[str, Noise] = {
    "sd .001": normal(0.001),
    "sd .003": normal(0.003),
    "sd .01": normal(0.01),
    "small runs noisier": small_runs_noisier(0.003),
    "5% bad runs": bad_runs(0.003),
}
DESIGNS = {20: (4, 5), 60: (6, 10), 240: (12, 20)}  # runs -> budgets, sizes a budget
CURVES = {"12 runs x 5": (3, 4, 5), "24 runs x 10": (6, 4, 10)}  # budgets, sizes a budget, checkpoints a run
RUN_SD, CHECKPOINT_SD = 0.0024, 0.0018  # what the checkpoints of a run share, and what each has of its own
EARLIEST = 1 / 8  # of a run's tokens, at its first checkpoint


def best_params(flops) -> np.ndarray:
    """N* of the true constants."""
    return chinchilla_params(flops, **TRUTH)


def grid(budgets: int, sizes: int) -> tuple[np.ndarray, np.ndarray]:
    """A balanced isoFLOP grid: N and D of budgets x sizes runs."""
    flops = np.repeat(np.geomspace(LEAST_FLOPS, MOST_FLOPS, budgets), sizes)
    params = best_params(flops) * np.tile(np.geomspace(1 / HALF, HALF, sizes), budgets)
    return params, flops / 6 / params


def runs(n: int, noise: Noise, rng: np.random.Generator, world: World = RIGHT) -> Points:
    """One data set of n runs."""
    params, tokens = grid(*DESIGNS[n])
    loss = world.loss(params, tokens) * np.exp(noise(rng, 6 * params * tokens))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss})


def curves(design: str, rng: np.random.Generator) -> Points:
    """One data set of checkpoints: those of one run share an error."""
    budgets, sizes, each = CURVES[design]
    params, tokens = grid(budgets, sizes)
    run = np.repeat(np.arange(len(params)), each)
    seen = np.outer(tokens, np.geomspace(EARLIEST, 1.0, each)).ravel()
    shared, own = rng.standard_normal(len(params))[run], rng.standard_normal(len(run))
    loss = RIGHT.loss(params[run], seen) * np.exp(RUN_SD * shared + CHECKPOINT_SD * own)
    labels = [f"run-{i}" for i in run]
    return Points({"params_total": params[run], "tokens": seen, "loss_nats": loss, "run_id": labels})


def target(reach: float) -> dict[str, float]:
    """N and D of the best run at a multiple of the largest compute."""
    params = float(best_params(reach * MOST_FLOPS))
    return {"N": params, "D": reach * MOST_FLOPS / 6 / params}


def true_best_params(world: World, flops: float) -> float:
    """N, as the table counts it, at which the true loss of a budget is least: by golden section in ln N."""
    low, high = (np.log(best_params(flops)) + side * 4 for side in (-1, 1))
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        ends = [world.loss(np.exp(x), flops / 6 / np.exp(x)) for x in (left, right)]
        low, high = (low, right) if ends[0] < ends[1] else (left, high)
    return float(np.exp((low + high) / 2))


def truths(world: World) -> dict[str, float]:
    """What the intervals are asked to hold."""
    losses = {f"loss {reach:g}x": float(world.loss(**target(reach))) for reach in REACHES}
    best = true_best_params(world, REACHES[0] * MOST_FLOPS)
    return {"alpha": TRUTH["alpha"], "E": TRUTH["E"], **losses, "N* 10x": best}
