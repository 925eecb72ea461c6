"""Steps, tokens and compute of different sizes at an equal loss, compared with the noise between seeds.

A run of another seed is higher or lower by the standard deviation of a seed, and so reaches a loss later or sooner:
by that times d ln steps / d ln L of its curve there. The losses of one run share its seed, so that Bonferroni's
correction is for the pairs of sizes alone.
"""

from collections.abc import Sequence

import numpy as np

from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between, seed_margin
from .size_curves import Reached


def changes(evidence: FamilyTables, one: Reached, what: str) -> list[Estimate]:
    """Give the change of ln steps, tokens or flops from each size to the next at one loss."""
    values = np.log(getattr(one, what))
    half = seed_margin(evidence.sigma, evidence.level, len(values) - 1) * _noise(evidence, one)
    halves = np.hypot(half[:-1], half[1:])
    return [between(v, v - h, v + h, evidence.level) for v, h in zip(np.diff(values), halves, strict=True)]


def average_changes(evidence: FamilyTables, found: Sequence[Reached], what: str) -> list[Estimate]:
    """Give the change of ln steps or tokens from each size to the next, averaged over the losses that both reach.

    The seed of a run moves it at every loss alike, so that the half-widths are averaged too.
    """
    pairs: dict[tuple[float, float], list[Estimate]] = {}
    for one in found:
        sizes = zip(one.params[:-1].tolist(), one.params[1:].tolist(), strict=True)
        for pair, change in zip(sizes, changes(evidence, one, what), strict=True):
            pairs.setdefault(pair, []).append(change)
    means = [np.mean([(one.value, *one.ends) for one in many], axis=0).tolist() for many in pairs.values()]
    return [between(value, low, high, evidence.level) for value, low, high in means]


def convexity(evidence: FamilyTables, found: Sequence[Reached]) -> Estimate:
    """Give the coefficient of (ln N)^2 in ln C, averaged over the losses that three sizes reach.

    Above zero the cost of a loss has a minimum over N. The seeds of a size move its cost at every loss alike.
    """
    sizes = np.unique(np.concatenate([one.params for one in found]))
    values, moved = [], np.zeros(len(sizes))
    for one in (one for one in found if len(one.params) > 2):
        x = np.log(one.params) - np.log(one.params).mean()
        weights = np.linalg.pinv(np.stack([np.ones_like(x), x, x**2], axis=1))[2]
        values.append(float(weights @ np.log(one.flops)))
        moved[np.searchsorted(sizes, one.params)] += weights * _noise(evidence, one)
    if not values:
        raise Lacking("family F-N with a loss that three sizes reach")
    mean = float(np.mean(values))
    half = seed_margin(evidence.sigma, evidence.level) * float(np.linalg.norm(moved)) / len(values)
    return between(mean, mean - half, mean + half, evidence.level)


def _noise(evidence: FamilyTables, one: Reached) -> np.ndarray:
    return evidence.sigma.log * np.abs(one.slopes) / np.sqrt(one.seeds)


def certainly_not_a_valley(moves: list[Estimate]) -> bool:
    """Say whether a cost certainly rises from one size to the next and certainly falls further on."""
    rises = [i for i, one in enumerate(moves) if one.ends[0] > 0]
    return bool(rises) and any(one.ends[1] < 0 for one in moves[rises[0] :])


def certain_valley(moves: list[Estimate]) -> bool:
    """Say whether a cost certainly falls and then certainly rises; one change between the two may have either sign."""
    falls = next((i for i, one in enumerate(moves) if one.ends[1] >= 0), len(moves))
    return all(one.ends[0] > 0 for one in moves[falls + 1 :])


def cheapest(evidence: FamilyTables, one: Reached) -> np.ndarray:
    """Give the sizes that may be the cheapest at one loss: those than which no other is certainly cheaper."""
    cost, count = np.log(one.flops), len(one.flops)
    half = seed_margin(evidence.sigma, evidence.level, count * (count - 1) // 2) * _noise(evidence, one)
    beaten = [any(cost[i] - cost[j] > np.hypot(half[i], half[j]) for j in range(count)) for i in range(count)]
    return one.params[~np.array(beaten)]
