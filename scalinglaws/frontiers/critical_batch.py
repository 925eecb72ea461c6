"""The critical batch as a law of the loss, by isoquants: B_crit(L) = B_star / L^(1/alpha_B) (Kaplan et al. eq 5.3)."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import PointsError, argument
from ..points.points import Points
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Estimate
from .batch_family import batch_families
from .frontier_text import critical_batch_blocks
from .isoquants import LEAST_BATCHES, Isoquant, fitted, targets_of, unfitted
from .slices import chosen_columns

ENDS = ("value", "low", "high")
LEAST_SLOPE = 1e-6  # of ln B_crit in ln L: a batch that does not depend on the loss has one of 1e-12 by rounding


@dataclass(frozen=True, eq=False, repr=False)
class CriticalBatch(PublicRecord):
    """B_crit(L) = B_star / L^(1/alpha_B), and whether it depends on the size.

    Attributes:
        B_star, alpha_B: None if fewer than three losses can be used, or if B_crit may not grow as the loss falls.
            B_star is in tokens, at L = 1 nat.
        size_effect: ratio of B_crit of the largest size to that of the smallest at equal loss; None with one size or
            without a shared range.
        constants: {"B_star", "alpha_B"} for `frontier("c-min", points, critical=...)` and `plan`; empty without a law.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    isoquants: tuple[Isoquant, ...]
    B_star: Estimate | None
    alpha_B: Estimate | None
    size_effect: Estimate | None
    warnings: tuple[str, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return critical_batch_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "isoquants": len(self.isoquants),
            "B_star": self.B_star,
            "alpha_B": self.alpha_B,
            "size_effect": self.size_effect,
            "warnings": len(self.warnings),
        }

    def rows(self) -> dict[str, Any]:
        """Give a row a size brought to one loss."""
        names = ("loss_nats", "params", "batches", "steps_min", "tokens_min", "rms_log", "reason")
        ends = {f"critical_batch_{end}": [getattr(i.critical_batch, end) for i in self.isoquants] for end in ENDS}
        return {name: [getattr(i, name) for i in self.isoquants] for name in names} | ends


def critical_batch(
    points: Points,
    *,
    columns: dict[str, str] | None = None,
    targets: int = 12,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> CriticalBatch:
    """Measure the critical batch from runs at several batch sizes.

    A table of curves (several rows per run_id: loss, tokens, batch_tokens) is read at `targets` losses that at least
    four batch sizes reach. Per batch size the best run counts (its learning rate was tuned); if that run has the lowest
    or the highest of several rates in a column lr, the isoquant's `edge` and a warning say so. In a table with one row
    per batch size, each row gives the tokens needed to reach its loss. Of many runs, those of a batch family are used
    (see `batch_families`).

    Raises:
        PointsError: a column is missing, or there is no loss that four batch sizes reach.
    """
    points = points.kept
    chosen = chosen_columns(points, columns)
    if "batch_tokens" not in points:
        named = argument(map={"batch_tokens": "COLUMN"})
        raise PointsError(f"the critical batch needs the tokens of a step. Name the column with {named}.")
    points, left_out = batch_families(points, chosen["params"], LEAST_BATCHES)
    found = targets_of(points, chosen, targets) if len(points) else []
    usable = [t for t in found if len(t.batch) >= LEAST_BATCHES]
    if not usable:
        raise PointsError(
            f"nowhere do {LEAST_BATCHES} batch sizes reach one loss with one size. Train more batch sizes, "
            "or longer at the largest and the smallest."
        )
    rng = np.random.default_rng(seed)
    runs = max(int(t.run.max()) for t in found) + 1
    signs = rng.choice(np.sqrt([0.5, 1.0, 1.5]), size=(draws, runs)) * rng.choice([-1.0, 1.0], size=(draws, runs))
    measured = [fitted(t, signs, level) for t in usable]
    isoquants = [iso for iso, _ in measured]
    isoquants += [unfitted(t) for t in found if len(t.batch) < LEAST_BATCHES]
    return _law(isoquants, [(iso, drawn) for iso, drawn in measured if not iso.reason], level, left_out)


def _law(isoquants: list[Isoquant], usable: list, level: float, left_out: list[str]) -> CriticalBatch:
    isoquants = sorted(isoquants, key=lambda iso: (iso.params, -iso.loss_nats))
    effect, warnings = _size_effect(usable, level)
    warnings = [*left_out, *warnings, *_at_the_edge([iso for iso, _ in usable])]
    losses = np.log([iso.loss_nats for iso, _ in usable])
    if len(np.unique(losses)) < 3 or np.ptp(losses) < 1e-3:
        warnings.append(f"only {len(np.unique(losses))} losses have a critical batch: B_crit(L) needs three or more.")
        return CriticalBatch(tuple(isoquants), None, None, effect, tuple(warnings))
    weights = 1 / np.array([max(drawn.std(), 0.02) for _, drawn in usable])
    design = np.stack([np.ones_like(losses), losses], axis=1) * weights[:, None]
    solve = np.linalg.pinv(design) * weights
    values = solve @ np.log([iso.critical_batch.value for iso, _ in usable])
    lines = np.stack([drawn for _, drawn in usable], axis=1) @ solve.T
    tails = [(1 - level) / 2, (1 + level) / 2]
    star = np.exp(np.quantile(lines[:, 0], tails))
    slopes = np.quantile(lines[:, 1], tails)
    if max(values[1], slopes[1]) > -LEAST_SLOPE:
        warnings.append("the critical batch does not clearly grow as the loss falls: alpha_B is not identified.")
        return CriticalBatch(tuple(isoquants), None, None, effect, tuple(warnings))
    alpha = -1 / slopes
    constants = {"B_star": float(np.exp(values[0])), "alpha_B": float(-1 / values[1])}
    return CriticalBatch(
        tuple(isoquants),
        Estimate(constants["B_star"], float(star[0]), float(star[1]), level),
        Estimate(constants["alpha_B"], float(alpha[0]), float(alpha[1]), level),
        effect,
        tuple(warnings),
        constants,
    )


def _at_the_edge(isoquants: list[Isoquant]) -> list[str]:
    batches = sorted({batch for iso in isoquants for batch in iso.edge})
    if not batches:
        return []
    some, named = sum(bool(iso.edge) for iso in isoquants), ", ".join(f"{batch:,.0f}" for batch in batches)
    return [
        f"at {some} of {len(isoquants)} losses the best rate of a batch size is the lowest or highest tried (batches "
        f"of {named} tokens): a rate beyond may need fewer steps, which at large batch sizes raises B_crit and at "
        "small ones lowers it."
    ]


def _size_effect(usable: list, level: float) -> tuple[Estimate | None, list[str]]:
    """Compare the largest with the smallest size at equal loss: ln B_crit on ln L and ln N."""
    sizes = np.log([iso.params for iso, _ in usable])
    losses = np.log([iso.loss_nats for iso, _ in usable])
    if np.ptp(sizes) < 0.1:
        return None, []
    design = np.stack([np.ones_like(sizes), losses - losses.mean(), sizes - sizes.mean()], axis=1)
    if len(usable) < 4 or np.linalg.cond(design / np.maximum(np.abs(design).max(axis=0), 1e-12)) > 30:
        return None, ["sizes and losses vary together: whether B_crit depends on the size cannot be determined."]
    solve = np.linalg.pinv(design)[2] * np.ptp(sizes)
    value = float(np.exp(solve @ np.log([iso.critical_batch.value for iso, _ in usable])))
    drawn = np.exp(np.stack([drawn for _, drawn in usable], axis=1) @ solve)
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    said = []
    if abs(np.log(value)) > np.log(2):
        said.append(
            f"at equal loss B_crit of the largest size is {value:.2g} times that of the smallest: Kaplan et al. 2020 "
            "find no dependence on size."
        )
    return Estimate(value, float(low), float(high), level), said
