"""Steps, tokens and compute of different sizes at an equal loss, compared with the noise between seeds.

A run of another seed is higher or lower by the standard deviation of a seed, and so reaches a loss later or sooner:
by that times d ln steps / d ln L of its curve there. The losses of one run share its seed, so that Bonferroni's
correction is for the pairs of sizes alone.
"""

import numpy as np

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
