"""Steps-tokens isoquants: one size brought to one loss with several batch sizes, and the critical batch there.

(S/S_min - 1)(E/E_min - 1) = 1 (McCandlish et al. 2018, eq 2.11; Kaplan et al. 2020, eq 5.1). With E = B S this is S =
S_min (1 + B_crit / B): two numbers per target, fitted in ln S. (The form E = E_min (1 + S_min/(S - S_min)) is singular
at S = S_min.)
"""

from dataclasses import dataclass

import numpy as np

from ..points.points import Points
from ..results.fitted import Estimate
from .slices import cluster_of, size_groups

LEAST_BATCHES = 4
_BEYOND = 4.0  # B_crit outside the batches by more than this factor is not a measurement


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
        reason: empty if B_crit can be used; "too-few-batches": fewer than `LEAST_BATCHES` reach this loss;
            "below-batches", "above-batches": B_crit lies below or above the batch sizes that were trained.
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

    def batch_for(self, more: float = 0.2) -> Estimate:
        """Give the batch at which the loss takes a fraction `more` over the fewest tokens: E = E_min (1 + B / B_crit).

        Zhang et al. 2024 count their 20% from the tokens of a base batch B_0 instead: then it is (1 + more) B_0 larger.
        """
        b = self.critical_batch
        low, high = (None if end is None else more * end for end in (b.low, b.high))
        return Estimate(more * b.value, low, high, b.level)


@dataclass(frozen=True)
class Target:
    """The best runs of one size that reach a loss: the steps that each batch needed, and the run that reached it."""

    loss: float
    params: float
    batch: np.ndarray
    steps: np.ndarray
    run: np.ndarray
    edge: tuple[float, ...] = ()


def targets_of(points: Points, columns: dict[str, str], count: int) -> list[Target]:
    """Find, of every size, the steps that each batch needs to reach `count` losses."""
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
                Target(float(goal), size, batch[same], steps[same], run[same])
                for goal in np.unique(loss[rows])
                for same in [rows[loss[rows] == goal]]
            ]
        else:
            found += _read(size, batch[rows], steps[rows], loss[rows], run[rows], rate[rows], count)
    return found


def _read(size, batch, steps, loss, run, rate, count: int) -> list[Target]:
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


def _reached(size: float, curves: dict, ends: set[int], goal: float) -> Target:
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
    return Target(float(np.exp(goal)), size, np.array(batches), steps, run, edge)


def unfitted(target: Target) -> Isoquant:
    """Give the isoquant of a loss that too few batch sizes reach: without a fit."""
    nan = float("nan")
    count = len(np.unique(target.batch))
    return Isoquant(target.loss, target.params, nan, nan, Estimate(nan), count, nan, "too-few-batches")


def fitted(target: Target, signs: np.ndarray, level: float) -> tuple[Isoquant, np.ndarray]:
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
