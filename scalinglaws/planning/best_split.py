"""The best split of a budget into parameters and tokens, for every draw at once."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import MisuseError
from ..laws import muennighoff2023
from ..laws.declaration import Law

# Muennighoff et al. 2023, fitted to 182 runs on C4: how the value of repeated tokens and of excess parameters decays.
_REPEATED = muennighoff2023.MUENNIGHOFF.constants
REPETITION = (_REPEATED["R_D"], _REPEATED["R_N"])
_GRID = 161
_BLOCK = 500  # draws at once, which limits the memory
_GOLDEN = (np.sqrt(5) - 1) / 2
_LEAST_TOKENS = 1e3
_LEAST_PARAMS = 10.0
_EDGE = 1.001  # a minimum within this factor of an end of the search counts as lying at the end
_AWAY = 100.0  # factor in size within which the loss must rise on both sides of a best size ...
_FLAT = 1e-6  # ... by more than this fraction of it


@dataclass(frozen=True)
class Spending:
    """How a budget is spent: C = 6 N D in training, and 2 N per token served afterwards.

    Attributes:
        flops: budget of training and serving together.
        inference_tokens: tokens to be served (Sardana et al. 2023); each takes 2 N FLOPs of the budget.
        unique_tokens: number of different tokens; beyond it, tokens repeat at decreasing value
            (Muennighoff et al. 2023).
        repetition: (R_D*, R_N*) of Muennighoff et al. 2023.
        batch_tokens: batch, for a law of steps.
    """

    flops: float
    inference_tokens: float = 0.0
    unique_tokens: float | None = None
    repetition: tuple[float, float] = REPETITION
    batch_tokens: float | None = None

    def tokens(self, params):
        """Tokens that the budget leaves for N parameters: D = C/(6 N) - D_inference/3."""
        return self.flops / (6 * params) - self.inference_tokens / 3

    def in_parts(self, shares) -> "Spending":
        """Give fractions of the budget, of shape (fractions,), as a column: one search finds the best size of each."""
        column: Any = np.asarray(shares, dtype=np.float64)[:, None]
        return replace(self, flops=self.flops * column, inference_tokens=self.inference_tokens * column)

    def costing(self, params: float, tokens: float) -> "Spending":
        """Give the same with the budget that N parameters on D tokens take: C = 6 N D + 2 N D_inference."""
        return replace(self, flops=6 * params * tokens + 2 * params * self.inference_tokens)

    @property
    def largest_params(self) -> float:
        """Size that leaves a thousand tokens to train on."""
        return self.flops / (6 * (_LEAST_TOKENS + self.inference_tokens / 3))

    @property
    def smallest_params(self) -> float:
        """Smallest size that is searched: ten parameters, or fewer for tiny budgets."""
        return np.minimum(_LEAST_PARAMS, self.largest_params / np.e)

    @property
    def plain(self) -> bool:
        """Whether C = 6 N D alone describes the spending."""
        return not np.any(self.inference_tokens) and self.unique_tokens is None


def check_law(law: Law, spending: Spending) -> None:
    """Refuse a law that cannot split a budget.

    Raises:
        MisuseError: it is not a loss of N and D (or N and S with a batch).
    """
    if law.predicts == "loss" and set(law.inputs) in ({"N", "D"}, {"N", "D", "U"}):
        if "U" in law.inputs and spending.unique_tokens is None:
            raise MisuseError(f"law {law.name!r} needs the number of different tokens: give unique_tokens.")
        return
    if law.predicts == "loss" and set(law.inputs) == {"N", "S"} and spending.batch_tokens:
        return
    raise MisuseError(
        f"law {law.name!r} gives {law.predicts} from {', '.join(law.inputs)}: it cannot split a budget. "
        "Plan with a law of N and D, such as chinchilla or kaplan-nd, or with kaplan-ns."
    )


@dataclass(frozen=True)
class Trade:
    """One law and one way to spend a budget: the loss of each size.

    Attributes:
        values: parameter -> number, or array of draws.
        limit: best size for the number of different tokens, shaped like the values; None without a limit, or if the law
            itself takes different tokens.
    """

    law: Law
    values: Mapping
    spending: Spending
    limit: np.ndarray | None = None

    def at(self, spending: Spending) -> "Trade":
        """Give the same law with another budget."""
        return Trade(self.law, self.values, spending, self.limit)


def _counts_different(law: Law) -> bool:
    """Whether the law's D is the number of different tokens (Kaplan et al. 2020): then a repeat adds nothing."""
    return law.convention.get("D") == "tokens_unique"


def trade(law: Law, values: Mapping, spending: Spending) -> Trade:
    """Combine a law and a way to spend a budget.

    Raises:
        MisuseError: the law cannot split a budget.
    """
    check_law(law, spending)
    unique = spending.unique_tokens
    unlimited = unique is None or "U" in law.inputs or _counts_different(law)
    return Trade(law, values, spending, None if unique is None or unlimited else size_for(law, values, unique))


def inputs_of(one: Trade, params, tokens) -> dict[str, np.ndarray]:
    """Give the law's inputs for N parameters on D tokens; with limited data, their effective values."""
    params, tokens = np.asarray(params, dtype=np.float64), np.asarray(tokens, dtype=np.float64)
    if "S" in one.law.inputs:
        return {"N": params, "S": tokens / one.spending.batch_tokens}
    unique = one.spending.unique_tokens
    if unique is None:
        return {"N": params, "D": tokens}
    if "U" in one.law.inputs:
        return {"N": params, "D": tokens, "U": np.minimum(unique, tokens)}
    if one.limit is None:
        return {"N": params, "D": np.minimum(tokens, unique)}
    return worth(params, tokens, unique, one.limit, one.spending.repetition)


def worth(params, tokens, unique: float, limit, repetition=REPETITION) -> dict[str, np.ndarray]:
    """Effective data D' = U + U R_D (1 - e^(-R/R_D)), R = D/U - 1; N' likewise over `limit`, the best size for U.

    Muennighoff et al. 2023, eq 5 and 6.
    """
    decay_data, decay_size = repetition
    data = muennighoff2023.worth(tokens, np.minimum(tokens, unique), decay_data)
    size = muennighoff2023.worth(params, np.minimum(params, limit), decay_size)
    return {"N": size, "D": data}


def size_for(law: Law, values: Mapping, tokens: float) -> np.ndarray:
    """Find N whose optimal D under C = 6 N D is `tokens`: there the loss has equal slopes in ln N and ln D."""
    step = 1e-4
    shape = np.broadcast_shapes(*(np.shape(v) for v in values.values()))
    low, high = np.full(shape, 0.0), np.full(shape, np.log(1e18))

    def loss(x, y):
        return law.evaluate(np.exp(x), tokens * np.exp(y), **values)

    for _ in range(60):
        x = (low + high) / 2
        with np.errstate(all="ignore"):
            size_is_worth_more = loss(x + step, 0.0) - loss(x - step, 0.0) < loss(x, step) - loss(x, -step)
        low, high = np.where(size_is_worth_more, x, low), np.where(size_is_worth_more, high, x)
    return np.exp((low + high) / 2)


def loss_of(one: Trade, params) -> np.ndarray:
    """Compute the loss of N parameters trained on the tokens that the budget leaves."""
    with np.errstate(all="ignore"):  # may be no number far outside; the caller checks
        return one.law.evaluate(**inputs_of(one, params, one.spending.tokens(params)), **one.values)


def best_params(one: Trade) -> np.ndarray:
    """Find N* for every draw: the minimum of the loss along size, strictly inside the range that the budget allows.

    Returns:
        0 or infinity if the loss decreases as far as the smallest or the largest size, nan if it hardly depends on how
        the budget is split: then a term of the law is missing, and there is no best size.
    """
    found = searched(one)
    low, high = one.spending.smallest_params, one.spending.largest_params
    with np.errstate(all="ignore"):
        least = loss_of(one, found)
        below, above = (
            loss_of(one, np.clip(found * away, low, high)) / least - 1 > _FLAT for away in (1 / _AWAY, _AWAY)
        )
    below, above = below & (found > low * _EDGE), above & (found < high / _EDGE)
    return np.where(below & above, found, np.where(above, 0.0, np.where(below, np.inf, np.nan)))


def searched(one: Trade) -> np.ndarray:
    """Find the size with the lowest loss among those searched, including the ends.

    In closed form if the law has one, otherwise on a grid of ln N and by golden section.
    """
    closed = CLOSED_FORMS.get(one.law.name)
    if closed is not None and one.spending.plain:
        with np.errstate(all="ignore"):
            found = closed(one.spending.flops, **{name: np.asarray(v, float) for name, v in one.values.items()})
        return np.clip(found, one.spending.smallest_params, one.spending.largest_params)
    if np.ndim(one.spending.flops):  # a column of budgets, for one set of values
        return np.exp(_minimised(one))[:, None]
    shape = np.broadcast_shapes(*(np.shape(v) for v in one.values.values()))
    columns = {name: np.broadcast_to(v, shape).reshape(-1, 1) for name, v in one.values.items()}
    limits = None if one.limit is None else np.broadcast_to(one.limit, shape).reshape(-1, 1)
    found = np.empty(int(np.prod(shape)))
    for start in range(0, len(found), _BLOCK):
        rows = slice(start, start + _BLOCK)
        values = {name: column[rows] for name, column in columns.items()}
        found[rows] = _minimised(Trade(one.law, values, one.spending, None if limits is None else limits[rows]))
    return np.exp(found).reshape(shape)


def _minimised(one: Trade) -> np.ndarray:
    """Compute ln N* for values of shape (draws, 1) on one budget, or for numbers on budgets of shape (budgets, 1)."""
    ends = np.log(np.ravel(one.spending.smallest_params)), np.log(np.ravel(one.spending.largest_params))
    grid = np.linspace(*ends, _GRID, axis=1)
    with np.errstate(all="ignore"):
        loss = loss_of(one, np.exp(grid))
        best = np.argmin(np.where(np.isfinite(loss), loss, np.inf), axis=1)[:, None]
        grid = np.broadcast_to(grid, loss.shape)
        low, high = (np.take_along_axis(grid, np.clip(best + i, 0, _GRID - 1), 1) for i in (-1, 1))
        for _ in range(45):
            left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
            better = loss_of(one, np.exp(left)) < loss_of(one, np.exp(right))
            low, high = np.where(better, low, left), np.where(better, right, high)
    return ((low + high) / 2)[:, 0]


def chinchilla_params(C, *, E, A, B, alpha, beta):
    """N* = (alpha A / (beta B))^(1/(alpha + beta)) (C/6)^(beta/(alpha + beta)) (Hoffmann et al. 2022, eq 4)."""
    return (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (C / 6) ** (beta / (alpha + beta))


def kaplan_nd_params(C, *, N_c, D_c, alpha_N, alpha_D):
    """N* of Kaplan et al. 2020, eq 1.5, under C = 6 N D: r (N_c/N)^r = D_c/D with r = alpha_N/alpha_D."""
    r = alpha_N / alpha_D
    return np.exp((np.log(r * C / 6) - np.log(D_c) + r * np.log(N_c)) / (1 + r))  # in logs: N_c^r may overflow


def skaling_params(C, *, E, A, B, alpha, beta, k):
    """N* of (A / N^alpha + B / D^beta)^k + E: Chinchilla's, for the outer power moves no optimum."""
    return chinchilla_params(C, E=E, A=A, B=B, alpha=alpha, beta=beta)


CLOSED_FORMS: dict[str, Callable[..., Any]] = {
    "chinchilla": chinchilla_params,
    "kaplan-nd": kaplan_nd_params,
    "skaling": skaling_params,
}
