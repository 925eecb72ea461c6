"""Whether the approaches to the compute-optimal exponent agree, and the likely cause where they do not."""

from collections.abc import Mapping
from itertools import combinations

import numpy as np

from ..results.fitted import Estimate
from .budgets import Frontier

APART = 0.05  # exponents that differ by more lead to different models within two decades


def disagreements(
    frontiers: Mapping[str, Frontier], exponents: Mapping[str, Estimate] | None = None
) -> tuple[str, ...]:
    """Compare the exponent of N_opt ~ C^a between approaches, pair by pair.

    Args:
        frontiers: name -> envelope, isoFLOP or C_min frontier.
        exponents: name -> exponent from another source, such as a fitted law (`plan.exponent`).

    Returns:
        a sentence for each pair that differs by more than 0.05: both values, whether the intervals overlap, the cause.
    """
    known = {name: one.params.exponent for name, one in frontiers.items() if one.params is not None}
    known |= dict(exponents or {})
    found = []
    for (first, a), (second, b) in combinations(known.items(), 2):
        if abs(a.value - b.value) <= APART:
            continue
        overlap = "their intervals overlap" if _overlap(a, b) else "their intervals do not overlap"
        cause = _cause(frontiers.get(first), frontiers.get(second))
        found.append(
            f"{first} gives N_opt ~ C^{a.value:.3f} and {second} C^{b.value:.3f}; {overlap}. Likely cause: {cause}."
        )
    return tuple(found)


def _overlap(a: Estimate, b: Estimate) -> bool:
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return False
    return a.low <= b.high and b.low <= a.high


def _cause(first: Frontier | None, second: Frontier | None) -> str:
    if first is None or second is None:
        return _form(first or second)
    for role in ("params", "flops", "loss"):
        if first.columns[role] != second.columns[role]:
            return f"one counts {role} as {first.columns[role]}, the other as {second.columns[role]}"
    ranges = [np.log10([b.flops for b in one.optima]) for one in (first, second)]
    shared = min(r.max() for r in ranges) - max(r.min() for r in ranges)
    if shared < 0.5 * max(np.ptp(r) for r in ranges):
        return "they use different ranges of compute, and the exponent need not be the same in both"
    for one in (first, second):
        censored = np.mean([b.censored for b in one.budgets])
        if censored > 0.5:
            return f"{censored:.0%} of the budgets of the {one.method} are censored: sizes are missing at one end"
    methods = {first.method, second.method}
    if methods & {"envelope", "c-min"} and "isoflop" in methods:
        return "points in the middle of a run differ from the ends of shorter runs: their learning rate has not decayed"
    if first.shape != second.shape:
        return f"different forms of the minimum ({first.shape}; {second.shape}): too few sizes, or sizes on one side"
    return "noise, or too few sizes around the optima"


def _form(one: Frontier | None) -> str:
    if one is not None and any(b.censored for b in one.budgets):
        return "the law's form, or the censored ends of the frontier, over which the law extrapolates"
    return "the law's form: a minimum in each budget assumes less than one law over all budgets"
