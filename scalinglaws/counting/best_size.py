"""The best size under a law fitted in one count and a budget counted in another, for every draw at once."""

from collections.abc import Callable, Mapping

import numpy as np

from ..laws.declaration import Law
from .count_relation import Relation

_STEP = 1e-4  # in ln N, for slopes
_HALVINGS = 60
_RANGE = (0.0, float(np.log(1e18)))  # ln N


def halved(low_enough: Callable[[np.ndarray], np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    """Find by bisection the ln N below which `low_enough` holds."""
    low, high = (np.full(shape, end) for end in _RANGE)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        with np.errstate(all="ignore"):
            up = low_enough(middle)
        low, high = np.where(up, middle, low), np.where(up, high, middle)
    return (low + high) / 2


def best_size(
    law: Law, values: Mapping, size: Relation, cost: Relation, budget: Relation, log_flops: np.ndarray
) -> np.ndarray:
    """Give ln of the base count of N* for draws and budgets, (draws, budgets).

    N* minimises L(N, D) along the isoFLOP line of `cost`, on which the FLOPs per token are 6 times cost(N). Of these
    lines it is the one on which the optimum spends the budget, counted by `budget`. The two relations are the same if a
    budget is stated in the convention's own compute.

    Args:
        values: parameter -> (draws, 1).
        size, cost, budget: base count -> the count in which the law was fitted, and a sixth of the FLOPs per token.
    """

    def worth_more(x: np.ndarray) -> np.ndarray:
        y = log_flops - np.log(6) - budget(x)
        slope = cost.steepness(x)

        def loss(step: float) -> np.ndarray:
            return law.evaluate(np.exp(size(x + step)), np.exp(y - slope * step), **values)

        return loss(_STEP) < loss(-_STEP)

    draws = len(next(iter(values.values())))
    return halved(worth_more, (draws, len(log_flops)))


def on_line(
    scale: np.ndarray, slope: np.ndarray, size: Relation, cost: Relation, budget: Relation, log_flops: float
) -> np.ndarray:
    """Give ln of the base count of the model on the line ln N = scale + slope ln C that spends a budget.

    N and C are counted by `size` and `cost`, the budget by `budget`.
    """

    def below(x: np.ndarray) -> np.ndarray:
        return size(x) < scale + slope * (log_flops - budget(x) + cost(x))

    return halved(below, scale.shape)
