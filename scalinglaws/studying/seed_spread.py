"""How much the loss varies between seeds, and whether a law's errors on its points are larger than that."""

from collections.abc import Mapping

import numpy as np

from ..points.points import Points
from ..results.tested import SeedSpread
from ..uncertainty.drawn import Draws
from .laws_asked import COUNTS, column_of
from .laws_shown import plain

TWICE = 2.0  # times the spread over seeds: a law with a larger rms error on its points does not fit
KNOBS = (
    *("lr", "batch_tokens", "steps", "n_layer", "d_model", "n_ctx", "tokens_unique", "weight_decay", "warmup_steps"),
    *("beta2", "arm", "train_set", "lr_schedule", "optimizer", "tokenizer", "loss_split"),
)  # runs that differ in one of these differ in more than their seed


def seed_spread(points: Points, counts: Mapping[str, str] = COUNTS) -> SeedSpread | None:
    """Spread of the final loss over the seeds of one size, at the horizon with most seeds; None without repeats."""
    size, horizon, loss = (column_of(counts, letter) for letter in ("N", "D", "L"))
    kept = points.kept
    if not {size, horizon, loss, "seed"} <= set(kept.columns):
        return None
    names = [size, horizon, *(name for name in KNOBS if name in kept and name not in (size, horizon))]
    cells = np.stack([np.unique(kept[name], return_inverse=True)[1].ravel() for name in names], axis=1)
    _, which, counted = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    which = which.ravel()
    if not len(counted) or counted.max() < 2:
        return None
    rows = which == np.flatnonzero(counted == counted.max())[-1]
    if len(np.unique(kept["seed"][rows])) < rows.sum():
        return None
    losses = kept[loss][rows]
    return SeedSpread(
        float(kept[size][rows][0]),
        float(kept[horizon][rows][0]),
        plain(losses),
        float(losses.std(ddof=1)),
        float(np.log(losses).std(ddof=1)),
    )


def lack_of_fit(drawn: Draws, spread: SeedSpread | None) -> str:
    """Say how much larger a law's errors on its points are than the spread over seeds; empty if they are not larger.

    Repeated runs that are equal to the last digit give no spread to compare with.
    """
    if spread is None or spread.sd_log == 0 or not drawn.fit.rms_log > TWICE * spread.sd_log:
        return ""
    times = drawn.fit.rms_log / spread.sd_log
    return (
        f"{drawn.fit.law.name} does not fit its points: its rms error is {drawn.fit.rms_log:.1%} of the loss, "
        f"{times:.1f} times the spread over seeds ({spread.sd_log:.1%}). The form of the law is wrong, and more seeds "
        "would not help. Its intervals treat this misfit as noise."
    )
