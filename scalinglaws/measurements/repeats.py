"""Runs that differ only in their seed: their standard deviation and their mean."""

from dataclasses import dataclass, replace

import numpy as np

from ..points.points import Points
from ..results.fitted import Estimate


@dataclass(frozen=True)
class SeedNoise:
    """Seed-to-seed standard deviation of the final loss: in nats with its interval, and of ln loss.

    Attributes:
        seeds: the degrees of freedom and one; of `horizons` groups, which are branches of the same seeds or runs apart.
    """

    nats: Estimate
    log: float
    seeds: int
    horizons: int


def seed_noise(groups: list[np.ndarray], level: float, degrees: int | None = None) -> SeedNoise:
    """Pool the variance of the losses over groups of seeds, with a chi-squared interval.

    Args:
        degrees: of freedom; those of one group where none are given: the horizons of a seed are branches of one run.
    """
    from scipy.special import gammaincinv

    degrees = max(map(len, groups)) - 1 if degrees is None else degrees
    weights = [len(group) - 1 for group in groups]
    variance = np.average([group.var(ddof=1) for group in groups], weights=weights)
    log = float(np.sqrt(np.average([np.log(group).var(ddof=1) for group in groups], weights=weights)))
    tails = 2 * gammaincinv(degrees / 2, [(1 + level) / 2, (1 - level) / 2])
    low, high = np.sqrt(degrees * variance / tails)
    nats = Estimate(float(np.sqrt(variance)), float(low), float(high), level)
    return SeedNoise(nats, log, degrees + 1, len(groups))


def without(points: Points, *names: str) -> Points:
    """Drop columns."""
    return replace(points, columns={name: values for name, values in points.columns.items() if name not in names})


def same_settings(points: Points, names: tuple[str, ...]) -> list[np.ndarray]:
    """Group the rows that agree in these columns, in the order of their first."""
    groups: dict[tuple, list[int]] = {}
    columns = [[None if v != v else v for v in points[name].tolist()] for name in names if name in points]
    for i, key in enumerate(zip(*columns, strict=True)):
        groups.setdefault(key, []).append(i)
    return [np.array(rows) for rows in groups.values()]


MODEL = ("arch", "params_nonembedding", "n_layer", "n_ctx", "tokenizer", "reuse", "sharing", "subset_tokens")
SETTINGS = (
    "params_nonembedding",
    "arch",
    "n_layer",
    "d_model",
    "n_heads",
    "d_ff",
    "reuse",
    "sharing",
    "n_ctx",
    "tokens",
    "lr_schedule",
    "tokenizer",
    "subset_tokens",
)


def averaged(points: Points) -> Points:
    """Average the losses over the seeds of each setting: one row per setting, `seeds` counts them."""
    return averaged_over(points, SETTINGS)


def averaged_over(points: Points, names: tuple[str, ...]) -> Points:
    """Average the losses of the rows that agree in these columns: the first row of each, `seeds` counts them."""
    groups = same_settings(points, names)
    first = points.take(np.array([rows[0] for rows in groups], dtype=int))
    losses = [name for name in points.columns if name == "loss_nats" or name.startswith("loss_nats@")]
    means = {name: [points[name][rows].mean() for rows in groups] for name in losses}
    return first.replace(**means, seeds=[len(rows) for rows in groups])
