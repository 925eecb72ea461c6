"""Measure how often the default 95% interval holds the truth where runs say little: hard designs, dead terms.

    python benchmarks/intervals/hard.py                        100 data sets a cell, ten minutes of one core
    python benchmarks/intervals/hard.py --write docs/coverage.md

Seeded as run.py: data set k of a cell depends on the seed, the cell's name and k alone. An interval that is open, or a
data set that is refused, promises nothing and counts as holding; how often that was stands beside it.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402
import run as bench  # noqa: E402
import simulate  # noqa: E402
from tables import in_print, markdown  # noqa: E402

from scalinglaws.errors import FitError, PointsError  # noqa: E402
from scalinglaws.fitting.fit import fit  # noqa: E402
from scalinglaws.laws import LAWS  # noqa: E402
from scalinglaws.planning.best_split import Spending, chinchilla_params  # noqa: E402
from scalinglaws.planning.law_splits import split  # noqa: E402
from scalinglaws.points.points import Points  # noqa: E402
from scalinglaws.predicting.predict import predict  # noqa: E402
from scalinglaws.uncertainty.drawn import Draws  # noqa: E402
from scalinglaws.uncertainty.draws import draws  # noqa: E402

LAW = "chinchilla"
LEVEL = 0.95
SETS, RESAMPLES = 100, 300
# Exponents of OLMo's Transformer runs; the other constants make 20 tokens a parameter best at 1e20 FLOPs
SMALL = {"E": 1.1, "A": 109.0, "B": 109.0, "alpha": 0.252, "beta": 0.213}
BEGIN, END = "<!-- written by benchmarks/intervals/hard.py -->", "<!-- end of what hard.py wrote -->"
TARGETS = ("E", "alpha", "beta", "a", "N* 10x", "loss 10x", "loss 100x", "off 10x")

Grid = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Design:
    """Sizes and tokens, the constants that are true, and the noise of ln L. An amplitude of zero is a dead term."""

    name: str
    grid: Grid
    noise: float
    truth: Mapping[str, float]

    @property
    def dead(self) -> bool:
        """Whether a term is missing, so that no best size and no exponent of its own exist."""
        return not (self.truth["A"] and self.truth["B"])


def frontier(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """24 runs at the best size of their compute."""
    flops = np.geomspace(simulate.LEAST_FLOPS, simulate.MOST_FLOPS, 24)
    params = simulate.best_params(flops)
    return params, flops / 6 / params


def ray(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """16 runs of about 20 tokens a parameter, a tenth off either way."""
    params = np.sqrt(np.geomspace(simulate.LEAST_FLOPS, simulate.MOST_FLOPS, 16) / 120)
    return params, 20 * params * rng.uniform(0.9, 1.1, 16)


def ladder(*ratios: float) -> Grid:
    """Four sizes, each trained for these tokens a parameter."""
    params = np.repeat(np.geomspace(1.9e8, 1.3e9, 4), len(ratios))
    return lambda rng: (params, params * np.tile(ratios, 4))


def square(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """20 runs: five sizes, each with four numbers of tokens."""
    return np.repeat(np.geomspace(3e7, 3e9, 5), 4), np.tile(np.geomspace(1e9, 1e11, 4), 5)


DESIGNS = (
    Design("24 runs on the compute-optimal frontier, sd .003", frontier, 0.003, simulate.TRUTH),
    Design("ladder 4 x 4, small exponents, sd .001", ladder(20, 40, 100, 200), 0.001, SMALL),
    Design("ladder 4 x 3, small exponents, sd .003", ladder(20, 60, 200), 0.003, SMALL),
    Design("16 runs at D = 20 N, a tenth off either way, sd .003", ray, 0.003, simulate.TRUTH),
    Design("20 runs without a term of N, sd .003", square, 0.003, simulate.TRUTH | {"A": 0.0}),
    Design("20 runs without a term of D, sd .003", square, 0.003, simulate.TRUTH | {"B": 0.0}),
)


def runs(design: Design, rng: np.random.Generator) -> Points:
    """One data set."""
    params, tokens = design.grid(rng)
    loss = LAWS[LAW].evaluate(params, tokens, **design.truth) * np.exp(design.noise * rng.standard_normal(len(params)))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss})


def places(design: Design) -> dict[str, dict[str, float]]:
    """Where losses are asked: 10 and 100 times the compute of the largest run, at the best size and at twice of it."""
    params, tokens = design.grid(np.random.default_rng(0))
    most = float((6 * params * tokens).max())
    found = {}
    for label, reach, off in (("loss 10x", 10, 1), ("loss 100x", 100, 1), ("off 10x", 10, 2)):
        best = params.max() * np.sqrt(reach) if design.dead else chinchilla_params(reach * most, **design.truth)
        found[label] = {"N": off * float(best), "D": reach * most / 6 / (off * float(best))}
    return found


def truths(design: Design) -> dict[str, float]:
    """What the intervals are asked to hold; of a dead term nothing is."""
    at, values = places(design), design.truth
    found = {label: float(LAWS[LAW].evaluate(**place, **values)) for label, place in at.items()}
    kept = {"E": values["E"]}
    kept |= {"alpha": values["alpha"]} if values["A"] else {}
    kept |= {"beta": values["beta"]} if values["B"] else {}
    if not design.dead:
        kept |= {"a": values["beta"] / (values["alpha"] + values["beta"]), "N* 10x": at["loss 10x"]["N"]}
    return kept | found


def ends(made: Draws, design: Design) -> dict[str, tuple[float, float]]:
    """Give target -> (low, high)."""
    of, at = made.interval(LEVEL), places(design)
    found = {name: of[name] for name in ("E", "alpha", "beta")}
    for label, place in at.items():
        said = predict(made, place, level=LEVEL, kind="mean")
        found[label] = (float(said.low), float(said.high))
    alpha, beta = (made.values[:, made.names.index(name)] for name in ("alpha", "beta"))
    shares = beta / (alpha + beta)
    sides = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    found["a"] = tuple(np.quantile(shares, sides))
    try:
        place = at["loss 10x"]
        sizes = split(made, Spending(6 * place["N"] * place["D"]), None, None).params_draws
        found["N* 10x"] = tuple(np.quantile(sizes[np.isfinite(sizes)], sides))
    except FitError:  # the budget has no best size by these points
        found["N* 10x"] = (0.0, np.inf)
    return found


@dataclass
class Counted:
    """Of one cell: how many data sets held each target, how many intervals were open, had no width, were refused."""

    held: dict[str, int]
    opened: dict[str, int]
    still: int = 0
    refused: int = 0
    converged: int = 0


def measure(design: Design, sets: int, seed: int, resamples: int = RESAMPLES) -> Counted:
    """Measure one design."""
    truth = truths(design)
    counted = Counted(dict.fromkeys(truth, 0), dict.fromkeys(truth, 0))
    for k in range(sets):
        try:
            found = fit(LAW, runs(design, np.random.default_rng([seed, *design.name.encode(), k])))
            said = ends(draws(found, draws=resamples, seed=k), design)
        except (FitError, PointsError):
            counted.refused += 1
            said = dict.fromkeys(truth, (0.0, np.inf))
        else:
            counted.converged += found.outcome == "converged"
        for name, true in truth.items():
            low, high = said[name]
            counted.held[name] += bool(low <= true <= high)
            counted.opened[name] += bool(low == 0 or np.isinf(high))
            counted.still += bool(low == high)
    return counted


def table(found: Mapping[str, Counted], sets: int) -> str:
    """Lay the cells out: coverage, and in brackets the share of intervals that were open."""
    rows = []
    for name, one in found.items():
        shown = [_cell(one, target, sets) for target in TARGETS]
        rows.append([in_print(name), *shown, f"{one.converged / sets:.2f}", str(one.refused), str(one.still)])
    return markdown(["runs", *TARGETS, "converged", "refused", "no width"], rows)


def _cell(one: Counted, target: str, sets: int) -> str:
    if target not in one.held:
        return "-"
    opened = one.opened[target] / sets
    text = f"{one.held[target] / sets:.2f}"
    return f"{text} ({opened:.2f})" if opened else text


def main() -> None:
    """Parse, measure, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=SETS, help=f"data sets a cell ({SETS})")
    parser.add_argument("--resamples", type=int, default=RESAMPLES)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a part of the name of the designs to measure")
    parser.add_argument("--write", type=Path, help="page whose table is replaced; printed without it")
    asked = parser.parse_args()
    np.seterr(all="ignore")
    found = {}
    for design in DESIGNS:
        if asked.only in design.name:
            start = time.process_time()
            found[design.name] = measure(design, asked.sets, asked.seed, asked.resamples)
            print(f"{design.name}: {time.process_time() - start:.0f} CPU s", file=sys.stderr, flush=True)
    said = f"{asked.sets} data sets per cell, {asked.resamples} resamples, seed {asked.seed}."
    text = f"{said}\n\n{table(found, asked.sets)}"
    if asked.write:
        bench.write(asked.write, text, BEGIN, END)
    else:
        print(text)


if __name__ == "__main__":
    main()
