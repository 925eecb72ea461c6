"""Which runs to buy: by spread over the box first, then by what each takes off the variance of what is asked.

The start is kernel herding (Chen, Welling & Smola 2010); the choice is greedy reduction of the variance of the targets,
an I-optimal design by exchange, per cost to a power that is itself chosen by where the plan ends.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

POWERS = (0.2, 0.4, 0.6, 0.8, 1.0)  # of the cost; every power is tried to the end of the budget
FAINT = 1e-30  # least variance of a run
NEAR = 0.3  # correlation length of the start, in ranges of each input
LEVELS, SIZES, LEVEL_SPAN = 5, 7, np.log(100.0)  # of an isoFLOP grid to compare with
LEVEL_WIDTH, LOWERED = 0.35, np.log(2.0)  # half-width of a level, and by how much levels are lowered, in ln(compute)
START = 0.3  # share of the budget that the start takes

Price = Callable[[Sequence[int]], np.ndarray]


@dataclass(frozen=True)
class Bought:
    """Runs in the order of choice.

    Attributes:
        runs: numbers of candidates. cost: of all of them.
        left: variance of the targets, summed, after each.
    """

    runs: tuple[int, ...]
    cost: float
    left: tuple[float, ...] = ()


def spread_out(
    x: np.ndarray, towards: np.ndarray, price: Price, budget: float, bought: Sequence[int] = (), most: int | None = None
) -> Bought:
    """Fill the box of the candidates with runs, half of the weight on the box and half towards the targets.

    Args:
        x: candidates, (runs, inputs), in units in which inputs are comparable, such as logarithms.
        towards: targets, (rows, inputs). price: runs bought so far -> cost of each candidate.
        bought: runs that are there already. most: number of runs at which to stop.
    """
    scale = NEAR * np.maximum(np.ptp(x, axis=0), 1e-12)
    own = alike(x / scale, x / scale)
    worth = 0.5 * own.mean(axis=1) + 0.5 * alike(x / scale, towards / scale).mean(axis=1)
    taken = own[:, list(bought)].sum(axis=1)
    runs: list[int] = []
    spent, there = 0.0, list(bought)
    while most is None or len(runs) < most:
        cost = price(there)
        open_to_buy = affordable(cost, budget - spent, there)
        if not open_to_buy.any():
            break
        chosen = int(np.argmax(np.where(open_to_buy, worth - taken / (len(there) + 1), -np.inf)))
        runs.append(chosen)
        there.append(chosen)
        spent += float(cost[chosen])
        taken += own[:, chosen]
    return Bought(tuple(runs), spent)


def alike(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Give Matern's kernel of smoothness 5/2 between rows, at a length of 1."""
    apart = np.sqrt(5 * np.maximum(((one[:, None] - other[None]) ** 2).sum(axis=2), 0))
    return (1 + apart + apart**2 / 3) * np.exp(-apart)


def affordable(cost: np.ndarray, money: float, bought: Sequence[int]) -> np.ndarray:
    """Mark the candidates that can be paid and are not there yet."""
    found = cost <= money * (1 + 1e-9)
    found[list(bought)] = False
    return found


@dataclass(frozen=True, eq=False)
class JointVariance:
    """One output that some candidates measure, and its targets: outputs and groups that share nothing are blocks apart.

    Attributes:
        members: numbers of the candidates. noise: variance of a run of each.
        covariance: of ln(target) of the members, then of the targets, (members + targets, members + targets).
    """

    members: np.ndarray
    covariance: np.ndarray
    noise: np.ndarray

    def gains(self, count: int) -> np.ndarray:
        """Give what a run of each of all `count` candidates takes off the summed variance of the targets."""
        many, found = len(self.noise), np.zeros(count)
        own = np.maximum(np.diag(self.covariance)[:many], 0) + np.maximum(self.noise, FAINT)
        found[self.members] = (self.covariance[many:, :many] ** 2).sum(axis=0) / own
        return found

    def told(self, run: int) -> "JointVariance":
        """Give the covariance after a run of one candidate."""
        here = np.flatnonzero(self.members == run)
        if not len(here):
            return self
        column = self.covariance[:, here[0]]
        own = max(column[here[0]], 0) + max(self.noise[here[0]], FAINT)
        return JointVariance(self.members, self.covariance - np.outer(column, column) / own, self.noise)

    @property
    def left(self) -> float:
        """The summed variance of the targets."""
        many = len(self.noise)
        return float(np.trace(self.covariance[many:, many:]))


def most_telling(blocks: Sequence[JointVariance], price: Price, budget: float, bought: Sequence[int] = ()) -> Bought:
    """Take the affordable run that lowers the summed variance of the targets most per cost^power, till nothing is left.

    Every power of `POWERS` is followed to the end of the budget; the plan that ends lowest is given. Losses are not
    needed: to first order a variance depends on where runs lie alone.

    Args:
        bought: candidates that cannot be bought again; the covariances hold what they measured already.
    """
    plans = [_by_power(blocks, price, budget, bought, power) for power in POWERS]
    return min(plans, key=lambda plan: plan.left[-1] if plan.left else np.inf)


def _by_power(
    blocks: Sequence[JointVariance], price: Price, budget: float, bought: Sequence[int], power: float
) -> Bought:
    runs, left, spent, there = [], [], 0.0, list(bought)
    while True:
        cost = price(there)
        open_to_buy = affordable(cost, budget - spent, there)
        if not open_to_buy.any():
            break
        gain = sum(block.gains(len(cost)) for block in blocks) / np.maximum(cost, 1e-300) ** power
        chosen = int(np.argmax(np.where(open_to_buy, gain, -np.inf)))
        blocks = [block.told(chosen) for block in blocks]
        runs.append(chosen)
        there.append(chosen)
        spent += float(cost[chosen])
        left.append(sum(block.left for block in blocks))
    return Bought(tuple(runs), spent, tuple(left))


def fixed(cost: np.ndarray) -> Price:
    """Give a price that does not depend on what is bought."""
    return lambda bought: cost


def isoflop_grid(x: np.ndarray, cost_of: Callable[[Sequence[int]], float], budget: float) -> tuple[int, ...]:
    """Lay an isoFLOP grid into the candidates, at a cost of at most the budget: what most studies buy.

    Five levels over a hundredfold in compute, seven sizes each or more, about the middle of what is there; the levels
    are lowered until the grid can be paid.

    Args:
        x: ln N and ln D. cost_of: runs -> cost of all of them.
    """
    compute = x.sum(axis=1)
    for top in np.arange(compute.max(), compute.min(), -LOWERED):
        grids = [_levels(x, compute, top, many) for many in range(SIZES, 3 * SIZES)]
        paid = [grid for grid in grids if grid and cost_of(grid) <= budget]
        if paid:
            return max(paid, key=len)
    return (int(np.argmin(compute)),)


def _levels(x: np.ndarray, compute: np.ndarray, top: float, many: int) -> tuple[int, ...]:
    chosen: set[int] = set()
    for level in np.linspace(top - LEVEL_SPAN, top, LEVELS):
        near = np.flatnonzero(np.abs(compute - level) < LEVEL_WIDTH)
        if len(near):
            off = np.abs(x[near, 0] - np.median(x[near, 0]))
            chosen |= set(map(int, near[np.argsort(off, kind="stable")][:many]))
    return tuple(sorted(chosen))
