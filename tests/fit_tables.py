"""Tables that the tests of fits share: the public Chinchilla points, and points made from a law's own constants."""

import csv
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.laws import LAWS
from scalinglaws.points import Points
from scalinglaws.quantities import playing

DATA = Path(os.environ.get("SCALINGLAWS_DATA", Path(__file__).parents[1].parent / "shared" / "data")) / "runs"
EPOCH = {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658}

# ranges that the laws are tried on, by letter, where a law says no domain of its own
RANGES = {"N": (1e6, 1.5e9), "D": (3e7, 2e10), "C": (1e16, 1e20), "S": (5e3, 2.5e5), "L": (3.0, 10.0)}
WIDER: dict[str, dict[str, tuple[float, float]]] = {}  # law -> ranges, where its domain is too narrow to fit it on
MOST = 3000  # points of a grid
SOME = {  # constants for the laws without published ones
    "henighan-n": {"L_inf": 1.7, "N_0": 2e8, "alpha_N": 0.3},
    "henighan-d": {"L_inf": 1.8, "D_0": 5e9, "alpha_D": 0.25},
    "henighan-c": {"L_inf": 1.6, "C_0": 1e20, "alpha_C": 0.12},
}


@cache
def chinchilla_points(wild: bool = False) -> Points:
    """The 240 digitised Chinchilla points, or all 245; skips the test where the table is absent."""
    path = DATA / "chinchilla_epoch.csv"
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine (SCALINGLAWS_DATA)")
    with open(path, newline="") as file:
        rows = [row for row in csv.DictReader(file) if wild or not row["note"]]
    return Points({name: [row[name] for row in rows] for name in ("run_id", "params_total", "tokens", "flops", "loss")})


def constants(name: str) -> dict[str, float]:
    """The constants that a law is simulated with."""
    return SOME.get(name) or LAWS[name].constants


def ranges(name: str) -> dict[str, tuple[float, float]]:
    """The range that each input of a law is tried on: its own domain, where it has one."""
    law = LAWS[name]
    return {letter: (RANGES | dict(law.domain) | WIDER.get(name, {}))[letter] for letter in law.inputs}


def inputs_of(name: str, n: int = 7) -> list[np.ndarray]:
    """A grid over the inputs of a law, n values each (3n of a single one), inside its domain."""
    law, wider = LAWS[name], WIDER.get(name, {})
    many = 3 * n if len(law.inputs) == 1 else min(n, int(MOST ** (1 / len(law.inputs))))
    axes = [_axis(low, high, many) for low, high in ranges(name).values()]
    grid = [axis.ravel() for axis in np.meshgrid(*axes, indexing="ij")]
    inside = np.ones(grid[0].shape, dtype=bool)
    for place, (low, high) in law.domain.items():
        if "/" in place and place not in wider:
            above, below = (grid[law.inputs.index(letter)] for letter in place.split("/"))
            inside &= (above / below >= low) & (above / below <= high)
    return [column[inside] for column in grid]


def _axis(low: float, high: float, many: int) -> np.ndarray:
    return np.clip(np.geomspace(low, high, many) if low > 0 else np.linspace(low, high, many), low, high)


def column_of_target(name: str) -> str:
    """The column that what a law gives stands in: the paper's own, or the first that can play the role."""
    law = LAWS[name]
    return law.convention.get(law.target) or (playing(law.predicts) or [law.target])[0]


def simulated(name: str, n: int = 7, noise: float = 0.0, seed: int = 0) -> Points:
    """A grid of points from a law's own constants, in the columns of its paper, with log-normal noise."""
    law, grid = LAWS[name], inputs_of(name, n)
    value = law.evaluate(*grid, **constants(name))
    value = value * np.exp(noise * np.random.default_rng(seed).standard_normal(value.shape))
    columns = {law.convention[letter]: column for letter, column in zip(law.inputs, grid, strict=True)}
    return Points(columns | {column_of_target(name): value})


def isoflop(noise: float = 0.003, n: int = 60, seed: int = 0, law: dict[str, float] = EPOCH) -> Points:
    """Balanced isoFLOP runs under a Chinchilla law: budgets 1e18..1e21, sizes a factor 8 either side of the optimum."""
    rng = np.random.default_rng(seed)
    budgets = np.repeat(np.geomspace(1e18, 1e21, max(4, n // 10)), n // max(4, n // 10))
    ratio = np.tile(np.geomspace(1 / 8, 8, n // max(4, n // 10)), max(4, n // 10))
    best = (law["alpha"] * law["A"] / (law["beta"] * law["B"])) ** (1 / (law["alpha"] + law["beta"]))
    size = best * (budgets / 6) ** (law["beta"] / (law["alpha"] + law["beta"])) * ratio
    data = budgets / 6 / size
    loss = LAWS["chinchilla"].evaluate(size, data, **law) * np.exp(noise * rng.standard_normal(len(size)))
    return Points({"params_total": size, "tokens": data, "loss_nats": loss})
