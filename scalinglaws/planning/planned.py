"""What a plan is: one budget turned into sizes, tokens, batch, steps, shapes and cost, each with its interval."""

from dataclasses import dataclass, field
from typing import Any

from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Estimate
from ..results.letters import unit_of_loss
from ..results.study_results import Recommendation
from ..run.shape import Shape
from .goals import Goal
from .hardware import TrainingCost
from .plan_text import plan_blocks
from .rates_and_batches import Setting


@dataclass(frozen=True)
class Alternative:
    """Another size at the same budget.

    `loss_penalty` is relative to the best loss; `wasted`: the fraction of the budget that the best size would save at
    this loss.
    """

    params: float
    tokens: float
    loss_nats: float
    loss_penalty: float
    wasted: float


@dataclass(frozen=True)
class PlannedShape:
    """A model that can be built near the planned size, with its exact counts."""

    shape: Shape
    params_nonembedding: int
    params_total: int
    tokens: float
    loss_nats: float
    loss_penalty: float
    wasted: float
    flops_exact: float
    training_bytes: float
    hours: float | None = None


@dataclass(frozen=True)
class Within:
    """Sizes that waste at most `compute` (0.01 for 1%) of the budget."""

    compute: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, repr=False)
class Plan(PublicRecord):
    """A budget turned into a plan.

    Attributes:
        law: the law or laws of the plan; `columns`: letter -> quantity, which says what N counts.
        flops: the budget; `reach`: the budget over the largest fitted compute.
        params, tokens: optimum of the fit, with the interval of the optimum over the draws.
        loss_nats: of one new run at these params and tokens, in `loss_unit`.
        batch_tokens, steps, lr: if they come from published laws, low and high are the range of the laws, not an
            interval; None if the plan lies far outside the range of every such law.
        settings: the batch and learning rate by every published law of them.
        sizes: intervals of sizes that waste at most 1% and 5% of the budget.
        alternatives: other sizes whose loss is within 1% of the best.
        shapes: models that can be built near the best size.
        epochs: passes over the different tokens, if their number is known.
        by_law: law -> its own optimum, if several laws were given.
        goal: the loss or accuracy asked for in place of a budget, and the least compute with its interval.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    law: str
    columns: dict[str, str]
    policy: str
    flops: float
    reach: float
    params: Estimate
    tokens: Estimate
    loss_nats: Estimate
    batch_tokens: Estimate | None
    steps: Estimate | None
    lr: Estimate | None
    settings: tuple[Setting, ...]
    sizes: tuple[Within, ...]
    alternatives: tuple[Alternative, ...]
    shapes: tuple[PlannedShape, ...] = ()
    epochs: float | None = None
    cost: TrainingCost | None = None
    by_law: dict[str, Estimate] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    goal: Goal | None = None
    barred: tuple[str, ...] = ()

    @property
    def loss_unit(self) -> str:
        """Give the unit of its losses, that of the column fitted: nats/token or bits/byte."""
        return unit_of_loss(self.columns.get("L", "loss_nats"))

    def recommendation(self, label: str) -> Recommendation:
        """Make the record that a report shows."""
        others = tuple(
            {"params": a.params, "tokens": a.tokens, "loss_nats": a.loss_nats, "loss_penalty": a.loss_penalty}
            for a in self.alternatives
        )
        return Recommendation(
            label=label,
            flops=self.flops,
            reach=self.reach,
            params=self.params,
            tokens=self.tokens,
            loss_nats=self.loss_nats,
            batch_tokens=self.batch_tokens.value if self.batch_tokens else None,
            steps=self.steps.value if self.steps else None,
            seconds=self.cost.hours * 3600 if self.cost else None,
            law=self.law,
            alternatives=others,
            warnings=self.warnings,
        )

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return plan_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "law": self.law,
            "flops": self.flops,
            "reach": self.reach,
            "params": self.params,
            "tokens": self.tokens,
            "loss_nats": self.loss_nats,
            "batch_tokens": self.batch_tokens,
            "lr": self.lr,
            "shapes": len(self.shapes),
            "warnings": len(self.warnings),
        }

    def rows(self) -> dict[str, Any]:
        """Give one row per quantity of the plan, with its interval."""
        named = {name: getattr(self, name) for name in ("params", "tokens", "loss_nats", "batch_tokens", "steps", "lr")}
        known = {name: one for name, one in named.items() if one is not None}
        return {
            "quantity": list(known),
            **{end: [getattr(one, end) for one in known.values()] for end in ("value", "low", "high", "level")},
        }
