"""A plan as text: what to train, near-equal choices, and laws that disagree."""

from typing import TYPE_CHECKING

from ..records.numbers_in_text import ends, interval, share, short
from ..records.text_blocks import Block, rows_of

if TYPE_CHECKING:
    from .goals import Goal
    from .hardware import TrainingCost
    from .planned import Plan, PlannedShape
    from .rates_and_batches import Setting

WHERE = {True: "inside", False: "outside", None: "not stated"}
FAR = "far outside"


def plan_blocks(made: "Plan") -> list[Block]:
    """Write the law and the budget, what to train with its intervals, near-equal sizes, and laws that disagree."""
    lines: list[Block] = [
        f"{made.law}; {made.policy}; N = {made.columns.get('N', 'params')}",
        f"budget {made.flops:.4g} FLOPs, {made.reach:.3g} times the largest compute fitted",
        *_goal(made.goal),
    ]
    level = f"{made.params.level:.0%}"
    said = {
        "compute, FLOPs": (made.goal.flops if made.goal else None, level),
        "params": (made.params, level),
        "tokens": (made.tokens, level),
        f"loss, {made.loss_unit}": (made.loss_nats, f"{level}, one new run"),
        "batch, tokens": (made.batch_tokens, _source_of(made.batch_tokens, level)),
        "steps": (made.steps, _source_of(made.steps, level)),
        "learning rate": (made.lr, _source_of(made.lr, level)),
    }
    rows = [(name, short(e.value, 5), ends(e), how) for name, (e, how) in said.items() if e is not None]
    lines.append(rows_of(("", "value", "interval", "of"), rows, "what to train"))
    for name, size in made.by_law.items():
        lines.append(f"  {name} alone: {interval(size, '.4g')} parameters")
    for within in made.sizes:
        lines.append(
            f"  sizes that waste at most {within.compute:.0%}: {within.low:.4g} to {within.high:.4g} parameters"
        )
    if made.epochs is not None:
        lines.append(f"  {made.epochs:.3g} passes over the different tokens")
    if made.cost:
        lines.append(_cost(made.cost))
    return [*lines, *_shapes(made.shapes), *_settings(made.settings)]


def _goal(goal: "Goal | None") -> list[Block]:
    """Say which goal the budget is the least compute for."""
    if goal is None:
        return []
    if goal.quantity == "loss":
        return [f"the budget is the least compute that reaches a loss of {goal.value:.5g}"]
    by = f"which asks for a loss of {interval(goal.loss, '.4g')}"
    return [f"the budget is the least compute that reaches an accuracy of {goal.value:.4g}, {by}"]


def _source_of(estimate, level: str) -> str:
    """Say where an interval comes from: draws of the fit, several published laws, one of them, or a given number."""
    if estimate is None:
        return ""
    if estimate.level == 1.0:
        return "one published law" if estimate.low is None else "range of published laws"
    return "as given" if estimate.low == estimate.high else level


def _cost(cost: "TrainingCost") -> str:
    price = "" if cost.money is None else f", {cost.money:,.2f} in money"
    return (
        f"  {short(cost.hours)} hours on {cost.devices} device{'s' if cost.devices > 1 else ''} at "
        f"{cost.flops_per_second:.3g} FLOPs per second, {short(cost.device_hours)} device-hours{price}"
    )


def _shapes(shapes: "tuple[PlannedShape, ...]") -> list[Block]:
    if not shapes:
        return []
    rows = [
        (
            i,
            s.shape.n_layer,
            s.shape.d_model,
            s.shape.n_heads,
            f"{s.params_nonembedding:,}",
            f"{s.params_total:,}",
            short(s.tokens),
            f"{s.loss_nats:.4f}",
            f"{s.loss_penalty:+.3%}",
            share(s.wasted),
            short(s.flops_exact),
            f"{s.training_bytes / 1e9:.3g}",
            short(s.hours),
        )
        for i, s in enumerate(shapes, 1)
    ]
    head = ("row", "layers", "width", "heads", "without embeddings", "parameters", "tokens", "loss", "penalty", "waste")
    return [
        "models that can be built:",
        rows_of((*head, "exact FLOPs", "GB", "hours"), rows, "models that can be built"),
    ]


def _settings(settings: "tuple[Setting, ...]") -> list[Block]:
    rows = [
        (
            s.law,
            short(s.lr, 3),
            short(s.batch_tokens, 3),
            FAR if s.far else WHERE[s.inside],
            s.definition.partition(". ")[0].rstrip("."),
        )
        for s in settings
    ]
    if not rows:
        return []
    title = "learning rate and batch by published laws, which disagree"
    head = ("law", "rate", "batch", "its range", "what it means")
    lines: list[Block] = [f"{title}:", rows_of(head, rows, title)]
    for name, what in (("lr", "rates"), ("batch_tokens", "batches")):
        known = [value for s in settings if (value := getattr(s, name)) and not s.far]
        if len(known) > 1:
            lines.append(f"  the {what} span a factor {max(known) / min(known):.2g}, without the laws far outside")
        elif not known:
            lines.append(f"  no law of {what} applies to this plan: all are far outside their range, and none is used")
    return lines
