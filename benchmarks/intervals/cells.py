"""Measure one cell: many seeded data sets of one design and noise, and how often each interval holds the truth."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from intervals import asked
from simulate import CURVES, DESIGNS, MOST_FLOPS, NOISES, RIGHT, World, curves, runs, truths

from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points

SAVED_EVERY = 20  # data sets
NEW_RUNS = 40  # runs drawn at each target to see whether the interval for a new run holds them
METHODS = ("pairs", "pairs, widened", "sandwich", "wild", "model")
LAW = "chinchilla"


@dataclass(frozen=True)
class Cell:
    """One design, noise and world.

    Attributes:
        make: generator -> one data set.
        noise: the noise of a new run; None where the benchmark does not ask for one.
        by_points: also treat every point as a run of its own, as "... over points".
    """

    name: str
    make: Callable[[np.random.Generator], Points]
    noise: Callable | None = None
    world: World = RIGHT
    methods: tuple[str, ...] = METHODS
    by_points: bool = False


@dataclass
class Measured:
    """What each data set gave, by method and target: whether the interval held the truth, and its width.

    For new runs the share of them it held. A method that refused a data set has no entry for it and held nothing.
    """

    sets: int = 0
    held: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    widths: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def add(self, method: str, name: str, truth, ends: tuple[float, float]) -> None:
        """Count one interval."""
        low, high = ends
        inside = float(np.mean((low <= np.asarray(truth)) & (np.asarray(truth) <= high)))
        self.held.setdefault(method, {}).setdefault(name, []).append(inside)
        self.widths.setdefault(method, {}).setdefault(name, []).append(high - low)

    def summary(self) -> dict:
        """Give method -> target -> [coverage, median width]."""
        return {
            method: {
                name: [float(np.sum(found) / self.sets), float(np.median(self.widths[method][name]))]
                for name, found in by_name.items()
            }
            for method, by_name in self.held.items()
        }


def measure(cell: Cell, sets: int, seed: int, measured: Measured | None = None) -> Measured:
    """Measure a cell up to data set number `sets`; data set k depends on (seed, cell, k) alone."""
    measured = measured or Measured()
    truth = truths(cell.world)
    for k in range(measured.sets, sets):
        rng = np.random.default_rng([seed, *cell.name.encode(), k])
        for method, ends in _intervals(cell, cell.make(rng), k).items():
            for name, pair in ends.items():
                wanted = truth.get(name)
                if name.startswith("run "):
                    wanted = _new_runs(cell, name, truth, np.random.default_rng([seed, k]))
                if wanted is not None:
                    measured.add(method, name, wanted, pair)
        measured.sets = k + 1
    return measured


def _new_runs(cell: Cell, name: str, truth: dict, rng: np.random.Generator):
    if cell.noise is None:
        return None
    reach = float(name.removeprefix("run ").removesuffix("x"))
    return truth[f"loss {reach:g}x"] * np.exp(cell.noise(rng, np.full(NEW_RUNS, reach * MOST_FLOPS)))


def _intervals(cell: Cell, points: Points, k: int) -> dict[str, dict]:
    found = asked(fit(LAW, points), cell.methods, seed=k)
    if cell.by_points:
        alone = points.replace(run_id=[str(i) for i in range(len(points))])
        found |= {
            f"{method} over points": e for method, e in asked(fit(LAW, alone), ("pairs", "sandwich"), seed=k).items()
        }
    return found


def right_cells() -> list[Cell]:
    """The cells in which the law and the count are right: designs x noises."""
    return [
        Cell(f"{n} runs, {name}", lambda rng, n=n, noise=noise: runs(n, noise, rng), noise)
        for n in DESIGNS
        for name, noise in NOISES.items()
    ]


def curve_cells() -> list[Cell]:
    """Checkpoints of runs."""
    return [
        Cell(name, lambda rng, name=name: curves(name, rng), methods=METHODS[:4], by_points=True) for name in CURVES
    ]


def world_cells(worlds: dict[str, World]) -> list[Cell]:
    """Each world at each design, noise .003."""
    noise = NOISES["sd .003"]
    return [
        Cell(
            f"{name}, {n} runs",
            lambda rng, n=n, world=world: runs(n, noise, rng, world),
            noise,
            world,
            methods=("pairs",),
        )
        for name, world in worlds.items()
        for n in DESIGNS
    ]


def kept(cell: Cell, sets: int, seed: int, folder: Path | None) -> dict:
    """Measure a cell, going on from what an earlier call left in the folder; give its summary."""
    if folder is None:
        return measure(cell, sets, seed).summary()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{cell.name.replace(' ', '-').replace('%', 'pc')}-seed-{seed}.json"
    found = Measured(**json.loads(path.read_text())) if path.exists() else Measured()
    for upto in [*range(found.sets + SAVED_EVERY, sets, SAVED_EVERY), sets]:
        if found.sets < sets:
            found = measure(cell, upto, seed, found)
            path.with_suffix(".part").write_text(json.dumps(asdict(found)))
            path.with_suffix(".part").rename(path)
    if found.sets > sets:
        raise SystemExit(f"{path} holds {found.sets} data sets and {sets} were asked for: ask for as many, or move it.")
    return found.summary()
