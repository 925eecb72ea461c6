"""How often the intervals of what is asked beside a loss hold the truth, in simulated worlds of three laws.

    python benchmarks/forecast/answers.py [--sets 60] [--only WORLD] [--write docs/forecast.md]

Asked at 10 and 100 times the largest compute of 5 isoFLOP budgets of 7 sizes, noise 0.3%: N* and D* by `frontier
isoflop --at` and by `plan --flops`, the least compute by `plan --target-loss`, the accuracy by `predict --accuracy`;
and the exponent of N*. `chinchilla` is the form that isoFLOP's curves, `plan --law chinchilla` and the default's mean
know; Kaplan's joint law and a law whose exponent of N falls with size are not known to the additive form. Seeded. The
accuracy is asked for in every sixth set. About 6 CPU minutes at 60 sets.
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
from marked_part import give  # noqa: E402
from scipy.optimize import brentq, minimize_scalar  # noqa: E402
from scores import markdown  # noqa: E402
from simulated import BESIROGLU, loss  # noqa: E402

from scalinglaws import Points, draws, fit, frontier, plan  # noqa: E402
from scalinglaws.errors import FitError  # noqa: E402
from scalinglaws.predicting.forecast import forecaster  # noqa: E402
from scalinglaws.predicting.through_loss import through_loss  # noqa: E402

NOISE, LARGEST, TIMES = 0.003, 1e21, (10, 100)
BUDGETS, SIZES = np.geomspace(1e18, LARGEST, 5), np.geomspace(1 / 4, 4, 7)
MARK, END = "<!-- answers: written by benchmarks/forecast/answers.py -->", "<!-- end of what it wrote -->"

Law = Callable[[np.ndarray, np.ndarray], np.ndarray]


def joint(N, D):
    """Kaplan et al. 2020, eq 1.5, with a floor: the terms do not add."""
    return 1.4 + ((4e12 / N) ** 0.6 + 1.2e13 / D) ** 0.19


def bending(N, D):
    """The exponent of N falls from 0.40 at 1e8 by 0.012 a factor of e in N."""
    x = np.log(N / 1e8)
    return 1.75 + 0.55 * np.exp(-0.40 * x + 0.012 * x**2 / 2) + 2085.43 / D**0.3658


WORLDS: dict[str, Law] = {
    "chinchilla": lambda N, D: loss(BESIROGLU, N, D),
    "joint, with a floor": joint,
    "exponent falls with N": bending,
}


@dataclass(frozen=True)
class World:
    """A law with its optima."""

    law: Law

    def best(self, flops: float) -> float:
        """N* at a compute of 6 N D."""
        at = lambda x: self.law(np.exp(x), flops / 6 / np.exp(x))  # noqa: E731
        return float(np.exp(minimize_scalar(at, bounds=(np.log(1e6), np.log(1e13)), method="bounded").x))

    def lowest(self, flops: float) -> float:
        """The loss at the optimum."""
        size = self.best(flops)
        return float(self.law(size, flops / 6 / size))

    def least(self, target: float) -> float:
        """The least compute of a loss."""
        return float(np.exp(brentq(lambda x: self.lowest(np.exp(x)) - target, np.log(1e17), np.log(1e27))))

    def exponent(self) -> float:
        """The slope of ln N* over the budgets that were trained."""
        return float(np.polyfit(np.log(BUDGETS), np.log([self.best(c) for c in BUDGETS]), 1)[0])


def accuracy(losses: np.ndarray) -> np.ndarray:
    """The accuracy behind a loss: from a chance of 0.25 upwards."""
    return 0.25 + 0.65 / (1 + np.exp(4 * (losses - 2.3)))


def table(world: World, rng: np.random.Generator) -> Points:
    """A study of the world, with an accuracy that scatters by 0.01 beside each loss."""
    flops = np.repeat(BUDGETS, len(SIZES))
    params = np.repeat([world.best(c) for c in BUDGETS], len(SIZES)) * np.tile(SIZES, len(BUDGETS))
    tokens = flops / 6 / params
    losses = world.law(params, tokens) * np.exp(NOISE * rng.standard_normal(len(params)))
    score = np.clip(accuracy(losses) + 0.01 * rng.standard_normal(len(losses)), 0.01, 0.99)
    return Points({"params_total": params, "tokens": tokens, "loss_nats": losses, "accuracy": score})


Found = dict[tuple[str, str], list]  # (answer, how far) -> (held, half-width in ln, ln(value / truth)) or None


def ask(world: World, points: Points, rng: np.random.Generator, found: Found, scores: bool) -> None:
    """Put every question once, those of the accuracy only where `scores`."""

    def note(answer: str, far: str, truth: float, make: Callable, log: bool = True) -> None:
        try:
            one = make()
        except FitError:
            found.setdefault((answer, far), []).append(None)
            return
        value, low, high = (np.nan if end is None else float(end) for end in (one.value, one.low, one.high))
        if not np.isfinite([low, high]).all():
            found.setdefault((answer, far), []).append(None)
            return
        if log:
            value, low, high, truth = (np.log(max(v, 1e-300)) for v in (value, low, high, truth))
        found.setdefault((answer, far), []).append((low <= truth <= high, (high - low) / 2, value - truth))

    lines = frontier("isoflop", points)
    note("exponent of N*, `frontier isoflop`", "", world.exponent(), lambda: lines.params.exponent, log=False)
    known, drawn = forecaster(points), draws(fit("chinchilla", points), draws=500)
    chain = draws(fit("bhagia-accuracy", points, columns={"L_task": "loss_nats"}), draws=200) if scores else None
    for times in TIMES:
        flops, far = times * LARGEST, f"{times}x"
        size, lowest = world.best(flops), world.lowest(flops)
        note("N*, `frontier isoflop --at`", far, size, lambda flops=flops: lines.at(flops).params)
        note("D*, `frontier isoflop --at`", far, flops / 6 / size, lambda flops=flops: lines.at(flops).tokens)
        for told, by in (("plan", known), ("plan --law chinchilla", drawn)):
            note(f"N*, `{told} --flops`", far, size, lambda by=by, flops=flops: plan(by, flops).params)
            note(
                f"least compute, `{told} --target-loss`",
                far,
                flops,
                lambda by=by, lowest=lowest: plan(by, target_loss=lowest).goal.flops,
            )
        at = {"N": size, "D": flops / 6 / size}
        if chain is None:
            continue
        score = float(accuracy(np.array(lowest)) + 0.01 * rng.standard_normal())
        note(
            "accuracy of a new run, `predict --accuracy`",
            far,
            score,
            lambda at=at: through_loss(known.ask(at), chain),
            log=False,
        )


def lines_of(told: str, found: Found) -> list[list[str]]:
    """A line for each answer: coverage, width and error at both reaches."""
    rows: dict[str, list[str]] = {}
    for (answer, _), each in found.items():
        good = np.array([one for one in each if one is not None], dtype=float).reshape(-1, 3)
        held, half, off = (
            (good[:, 0].mean(), np.median(good[:, 1]), np.median(np.abs(good[:, 2]))) if len(good) else [np.nan] * 3
        )
        cells = rows.setdefault(answer, [])
        cells.append(f"{held:.2f} of {len(good)}" if len(good) else "none determined")
        cells.append(f"{half:.3f}, {off:.3f}" if len(good) else "-")
    return [[told, answer, *_joined(cells)] for answer, cells in rows.items()]


def _joined(cells: list[str]) -> list[str]:
    return [" / ".join(cells[0::2]), " / ".join(cells[1::2])]


def main() -> None:
    """Simulate, ask, and print the table or put it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=60)
    parser.add_argument("--only", choices=WORLDS, help="one world")
    parser.add_argument("--write", type=Path, metavar="PAGE")
    asked = parser.parse_args()
    rows = []
    for told in [asked.only] if asked.only else WORLDS:
        began, world, found = time.process_time(), World(WORLDS[told]), {}
        for seed in range(asked.sets):
            rng = np.random.default_rng(seed)
            ask(world, table(world, rng), rng, found, seed % 6 == 0)
        rows += lines_of(told, found)
        print(f"{told}: {time.process_time() - began:.0f} CPU s", file=sys.stderr, flush=True)
    head = ["truth", "answer", "held at 10x / 100x", "half-width, median error (ln; exponent and accuracy plain)"]
    text = markdown(head, rows)
    give(asked.write, MARK, END, text)


if __name__ == "__main__":
    main()
