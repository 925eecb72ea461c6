"""The sizes near the optimum of a budget: how flat the loss is there, and models that can be built."""

from dataclasses import dataclass

import numpy as np

from ..errors import LawError
from ..run.memory import training_bytes
from .best_split import Trade, best_params, loss_of, searched
from .buildable import Building, count_for, near
from .hardware import Machine
from .planned import Alternative, PlannedShape, Within

FACTORS = (1 / 4, 1 / 3, 1 / 2, 0.7, 1.0, 1.4, 2.0, 3.0, 4.0)
SHARES = (0.01, 0.05)
WITHIN_LOSS = 0.01
_WIDEST = 8.0  # ln of the factor in size that is searched for the ends of an interval


@dataclass(frozen=True)
class NearOptimum:
    """Loss along size at one budget, by the constants of the fit: `params` is the minimum, `loss` its loss."""

    trade: Trade
    params: float
    loss: float

    @classmethod
    def of(cls, one: Trade) -> "NearOptimum":
        """Find the minimum.

        Raises:
            LawError: there is none inside the range that the budget allows.
        """
        params = float(best_params(one))
        if not 0 < params < np.inf:
            raise LawError(f"its loss has no minimum along size at {one.spending.flops:.3g} FLOPs")
        return cls(one, params, float(loss_of(one, params)))

    def tokens(self, params):
        """Tokens that the budget leaves."""
        return self.trade.spending.tokens(params)

    def loss_at(self, params) -> np.ndarray:
        """Compute the loss of other sizes for the same budget; infinite if no tokens are left to train on."""
        params = np.asarray(params, dtype=np.float64)
        enough = self.tokens(params) >= 1
        with np.errstate(all="ignore"):
            return np.where(enough, loss_of(self.trade, np.where(enough, params, self.params)), np.inf)

    def best_loss(self, shares) -> np.ndarray:
        """Compute the loss of the best size for each of several fractions of the budget, including serving."""
        one = self.trade.at(self.trade.spending.in_parts(shares))
        return loss_of(one, searched(one))[:, 0]

    def wasted(self, loss) -> np.ndarray:
        """Compute the fraction of the budget that the best size would save at this loss."""
        kept = 1 - np.concatenate([[0.0], np.geomspace(1e-5, 0.999, 60)])
        return np.interp(np.log(loss), np.log(np.maximum.accumulate(self.best_loss(kept))), 1 - kept)


def flat_range(valley: NearOptimum) -> tuple[Within, ...]:
    """Find the sizes that reach the loss of the best size at 1% and 5% less of the budget."""
    found = []
    for share, limit in zip(SHARES, valley.best_loss(1 - np.array(SHARES)), strict=True):
        low, high = (_edge(valley, limit, side * _WIDEST) for side in (-1, 1))
        found.append(Within(share, low, high))
    return tuple(found)


def _edge(valley: NearOptimum, limit: float, away: float) -> float:
    """Bisect in ln N for the size at which the loss reaches a limit, between the best size and e^away times it."""
    near = 0.0
    for _ in range(50):
        middle = (near + away) / 2
        inside = valley.loss_at(valley.params * np.exp(middle)) <= limit
        near, away = (middle, away) if inside else (near, middle)
    return float(valley.params * np.exp(near))


def alternatives(valley: NearOptimum) -> tuple[Alternative, ...]:
    """List sizes from a quarter to four times the best whose loss is within 1% of the best."""
    params = valley.params * np.array(FACTORS)
    loss = valley.loss_at(params)
    wasted = valley.wasted(loss)
    rows = zip(params, valley.tokens(params), loss, loss / valley.loss - 1, wasted, strict=True)
    return tuple(Alternative(*map(float, row)) for row in rows if row[3] <= WITHIN_LOSS)


def buildable(
    valley: NearOptimum, target: float, quantity: str, building: Building, machine: Machine
) -> tuple[PlannedShape, ...]:
    """List models near `target` parameters, counted as `quantity`, with the loss of each for the same budget.

    Models for which the budget leaves no tokens or the law gives no loss are not listed.
    """
    shapes = [
        shape
        for shape in near(target, count_for(quantity), building)
        if np.isfinite(valley.loss_at(shape.params(count_for(quantity))))
    ]
    if not shapes:
        return ()
    params = np.array([shape.params(count_for(quantity)) for shape in shapes], dtype=np.float64)
    tokens, loss = valley.tokens(params), valley.loss_at(params)
    wasted = valley.wasted(loss)
    found = []
    for i, shape in enumerate(shapes):
        exact = float(shape.flops_per_token("exact") * tokens[i])
        paid = machine.cost(exact)
        found.append(
            PlannedShape(
                shape=shape,
                params_nonembedding=shape.params("non_embedding"),
                params_total=shape.params("total"),
                tokens=float(tokens[i]),
                loss_nats=float(loss[i]),
                loss_penalty=float(loss[i] / valley.loss - 1),
                wasted=float(wasted[i]),
                flops_exact=exact,
                training_bytes=training_bytes(shape),
                hours=paid.hours if paid else None,
            )
        )
    return tuple(found)
