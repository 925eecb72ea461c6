"""The records of a frontier: the best size, tokens and loss at each budget, and the lines through them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import FitError, MisuseError, argument
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Band, Estimate, FrontierFound
from ..results.size_error import size_widened
from .frontier_text import frontier_blocks

# The reasons why a budget has no optimum that can be used: the key, and its meaning.
REASONS = {
    "too-few-sizes": "fewer than three sizes were trained at this budget",
    "smallest-is-best": "the smallest size is the best: the optimum lies below it",
    "largest-is-best": "the largest size is the best: the optimum lies above it",
    "near-the-edge": "by the fitted line the optimum is at the edge of the sizes, where noise decides its place",
    "not-convex": "the loss does not rise on both sides of the best size",
    "weak-curvature": "the rise on both sides of the best size is within the noise",
}


@dataclass(frozen=True)
class Budget:
    """One compute budget and its best size.

    `reason` is empty if the optimum lies well between sizes that were trained; otherwise it is a key of `REASONS`, and
    params, tokens and loss are those of the best size present: a bound, not an optimum (except for "near-the-edge").
    """

    flops: float
    params: float
    tokens: float
    loss_nats: float
    sizes: int
    reason: str = ""

    @property
    def censored(self) -> bool:
        """Whether this budget takes no part in the lines."""
        return bool(self.reason)


@dataclass(frozen=True)
class Line:
    """y = scale (C / flops_centre)^exponent, with draws of (ln scale, exponent) for its interval.

    Attributes:
        quantity: the quantity of y.
        flops_centre: geometric mean of the budgets: there scale and exponent are least correlated.
        draws: shape (draws, 2); empty where no interval exists.
    """

    quantity: str
    exponent: Estimate
    scale: Estimate
    flops_centre: float
    draws: np.ndarray = field(repr=False)

    def at(self, flops: float) -> Estimate:
        """Evaluate the line at a budget, with the confidence level of the exponent."""
        x = np.log(flops / self.flops_centre)
        value = float(self.scale.value * np.exp(self.exponent.value * x))
        if not len(self.draws):
            return Estimate(value, level=self.exponent.level)
        low, high = _interval(np.exp(self.draws[:, 0] + self.draws[:, 1] * x), self.exponent.level)
        return Estimate(value, low, high, self.exponent.level)


def _interval(draws: np.ndarray, level: float) -> tuple[float, float]:
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class BestAt:
    """The best size and tokens at one compute, on the lines of a frontier.

    Attributes:
        flops: compute, counted as the frontier counts it.
        reach: flops divided by the largest compute with an optimum between sizes that were trained.
        params, tokens: N* and D* with their intervals: of the lines, and of the error of their form beyond the budgets.
    """

    flops: float
    reach: float
    params: Estimate
    tokens: Estimate


@dataclass(frozen=True, eq=False, repr=False)
class Frontier(PublicRecord):
    """The compute-efficient frontier.

    Attributes:
        method: envelope, isoflop or c-min.
        columns: role -> quantity: the counts of params, tokens, flops and loss of this frontier.
        budgets: in the order of compute.
        params, tokens, loss: lines through the budgets that are not censored; None if fewer than three are left. The
            exponent of the loss is negative, where Kaplan et al. 2020 print alpha_C as positive.
        shape: how the optimum between sizes was found, in words.
        interval_method: how the intervals were made, in words.
        batch, steps: B_crit and S_min at the optima, for c-min.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    method: str
    columns: dict[str, str]
    budgets: tuple[Budget, ...]
    params: Line | None
    tokens: Line | None
    loss: Line | None
    shape: str
    interval_method: str
    runs: int
    warnings: tuple[str, ...] = ()
    batch: Line | None = None
    steps: Line | None = None
    barred: tuple[str, ...] = ()

    @property
    def optima(self) -> tuple[Budget, ...]:
        """The budgets with an optimum between sizes that were trained."""
        return tuple(budget for budget in self.budgets if not budget.censored)

    def at(self, flops: float) -> BestAt:
        """Read the best size and tokens at a compute, with their intervals.

        Raises:
            MisuseError: the compute is not positive.
            FitError: too few budgets have an optimum, so that there are no lines.
        """
        if not (flops > 0 and np.isfinite(flops)):
            raise MisuseError(f"flops = {flops}; it must be above 0 and finite.")
        if self.params is None or self.tokens is None:
            raise FitError(
                f"no best size at {flops:.3g} FLOPs: only {len(self.optima)} of {len(self.budgets)} budgets have an "
                "optimum between sizes that were trained, and a line needs three. Train smaller or larger sizes there, "
                f"or fit a law of N and D and plan by it: {argument(law='chinchilla')}."
            )
        reach = flops / max(budget.flops for budget in self.optima)
        params, tokens = (size_widened(one.at(flops), reach) for one in (self.params, self.tokens))
        return BestAt(float(flops), float(reach), params, tokens)

    def found(self) -> FrontierFound:
        """Convert to the record that a report shows, with bands."""
        exponent = self.loss.exponent if self.loss else None
        turned = exponent and Estimate(-exponent.value, _minus(exponent.high), _minus(exponent.low), exponent.level)
        lines = [one for one in (self.params, self.tokens, self.loss, self.batch, self.steps) if one is not None]
        return FrontierFound(
            method=self.method,
            flops=tuple(b.flops for b in self.budgets),
            params=tuple(b.params for b in self.budgets),
            tokens=tuple(b.tokens for b in self.budgets),
            loss_nats=tuple(b.loss_nats for b in self.budgets),
            censored=tuple(b.censored for b in self.budgets),
            params_exponent=self.params.exponent if self.params else None,
            tokens_exponent=self.tokens.exponent if self.tokens else None,
            loss_exponent=turned,
            bands=tuple(self.band(line) for line in lines),
            warnings=self.warnings,
            reasons=tuple(b.reason for b in self.budgets),
        )

    def band(self, line: Line, beyond: float = 3.0) -> Band:
        """Evaluate a line over its budgets and a factor `beyond` to both sides, to draw it."""
        seen = [budget.flops for budget in self.optima]
        flops = np.geomspace(min(seen) / beyond, max(seen) * beyond, 40)
        read = [line.at(float(c)) for c in flops]
        if line in (self.params, self.tokens):
            read = [size_widened(one, float(c) / max(seen)) for one, c in zip(read, flops, strict=True)]
        return Band(
            x_quantity=self.columns["flops"],
            x=tuple(float(c) for c in flops),
            y=tuple(e.value for e in read),
            low=tuple(e.low for e in read),
            high=tuple(e.high for e in read),
            law=f"frontier, {self.method}",
            text=f"{line.quantity} = {line.at(1e18).value:.4g} (C / 1e+18 FLOPs)^{line.exponent.value:.3f}",
            fitted_to=(min(seen), max(seen)),
            y_quantity=line.quantity,
            level=line.exponent.level,
            label=line.quantity,
        )

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return frontier_blocks(self, REASONS)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "method": self.method,
            "budgets": len(self.budgets),
            "optima": len(self.optima),
            "runs": self.runs,
            **{f"{name}_exponent": one and one.exponent for name, one in self._lines()},
            "warnings": len(self.warnings),
        }

    def _lines(self) -> list[tuple[str, Line | None]]:
        return [(name, getattr(self, name)) for name in ("params", "tokens", "loss")]

    def rows(self) -> dict[str, Any]:
        """Give a row a budget."""
        return {
            name: [getattr(one, name) for one in self.budgets]
            for name in ("flops", "params", "tokens", "loss_nats", "sizes", "reason")
        }


def _minus(value: float | None) -> float | None:
    return None if value is None else -value
