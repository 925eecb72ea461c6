"""How often intervals of N* hold the isoFLOP optima of larger budgets, on public tables and in worlds of other forms.

    python benchmarks/forecast/best_sizes.py [--sets 24] [--write docs/forecast.md]

Public: isoFLOP tables are cut above their third budget and every other one after it; N* is asked at every larger budget
with an optimum between its sizes, and held where that lies within the interval, widened by twice its own error.
Simulated: studies as in answers.py. `scalinglaws/results/size_error.py` has the rates: that of lines and laws holds 95%
of the public optima by lines; that of the forecast was chosen where exponents of N or D fall or rise. 5 CPU minutes.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
sys.path.append(str(Path(__file__).resolve().parents[1]))

import numpy as np  # noqa: E402
from answers import LARGEST, TIMES, WORLDS, World, table  # noqa: E402
from marked_part import give  # noqa: E402
from scores import REACHES, markdown  # noqa: E402
from simulated import BESIROGLU, loss  # noqa: E402
from tables import TABLES, read  # noqa: E402

from scalinglaws import Points, draws, fit, frontier, plan  # noqa: E402
from scalinglaws.errors import FitError, PointsError  # noqa: E402
from scalinglaws.predicting.forecast import forecaster  # noqa: E402
from scalinglaws.results.fitted import Estimate  # noqa: E402
from scalinglaws.results.size_error import RATE, RATE_OF_FORECAST  # noqa: E402

MARK, END = "<!-- best sizes: written by benchmarks/forecast/best_sizes.py -->", "<!-- end of what it wrote -->"
OF_ISOFLOP = ("kempner", "xlstm", "porian")  # families whose runs form groups of one compute
LEAST_RUNS, BELOW, ONE = 10, 1.1, 2.0
METHODS = ("plan", "frontier isoflop --at", "plan --law chinchilla")


def bending_data(change: float, N, D):
    """The exponent of D falls from 0.40 at 2e10 by `change` a factor of e in D."""
    y = np.log(D / 2e10)
    return 1.80 + 482.01 / N**0.3478 + 0.32 * np.exp(-0.40 * y + change * y**2 / 2)


def bending_size(change: float, N, D):
    """The exponent of N falls from 0.40 at 1e8 by `change` a factor of e in N."""
    x = np.log(N / 1e8)
    return 1.75 + 0.55 * np.exp(-0.40 * x + change * x**2 / 2) + 2085.43 / D**0.3658


def bound_together(N, D):
    """The exponent of D falls by 0.01 a factor of e in N."""
    return 1.8172 + 482.01 / N**0.3478 + 2085.43 * 2e10**-0.3658 * (D / 2e10) ** -(0.3658 - 0.01 * np.log(N / 1e9))


def product_term(N, D):
    """A third term of N and D together (Chinchilla's and a product)."""
    return loss(BESIROGLU, N, D) + 0.06 * (N / 1e9) ** -0.12 * (D / 2e10) ** -0.45


def small_depart(N, D):
    """Models of 1e7 parameters lie 2% above Chinchilla's law, of 1e8 0.4%."""
    return loss(BESIROGLU, N, D) * (1 + 0.02 * (N / 1e7) ** -0.7)


MORE: dict[str, Callable] = {
    "exponent of N rises": partial(bending_size, -0.012),
    "exponent of D falls": partial(bending_data, 0.012),
    "exponent of D rises": partial(bending_data, -0.012),
    "exponent of D falls with N": bound_together,
    "a term of N and D": product_term,
    "small models depart": small_depart,
    **WORLDS,
}


@dataclass(frozen=True)
class Asked:
    """One question: ln N* measured or true with its error, and the interval that was given, in ln, where one was."""

    group: str
    origin: tuple[str, float]
    reach: float
    truth: float
    error: float
    said: dict[str, tuple[float, float, float]]

    def half(self, method: str) -> float:
        """Half of the width of the interval."""
        return (self.said[method][2] - self.said[method][1]) / 2

    def held(self, method: str, more: float = 0.0) -> bool:
        """Whether it holds the truth, with its own error and `more` of the form's."""
        value, low, high = self.said[method]
        wide = np.hypot(ONE * self.error, 1.96 * more * np.log(self.reach))
        return bool(-np.hypot(value - low, wide) <= self.truth - value <= np.hypot(high - value, wide))


Way = Callable[[float], Estimate]


def ways(points: Points, laws: bool) -> dict[str, Way]:
    """Give each way to N* at a compute, where the points allow it."""
    found: dict[str, Way] = {}
    known, lines = forecaster(points), _tried(lambda: frontier("isoflop", points))
    found["plan"] = lambda flops: plan(known, flops).params
    if lines:
        found["frontier isoflop --at"] = lambda flops: lines.at(flops).params
    if laws:
        drawn = draws(fit("chinchilla", points), draws=300)
        found["plan --law chinchilla"] = lambda flops: plan(drawn, flops).params
    return found


def said_at(flops: float, by: dict[str, Way]) -> dict[str, tuple[float, float, float]]:
    """Give ln of value and ends by every way that has an interval there."""
    each = {name: _tried(partial(one, flops)) for name, one in by.items()}
    return {name: _logs(one) for name, one in each.items() if one and one.low and one.high}


def _tried(make: Callable):
    try:
        return make()
    except (FitError, PointsError):
        return None


def _logs(one: Estimate) -> tuple[float, float, float]:
    return tuple(np.log([one.value, one.low, one.high]).tolist())


def public() -> list[Asked]:
    """Ask at the larger budgets of every isoFLOP table."""
    found = []
    for one in (each for each in TABLES if each.family in OF_ISOFLOP):
        study = read(one)
        whole = {"params_total": study.N, "tokens": study.D, "loss_nats": study.loss}
        optima = _optima(Points(whole))
        for cut in [flops for flops, _, _ in optima][2:-1:2]:
            below = 6 * study.N * study.D / cut < BELOW
            if below.sum() < LEAST_RUNS:
                continue
            larger = {flops: (size, error) for flops, size, error in optima if flops > BELOW * cut}
            points = Points({name: column[below] for name, column in whole.items()})
            by = ways(points, laws=True)
            for flops, truth in larger.items():
                found.append(Asked(one.family, (one.name, cut), flops / cut, *truth, said_at(flops, by)))
        print(one.name, file=sys.stderr, flush=True)
    return found


def _optima(points: Points) -> list[tuple[float, float, float]]:
    """Give compute, ln N* and its standard error of every budget of at least four sizes with an optimum inside."""
    from scalinglaws.frontiers.frontier import _budgets
    from scalinglaws.frontiers.lines import optima_of, reasons_of
    from scalinglaws.frontiers.slice_profiles import fit_profiles
    from scalinglaws.frontiers.slices import chosen_columns, slices_of_budgets

    columns = chosen_columns(points, {})
    try:
        slices = [one for one in slices_of_budgets(points, columns, _budgets(points, columns, None)) if len(one.x) >= 4]
    except PointsError:
        return []
    profiles = fit_profiles(slices, "additive", 0.25, near=False)
    made = optima_of(slices, profiles, 100, 0)
    kept = [i for i, reason in enumerate(reasons_of(slices, profiles, made)) if not reason]
    return [(float(slices[i].flops), float(made.values["params"][i]), float(made.variance[i] ** 0.5)) for i in kept]


def simulated(sets: int, worlds: list[str]) -> list[Asked]:
    """Ask in simulated worlds."""
    found = []
    for told in worlds:
        world = World(MORE[told])
        for seed in range(sets):
            points = table(world, np.random.default_rng(10_000 + seed))
            by = ways(points, laws=False)
            for flops in (times * LARGEST for times in TIMES):
                truth = float(np.log(world.best(flops)))
                found.append(Asked(told, (told, seed), flops / LARGEST, truth, 0.0, said_at(flops, by)))
        print(told, file=sys.stderr, flush=True)
    return found


def mean_by_group(found: list[Asked], method: str, reach: tuple[float, float], what: Callable) -> dict[str, float]:
    """Give the mean over origins of the mean over an origin's questions, by family or world."""
    origins: dict[str, dict] = {}
    for one in found:
        if reach[0] <= one.reach < reach[1] and method in one.said:
            origins.setdefault(one.group, {}).setdefault(one.origin, []).append(what(one))
    return {group: float(np.mean([np.mean(each) for each in of.values()])) for group, of in origins.items()}


def rows(found: list[Asked], reaches: list[tuple[float, float]]) -> list[list[str]]:
    """Give a row per group and method: held, half-width and error at every reach."""

    def cells(method: str, group: str, what: Callable) -> str:
        each = [mean_by_group(found, method, reach, what).get(group) for reach in reaches]
        return " / ".join("-" if one is None else f"{one:.2f}" for one in each)

    return [
        [
            group,
            f"`{method}`",
            cells(method, group, lambda one, m=method: one.held(m)),
            cells(method, group, lambda one, m=method: one.half(m)),
            cells(method, group, lambda one, m=method: abs(one.said[m][0] - one.truth)),
        ]
        for group in dict.fromkeys(one.group for one in found)
        for method in METHODS
        if any(method in one.said for one in found if one.group == group)
    ]


def main() -> None:
    """Measure, and print the tables or put them into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=int, default=24)
    parser.add_argument("--worlds", nargs="*", choices=MORE, default=list(MORE)[: -len(WORLDS)])
    parser.add_argument("--write", type=Path, metavar="PAGE")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    measured, made = public(), simulated(asked.sets, asked.worlds)
    head = ["N*, half-width, error in ln", "by", "held", "half-width", "mean error"]
    text = markdown(["family, " + head[0], *head[1:]], rows(measured, list(REACHES.values())))
    text += "\n\n" + markdown(["world, " + head[0], *head[1:]], rows(made, [(t / 2, t * 2) for t in TIMES]))
    print(f"rates: {RATE} of lines and laws, {RATE_OF_FORECAST} of the forecast", file=sys.stderr)
    give(asked.write, MARK, END, text)


if __name__ == "__main__":
    main()
