"""Runs that differ in the schedule of their learning rate alone."""

from itertools import permutations

import numpy as np

from ..points.points import Points
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between, independent_difference, largest_of, scaled, seed_margin
from .repeats import SeedNoise, averaged

ADEQUATE_END = 0.1  # of the peak: the rate ends near zero
ADEQUATE_SUM = 0.5  # of the largest summed rate


def schedules(evidence: FamilyTables) -> Points:
    """Take F-LR with a row per schedule, seeds averaged; `adequate` marks enough summed rate and an end near zero."""
    points = averaged(evidence.family("F-LR"))
    ends = np.array([_final_share(label) for label in points["lr_schedule"]])
    enough = points["lr_sum"] >= ADEQUATE_SUM * points["lr_sum"].max()
    return points.replace(final_share=ends, adequate=enough & (ends <= ADEQUATE_END))


def _final_share(label: str) -> float:
    kind, _, rest = str(label).partition(":")
    said_end = dict(part.partition("=")[::2] for part in rest.split(",") if part)
    return 1.0 if kind in ("constant", "inverse-sqrt") else float(said_end.get("lr_end", 0.0))


def noise_beside(evidence: FamilyTables, points: Points) -> SeedNoise:
    """Give the noise between seeds at the horizon of the schedules."""
    return evidence.sigma_at(float(np.median(points["tokens"])))


def span_over_seeds(evidence: FamilyTables, points: Points, times: float) -> Estimate:
    """Give the span of the losses of several schedules, less a number of standard deviations of a seed, in nats.

    Every pair is compared, by Bonferroni's correction, with the spread of seeds in its two means, at the horizon of the
    schedules; the standard deviation of a seed is itself in doubt.
    """
    sigma, loss, seeds = noise_beside(evidence, points), points["loss_nats"], points["seeds"]
    count = len(loss)
    margin = seed_margin(sigma, evidence.level, count * (count - 1) // 2) * sigma.nats.value
    pairs = []
    for i, j in permutations(range(count), 2):
        half = margin * np.sqrt(1 / seeds[i] + 1 / seeds[j])
        pairs.append(between(loss[i] - loss[j], loss[i] - loss[j] - half, loss[i] - loss[j] + half, evidence.level))
    return independent_difference(largest_of(pairs), scaled(sigma.nats, times))
