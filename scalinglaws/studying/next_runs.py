"""Points, a goal and a budget -> the runs to add now, what each would buy, and when to stop."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, inf

import numpy as np

from ..auditing.judged_table import of_table
from ..errors import MisuseError, argument, refuse
from ..planning.asked_quantity import AskedFor, asked_quantity
from ..planning.choosing import JointVariance, fixed, isoflop_grid, most_telling, spread_out
from ..planning.scored_designs import (
    NOISE_FALLS,
    SMALLEST,
    WORLDS,
    Score,
    interval_of,
    line_of_sizes,
    posterior_worlds,
    scored,
)
from ..points.points import Points
from ..predicting.forecast import Forecaster, forecaster
from ..predicting.mixture import Posterior
from ..predicting.prior import Prior
from ..records.arguments import checked
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .design_for_text import text_of_next

SIZE_RATIO, TOKEN_RATIO, RATIOS, SPAN = 1.6, 1.8, (2.0, 1000.0), 2000.0
BEYOND = 3.0  # maximum of a run over the largest that was made, unless one is named
LITTLE = 0.05  # of the half-width: a budget that narrows it by less is not worth its cost
LEAST_WORLDS, SIMULATED = 4, 1000  # worlds, and points in all worlds together


@dataclass(frozen=True)
class NextRun:
    """One run to add: its size, tokens and cost, and the half-widths after it and those before it, in ln, by name."""

    N: float
    D: float
    cost: float
    half: Mapping[str, float]


@dataclass(frozen=True, eq=False, repr=False)
class NextRuns(PublicRecord):
    """The runs to add, in order.

    Attributes:
        now: name -> half-width of the 95% interval today, in ln; `value`: name -> value today, nan where undetermined.
        designs: name -> (number of runs, cost, score by simulation), those chosen first.
        stop: a sentence on when to stop.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    quantity: AskedFor
    value: Mapping[str, float]
    now: Mapping[str, float]
    runs: tuple[NextRun, ...]
    designs: Mapping[str, tuple[int, float, Score]]
    budget: float
    max_run: float
    stop: str
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give what the command prints of it."""
        return text_of_next(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"goal": self.quantity.text, "runs": len(self.runs), "budget": self.budget, "stop": self.stop}

    def rows(self) -> dict[str, list[float]]:
        """Give a row per run to add, in order: its size, tokens and cost, and the half-widths after it, in ln."""
        columns = {name: [getattr(one, name) for one in self.runs] for name in ("N", "D", "cost")}
        return columns | {f"half_{name}": [one.half[name] for one in self.runs] for name in self.quantity.names}


@checked
def next_runs(
    points: Points,
    quantity: AskedFor | str,
    budget: float,
    *,
    max_run: float | None = None,
    overhead: float = 0.0,
    until: float | None = None,
    prior: str | Prior = "field",
    columns: Mapping[str, str] | None = None,
    worlds: int | None = None,
    seed: int = 0,
    anyway: bool = False,
) -> NextRuns:
    """Choose the runs to add to a study so that the interval of a quantity becomes narrow.

    The default forecast of the points gives one covariance of ln(loss) over all runs that could be made and over the
    quantity; runs are taken greedily by what each takes off the variance per cost^power. Chosen runs, a space-filling
    list and an isoFLOP grid of the same cost are then simulated from what the points say, and forecast again.

    Args:
        quantity: "plan at C=1e21" or "loss at N=1e9,D=2e10".
        budget, max_run, overhead: in FLOPs, 6 N D: of all runs, of one, and of a run beside its training.
        until: the half-width of the loss's interval, in ln, at which to stop.
        worlds: how many are simulated; by default 12, and fewer of many points.
        anyway: choose although no claim can rest on the points.

    Raises:
        MisuseError: no run fits the budget. FitError, PointsError: as `forecast`.
    """
    quantity = asked_quantity(quantity) if isinstance(quantity, str) else quantity
    made = forecaster(points, prior=prior, columns=columns)
    judged = of_table(points, made.seen.columns)
    refuse("choice of runs", () if anyway else judged.bars)
    x, cost, most = _offered(made.posterior, budget, max_run, overhead)
    sizes = line_of_sizes(quantity, np.concatenate([x, made.posterior.seen.x]))
    rows = quantity.rows(sizes)
    half, value = interval_of(quantity, made.posterior, made.prior, rows)
    block = _block(quantity, made.posterior, x, rows)
    ways = _ways(block, x, cost, budget, rows, value)
    designs = _designs(quantity, made, x, cost, ways, sizes, worlds, seed)
    runs = _valued(quantity, block, x, cost, ways["chosen"], made.prior)
    now, middle = (dict(zip(quantity.names, map(float, part), strict=True)) for part in (half, value))
    stop = _stop(now, runs, until, budget)
    found = NextRuns(quantity, middle, now, runs, designs, budget, most, stop, made.seen.warnings)
    return judged.admit("choice of runs", found, anyway)


def _ways(block: JointVariance, x, cost, budget: float, rows, value) -> dict[str, tuple[int, ...]]:
    """Choose runs by variance, by spread, and as an isoFLOP grid."""
    near = np.isfinite(value).all() and len(rows) > 1
    towards = rows[np.abs(rows[:, 0] - value[0]) < np.log(8)] if near else rows
    return {
        "chosen": most_telling([block], fixed(cost), budget).runs,
        "space filling": spread_out(x, towards, fixed(cost), budget).runs,
        "isoFLOP grid": isoflop_grid(x, lambda runs: float(cost[list(runs)].sum()), budget),
    }


def _designs(quantity: AskedFor, made: Forecaster, x, cost, ways, sizes, worlds: int | None, seed: int):
    """Simulate the runs of every way from what the points say, and score the forecasts."""
    count = worlds or max(LEAST_WORLDS, min(WORLDS // 2, SIMULATED // len(made.posterior.seen.y)))
    rows = np.unique(np.concatenate([x, quantity.rows(sizes)]), axis=0)
    drawn = posterior_worlds(made.posterior, rows, count, seed)
    return {
        name: (
            len(runs),
            float(cost[list(runs)].sum()),
            scored(quantity, x[list(runs)], drawn, made.prior, sizes, seed),
        )
        for name, runs in ways.items()
    }


def _offered(known: Posterior, budget: float, max_run: float | None, overhead: float):
    """Give ln N and ln D of the runs that the budget may buy, their costs, and the maximum of a run.

    Raises:
        MisuseError: it buys none.
    """
    largest = 6 * exp(known.seen.compute.max())
    most = min(max_run or BEYOND * largest, budget - overhead)
    x = _offers(known, most)
    cost = 6 * np.exp(x.sum(axis=1)) + overhead
    if not len(x) or cost.min() > budget:
        raise MisuseError(
            f"no run fits: the cheapest considered costs {cost.min() if len(cost) else most:.3g} FLOPs, and the budget "
            f"is {budget:.3g}. Give {argument(budget=float(f'{10 * largest:.1g}'))} or more."
        )
    return x, cost, most


def _offers(known: Posterior, most: float) -> np.ndarray:
    """Give ln N and ln D of the runs considered: a box wide in size, tokens and compute, up to the maximum of a run."""
    seen = known.seen.x
    low = max(most / SPAN, 0.5 * 6 * exp(known.seen.compute.min()))
    smallest = min(seen[:, 0].min(), np.log(most / 6 / RATIOS[0]) / 2)
    sizes = np.arange(smallest, np.log(most / 6 / RATIOS[0]) / 2 + 1e-9, np.log(SIZE_RATIO))
    tokens = np.arange(seen[:, 1].min(), np.log(most / 6) - smallest + 1e-9, np.log(TOKEN_RATIO))
    grid = np.array([(n, d) for n in sizes for d in tokens]).reshape(-1, 2)
    compute, ratio = np.log(6) + grid.sum(axis=1), grid[:, 1] - grid[:, 0]
    widest = max(np.log(RATIOS[1]), (seen[:, 1] - seen[:, 0]).max())
    good = (
        (compute <= np.log(most) + 1e-9) & (compute >= np.log(low)) & (ratio >= np.log(RATIOS[0])) & (ratio <= widest)
    )
    return grid[good]


def _block(quantity: AskedFor, known: Posterior, x: np.ndarray, rows: np.ndarray) -> JointVariance:
    """Give one covariance over the candidates and the quantity; over its rows where it is not determined today."""
    mean, covariance = known.jointly(np.concatenate([x, rows]))
    value, weights = quantity.value(rows, mean[len(x) :])
    weights = weights / quantity.tolerances[:, None] if np.isfinite(value).all() else np.eye(len(rows))
    whole = np.zeros((len(x) + len(weights), len(x) + len(rows)))
    whole[: len(x), : len(x)], whole[len(x) :, len(x) :] = np.eye(len(x)), weights
    top = known.seen.compute.max()
    noise = (known.noise * np.exp(-NOISE_FALLS * (x.sum(axis=1) - top))) ** 2
    return JointVariance(np.arange(len(x)), whole @ covariance @ whole.T, noise)


def _valued(quantity: AskedFor, block: JointVariance, x, cost, bought, belief: Prior) -> tuple[NextRun, ...]:
    many, names, found = len(x), quantity.names, []
    for run in bought:
        block = block.told(run)
        left = np.diag(block.covariance)[many:]
        half = (
            belief.band * np.maximum(np.sqrt(np.maximum(left, 0)) * quantity.tolerances, SMALLEST)[: len(names)]
            if (len(left) == len(names))
            else np.full(len(names), inf)
        )
        size, tokens = np.exp(x[run])
        found.append(
            NextRun(float(size), float(tokens), float(cost[run]), dict(zip(names, map(float, half), strict=True)))
        )
    return tuple(found)


def _stop(now: Mapping[str, float], runs: tuple[NextRun, ...], until: float | None, budget: float) -> str:
    """Say when to stop: at the tolerance, or where the whole budget narrows the interval by little."""
    name = "loss"
    before, after = now[name], runs[-1].half[name]
    if not np.isfinite([before, after]).all():
        return "the quantity is not determined today: buy these runs, then ask again"
    if until is not None:
        if before <= until:
            return f"stop: the interval of the {name} is +-{before:.2%} already, within +-{until:.2%}"
        enough = next((i for i, one in enumerate(runs) if one.half[name] <= until), None)
        if enough is not None:
            return f"stop after {enough + 1} of these runs: the interval of the {name} is then within +-{until:.2%}"
        return f"this budget does not reach +-{until:.2%}: it ends at +-{after:.2%}"
    if after > (1 - LITTLE) * before:
        return f"stop: all of this budget would narrow the interval of the {name} from +-{before:.2%} to +-{after:.2%}"
    spent, paid = np.cumsum([one.cost for one in runs]), budget / 2
    half = next((one.half[name] for one, so_far in zip(runs, spent, strict=True) if so_far >= paid), after)
    return (
        f"the interval of the {name}: +-{before:.2%} today, +-{half:.2%} at half of the budget, +-{after:.2%} at the "
        f"end; stop where a further run narrows it by less than you need"
    )
