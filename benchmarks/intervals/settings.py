"""Measure how often the 95% intervals of `sweeps` and `curve` hold: best settings, their laws, whole loss curves.

    python benchmarks/intervals/settings.py                    200 sweeps a row, 40 tables of curves
    python benchmarks/intervals/settings.py --write docs/coverage.md

Sweeps are of cells whose best rate and batch follow powers of N and D, but for a scatter from cell to cell, in a valley
that is steeper towards high rates. Curves are of one model under several schedules, by the law of Tissue et al. 2024 or
of Luo et al. 2025, with the noise of real curves: correlated along a run, and an offset of each run. Set k of a row
depends on the seed, the row's name and k alone.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

sys.path.append(str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
from marked_part import give, place_in  # noqa: E402
from tables import markdown  # noqa: E402

from scalinglaws.errors import FitError  # noqa: E402
from scalinglaws.frontiers.sweeps import Sweeps, sweeps  # noqa: E402
from scalinglaws.laws import law  # noqa: E402
from scalinglaws.points.points import Points  # noqa: E402
from scalinglaws.predicting.curve import curve  # noqa: E402

BEGIN, END = "<!-- written by benchmarks/intervals/settings.py -->", "<!-- end of what settings.py wrote -->"
SWEEPS, CURVES = 200, 40  # sets a row
SIZES, DATA = (1e8, 3e8, 1e9), (5e9, 2e10, 8e10)
FURTHER = 3e9, 2.4e11  # 9 times the compute of the largest cell
STEPS = 800
FIRST, EVERY = 40, 20  # the first step of a curve that is in the table, and the steps between two rows
TISSUE = {"L_0": 2.6, "A": 0.6, "alpha": 0.45, "C": 100.0, "decay": 0.99}
SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # of the rate over the run, by the share done
    "constant": np.ones_like,
    "cosine": lambda t: 0.55 + 0.45 * np.cos(np.pi * t),
    "step": lambda t: np.where(t < 0.5, 1.0, 0.3),
    "linear": lambda t: 1 - 0.9 * t,
    "wsd": lambda t: np.where(t < 0.7, 1.0, np.exp(-(t - 0.7) / 0.3 * np.log(10))),
}


@dataclass(frozen=True)
class Swept:
    """Sweeps of one kind: values of the rate and of the batch, noise of ln loss, scatter of ln optimum between cells.

    Attributes:
        bent: curvature of ln best rate in ln N, which the law of powers does not have.
    """

    name: str
    rates: int
    batches: int
    noise: float
    scatter: float = 0.0
    bent: float = 0.0


@dataclass(frozen=True)
class Curves:
    """Tables of curves of one kind: the law that is true, the one that is fitted, and the number of schedules."""

    name: str
    true: str
    fitted: str
    runs: int
    longer: float = 1.0  # the steps of the run asked for over those of the table


OF_SWEEPS = (
    Swept("7 rates, noise 0.1%", 7, 1, 0.001),
    Swept("7 rates, noise 0.3%", 7, 1, 0.003),
    Swept("5 rates, noise 0.1%", 5, 1, 0.001),
    Swept("7 rates x 6 batches, noise 0.1%", 7, 6, 0.001),
    Swept("7 rates, noise 0.1%, optima scatter by 15%", 7, 1, 0.001, scatter=0.15),
    Swept("7 rates, noise 0.1%, no power law", 7, 1, 0.001, bent=0.05),
)
OF_CURVES = (
    Curves("tissue, fitted by tissue, 3 schedules", "tissue", "tissue", 3),
    Curves("tissue, fitted by tissue, 4 schedules, twice as long", "tissue", "tissue", 4, 2.0),
    Curves("multi-power, fitted by tissue, 4 schedules", "multi-power", "tissue", 4),
    Curves("tissue, fitted by multi-power, 4 schedules", "tissue", "multi-power", 4),
    Curves("multi-power, fitted by multi-power, 3 schedules", "multi-power", "multi-power", 3),
)


def best(kind: Swept, N: float, D: float) -> tuple[float, float]:
    """Ln of the best rate and batch by the law that is true, without scatter."""
    size = np.log(N / 3e8)
    return np.log(2e-3) - 0.7 * size + kind.bent * size**2 + 0.3 * np.log(D / 2e10), np.log(4e5) + 0.55 * np.log(
        D / 2e10
    )


def swept(kind: Swept, rng: np.random.Generator) -> tuple[Points, dict[tuple[float, float], tuple[float, float]]]:
    """One sweep, and the true ln optimum of each of its cells."""
    rows, true = [], {}
    for N in SIZES:
        for D in DATA:
            rate, batch = np.array(best(kind, N, D)) + kind.scatter * rng.standard_normal(2)
            true[N, D] = rate, batch
            middle = np.round(np.log2(np.exp(rate)))  # a grid of powers of two that holds the best, off its middle
            for lr in 2.0 ** (middle + np.arange(kind.rates) - kind.rates // 2 + rng.integers(-1, 2)):
                for B in np.exp(batch) * 2.0 ** (np.arange(kind.batches) - (kind.batches - 1) / 2):
                    u, v = np.log(lr) - rate, np.log(B) - batch
                    y = np.log(2 + 300 / N**0.33 + 400 / D**0.3) + 0.02 * (np.exp(0.8 * u) - 0.8 * u - 1)
                    y += 0.008 * v**2 - 0.005 * u * v
                    rows.append((N, D, lr, B, np.exp(y + kind.noise * rng.standard_normal())))
    names = ("params_total", "tokens", "lr", "batch_tokens", "loss_nats")
    return Points(dict(zip(names, np.array(rows).T, strict=True))), true


def asked_of_sweeps(kind: Swept, found: Sweeps, true, rng: np.random.Generator) -> dict[str, list[bool]]:
    """Say which intervals hold: of the cells, of the exponents, and of a further cell, which scatters as they do."""
    held: dict[str, list[bool]] = {"cells": [], "power of N": [], "power of D": [], "further cell": []}
    powers = {"lr": (-0.7, 0.3), "batch_tokens": (0.0, 0.55)}
    for k, knob in enumerate(("lr", "batch_tokens")[: 1 + (kind.batches > 1)]):
        for cell in found.optima:
            optimum = np.exp(
                true[min(true, key=lambda at: abs(np.log(at[0] / cell.params)) + abs(np.log(at[1] / cell.tokens)))][k]
            )
            held["cells"].append(cell.best[knob].low <= optimum <= cell.best[knob].high)
        line = found.lines.get(knob)
        if line is None:
            continue
        for name, power, said in zip(
            ("power of N", "power of D"), powers[knob], (line.params, line.tokens), strict=True
        ):
            if said is not None and not kind.bent:
                held[name].append(said.low <= power <= said.high)
        there = np.exp(best(kind, *FURTHER)[k] + kind.scatter * rng.standard_normal())
        said = found.at(*FURTHER)[knob]
        held["further cell"].append(said.low <= there <= said.high)
    return held


def rates(shape: str, steps: int) -> np.ndarray:
    """The rate of every step: a warm-up of 20, then the shape."""
    return 3e-4 * np.minimum(1, (np.arange(steps) + 1) / 20) * SHAPES[shape](np.arange(steps) / steps)


def losses(true: str, lr: np.ndarray, rng: np.random.Generator | None = None) -> np.ndarray:
    """The loss of every step; with a generator, with the noise of a run.

    The sd of ln loss is 0.05% along the run, with a correlation that falls by 1/e in 2% of it, and 0.03% from run to
    run: the curves of Luo et al. 2025 lie 0.03% off their own law.
    """
    values = TISSUE if true == "tissue" else {**law("multi-power").constants}
    loss = law(true).evaluate(lr, **values)
    if rng is None:
        return loss
    keep = np.exp(-1 / (0.02 * len(lr)))
    noise, last = np.empty(len(lr)), rng.standard_normal()
    for i, z in enumerate(rng.standard_normal(len(lr))):
        noise[i] = last = keep * last + np.sqrt(1 - keep**2) * z
    return loss * np.exp(0.0005 * noise + 0.0003 * rng.standard_normal())


def asked_of_curves(kind: Curves, rng: np.random.Generator) -> dict[str, list[bool]]:
    """Make a table of all schedules but one, and say where the curve of that one lies in the band."""
    names = list(rng.permutation(list(SHAPES)))
    rows = []
    for name in names[: kind.runs]:
        lr = rates(name, STEPS)
        loss = losses(kind.true, lr, rng)
        rows += [(name, step, lr[step], loss[step]) for step in range(FIRST, STEPS, EVERY)]
    columns = dict(zip(("run_id", "steps", "lr", "loss_nats"), map(list, zip(*rows, strict=True)), strict=True))
    lr = rates(names[-1], round(kind.longer * STEPS))
    at = np.arange(FIRST, len(lr), EVERY)
    found = curve(Points(columns), at, lr[at], law=kind.fitted)
    mean, run = losses(kind.true, lr)[at], losses(kind.true, lr, rng)[at]
    inside = (found.low <= run) & (run <= found.high)
    return {
        "steps of the run": list(inside),
        "its last loss": [bool(inside[-1])],
        "the law's last loss": [bool(found.low[-1] <= mean[-1] <= found.high[-1])],
        "whole run": [bool(inside.all())],
        "half-width": [float(np.log(found.high[-1] / found.value[-1]))],
    }


def measure(kind: Swept | Curves, sets: int, seed: int) -> dict[str, tuple[float, int]]:
    """Give target -> (share of intervals that held, how many there were); half-widths by their median."""
    told: dict[str, list] = {}
    for k in range(sets):
        rng = np.random.default_rng([seed, *kind.name.encode(), k])
        if isinstance(kind, Curves):
            held = asked_of_curves(kind, rng)
        else:
            points, true = swept(kind, rng)
            try:
                held = asked_of_sweeps(kind, sweeps(points), true, rng)
            except FitError:
                continue
        for target, values in held.items():
            told.setdefault(target, []).extend(values)
    return {
        target: (float(np.median(values) if target == "half-width" else np.mean(values or [np.nan])), len(values))
        for target, values in told.items()
    }


def table(found: dict[str, dict[str, tuple[float, int]]]) -> str:
    """Lay the rows of one kind out."""
    targets = list(next(iter(found.values())))
    return markdown(["tables", *targets], [[name, *(_cell(t, one[t]) for t in targets)] for name, one in found.items()])


def _cell(target: str, said: tuple[float, int]) -> str:
    share, count = said
    return "-" if not count else f"{share:.2%}" if target == "half-width" else f"{share:.2f} of {count:,}"


def main() -> None:
    """Parse, measure, print or write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sweeps", type=int, default=SWEEPS, help=f"sets a row ({SWEEPS})")
    parser.add_argument("--curves", type=int, default=CURVES, help=f"sets a row ({CURVES})")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="a part of the name of the rows to measure")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="page whose tables are replaced; printed without it")
    asked = parser.parse_args()
    if asked.write:
        place_in(asked.write, BEGIN, END)
    np.seterr(all="ignore")
    parts = []
    for kinds, sets in ((OF_SWEEPS, asked.sweeps), (OF_CURVES, asked.curves)):
        found = {}
        for kind in kinds:
            if asked.only in kind.name and sets:
                start = time.process_time()
                found[kind.name] = measure(kind, sets, asked.seed)
                print(
                    f"{kind.name}: {time.process_time() - start:.0f} CPU s {found[kind.name]}",
                    file=sys.stderr,
                    flush=True,
                )
        if found:
            parts.append(f"{sets} tables a row, seed {asked.seed}.\n\n{table(found)}")
    give(asked.write, BEGIN, END, "\n\n".join(parts))


if __name__ == "__main__":
    main()
