"""The critical batch from steps-tokens isoquants: at one loss, (S/S_min - 1)(E/E_min - 1) = 1.

McCandlish et al. 2018, eq 2.11; Kaplan et al. 2020, eq 5.1 to 5.3. With E = B S this is S = S_min (1 + B_crit / B): two
numbers per target, fitted in ln S. (The form E = E_min (1 + S_min/(S - S_min)) is singular at S = S_min.)
"""

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
from .slices import chosen_columns, cluster_of, size_groups

LEAST_BATCHES = 4
ENDS = ("value", "low", "high")
_BEYOND = 4.0  # B_crit outside the batches by more than this factor is not a measurement
REASONS = {
    "too-few-batches": f"fewer than {LEAST_BATCHES} batch sizes reach this loss",
    "below-batches": "the critical batch lies below the batches that were trained",
    "above-batches": "the critical batch lies above the batches that were trained: larger ones are needed",
}


@dataclass(frozen=True)
class Isoquant:
    """One size trained to one loss with several batch sizes.

    Attributes:
        loss_nats, params: the target and the size.
        steps_min, tokens_min: S_min and E_min = B_crit S_min.
        critical_batch: B_crit in tokens.
        batches: number of batch sizes that reached the loss.
        rms_log: root mean square residual of ln S.
        edge: batch sizes, in tokens, at which the lowest or the highest of several learning rates was the best: with a
            rate beyond it fewer steps may be needed.
        reason: empty if B_crit can be used; otherwise a key of `REASONS`.
    """

    loss_nats: float
    params: float
    steps_min: float
    tokens_min: float
    critical_batch: Estimate
    batches: int
    rms_log: float
    reason: str = ""
    edge: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class CriticalBatch(PublicRecord):
    """B_crit(L) = B_star / L^(1/alpha_B), and whether it depends on the size.

    Attributes:
        B_star, alpha_B: None if fewer than three losses can be used, or if B_crit may not grow as the loss falls;
            B_star
            is in tokens, at L = 1 nat.
        size_effect: ratio of B_crit of the largest size to that of the smallest at equal loss; None with one size or
            without a shared range.
        constants: {"B_star", "alpha_B"} for `frontier("c-min", points, critical=...)` and `plan`; empty without a law.
    """

    isoquants: tuple[Isoquant, ...]
    B_star: Estimate | None
    alpha_B: Estimate | None
    size_effect: Estimate | None
    warnings: tuple[str, ...] = ()
    constants: dict[str, float] = field(default_factory=dict)

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


@dataclass(frozen=True)
class _Target:
    loss: float
    params: float
    batch: np.ndarray
    steps: np.ndarray
    run: np.ndarray
    edge: tuple[float, ...] = ()


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
    found = _targets(points, chosen, targets) if len(points) else []
    usable = [t for t in found if len(t.batch) >= LEAST_BATCHES]
    if not usable:
        raise PointsError(
            f"nowhere do {LEAST_BATCHES} batch sizes reach one loss with one size. Train more batch sizes, "
            "or longer at the largest and the smallest."
        )
    rng = np.random.default_rng(seed)
    runs = max(int(t.run.max()) for t in found) + 1
    signs = rng.choice(np.sqrt([0.5, 1.0, 1.5]), size=(draws, runs)) * rng.choice([-1.0, 1.0], size=(draws, runs))
    fitted = [_fitted(t, signs, level) for t in usable]
    isoquants = [iso for iso, _ in fitted]
    isoquants += [_thin(t) for t in found if len(t.batch) < LEAST_BATCHES]
    return _law(isoquants, [(iso, drawn) for iso, drawn in fitted if not iso.reason], level, left_out)


def _targets(points: Points, columns: dict[str, str], count: int) -> list[_Target]:
    params, loss = points[columns["params"]], points[columns["loss"]]
    batch, run = points["batch_tokens"], cluster_of(points)
    steps = points["steps"] if "steps" in points else points[columns["tokens"]] / batch
    rate = points["lr"] if "lr" in points else np.full(len(points), np.nan)
    found = []
    for group in np.unique(size_groups(params)):
        rows = np.flatnonzero(size_groups(params) == group)
        size = float(np.exp(np.log(params[rows]).mean()))
        if np.bincount(run[rows]).max() == 1:
            found += [
                _Target(float(goal), size, batch[same], steps[same], run[same])
                for goal in np.unique(loss[rows])
                for same in [rows[loss[rows] == goal]]
            ]
        else:
            found += _read(size, batch[rows], steps[rows], loss[rows], run[rows], rate[rows], count)
    return found


def _read(size, batch, steps, loss, run, rate, count: int) -> list[_Target]:
    """Read curves at given losses: the first step that reaches each, interpolated in ln S; best run per batch size."""
    curves, ends = {}, _edges(batch, run, rate)
    for number in np.unique(run):
        rows = np.flatnonzero(run == number)
        rows = rows[np.argsort(steps[rows])]
        curves[int(number)] = (batch[rows[0]], np.log(steps[rows]), np.minimum.accumulate(np.log(loss[rows])))
    lowest = {b: min(c[2][-1] for c in curves.values() if c[0] == b) for b in np.unique(batch)}
    highest = min(c[2][0] for c in curves.values())
    deepest = sorted(lowest.values())[min(LEAST_BATCHES, len(lowest)) - 1]
    if deepest >= highest:
        return []
    goals = np.linspace(highest, deepest, count + 2)[1:-1]
    return [_reached(size, curves, ends, float(goal)) for goal in goals]


def _edges(batch: np.ndarray, run: np.ndarray, rate: np.ndarray) -> set[int]:
    """Find the runs whose peak rate is the lowest or the highest of several rates at their batch size."""
    peaks = {
        int(number): (float(batch[run == number][0]), float(rate[run == number].max())) for number in np.unique(run)
    }
    found = set()
    for one in np.unique(batch):
        tried = {number: peak for number, (b, peak) in peaks.items() if b == one and np.isfinite(peak)}
        ends = (min(tried.values()), max(tried.values())) if tried else (0.0, 0.0)
        if ends[1] > 1.01 * ends[0]:
            found |= {n for n, peak in tried.items() if not 1.01 * ends[0] < peak < ends[1] / 1.01}
    return found


def _reached(size: float, curves: dict, ends: set[int], goal: float) -> _Target:
    best: dict[float, tuple[float, int]] = {}
    for number, (batch, log_steps, log_loss) in curves.items():
        if log_loss[-1] > goal:
            continue
        fall = np.flatnonzero(np.diff(log_loss, prepend=np.inf) < 0)
        reached = float(np.exp(np.interp(-goal, -log_loss[fall], log_steps[fall])))
        if float(batch) not in best or reached < best[float(batch)][0]:
            best[float(batch)] = (reached, number)
    batches = sorted(best)
    steps, run = np.array([best[b][0] for b in batches]), np.array([best[b][1] for b in batches], dtype=int)
    edge = tuple(b for b in batches if best[b][1] in ends)
    return _Target(float(np.exp(goal)), size, np.array(batches), steps, run, edge)


def _thin(target: _Target) -> Isoquant:
    nan = float("nan")
    count = len(np.unique(target.batch))
    return Isoquant(target.loss, target.params, nan, nan, Estimate(nan), count, nan, "too-few-batches")


def _fitted(target: _Target, signs: np.ndarray, level: float) -> tuple[Isoquant, np.ndarray]:
    """Fit ln S = ln S_min + ln(1 + B_crit/B), and draw it with the signs of residuals flipped by run."""
    log_steps, log_batch = np.log(target.steps), np.log(target.batch)
    log_critical, log_min = _least_squares(log_steps[None], log_batch)
    share = 1 / (1 + np.exp(log_batch - log_critical[0]))  # d ln S / d ln B_crit
    design = np.stack([np.ones_like(share), share], axis=1)
    leverage = np.sum(design * np.linalg.pinv(design).T, axis=1)
    model = log_min[0] + np.log1p(np.exp(log_critical[0] - log_batch))
    residual = log_steps - model
    shaken = model + residual / np.maximum(1 - leverage, 0.1) * signs[:, target.run]
    drawn, _ = _least_squares(shaken, log_batch)
    low, high = np.exp(np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2]))
    critical = float(np.exp(log_critical[0]))
    reason = ""
    if critical < target.batch.min() / _BEYOND:
        reason = "below-batches"
    elif critical > target.batch.max() * _BEYOND:
        reason = "above-batches"
    steps_min = float(np.exp(log_min[0]))
    estimate = Estimate(critical, float(low), float(high), level)
    rms = float(np.sqrt(np.mean(residual**2)))
    numbers = steps_min, steps_min * critical, estimate, len(log_batch), rms, reason, target.edge
    return Isoquant(target.loss, target.params, *numbers), drawn


def _least_squares(log_steps: np.ndarray, log_batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Minimise over ln B_crit, with ln S_min in closed form, for rows of ln S: a grid, then golden section."""

    def cost(x):
        rest = log_steps[..., None, :] - np.log1p(np.exp(x[..., None] - log_batch))
        return rest.var(axis=-1)

    grid = np.linspace(log_batch.min() - 7, log_batch.max() + 7, 120)
    best = np.argmin(cost(np.broadcast_to(grid, (len(log_steps), len(grid)))), axis=1)
    low, high = grid[np.maximum(best - 1, 0)], grid[np.minimum(best + 1, len(grid) - 1)]
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(50):
        ends = np.stack([high - golden * (high - low), low + golden * (high - low)], axis=1)
        values = cost(ends)
        left = values[:, 0] < values[:, 1]
        low, high = np.where(left, low, ends[:, 0]), np.where(left, ends[:, 1], high)
    x = (low + high) / 2
    return x, (log_steps - np.log1p(np.exp(x[:, None] - log_batch))).mean(axis=1)


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
    if values[1] >= 0 or slopes[1] >= 0:
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
