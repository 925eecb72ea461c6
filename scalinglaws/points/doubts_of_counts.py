"""Sizes, tokens and compute that do not go together: every count and likely mistake is tried before one is named."""

import math
from collections.abc import Mapping

import numpy as np

from ..errors import argument
from ..quantities import playing
from .foreign_units import SCALES
from .one_definition import units_agree
from .points import Points

LEAST = 0.2  # tokens per parameter, below which hardly anyone trains
SMALL = 1e6  # below which neither a number of parameters nor of tokens lies
USUAL = (1.0, 1e4)  # tokens per parameter that a remedy must give
COMPUTE = (0.2, 50.0)  # C / (6 N D) of any count of the three
COMPUTES = ("flops", "flops_exact", "flops_6nd_total", "flops_6nd")


def doubts_of_counts(points: Points, params: str, tokens: str, names: Mapping[str, str]) -> list[str]:
    """Say that the ratio of tokens to size, or of compute to both, is none of any count of them, and what to type.

    Args:
        params, tokens: the columns that fits take.
        names: our name of a column -> the table's, where they differ.
    """
    return [*_about_ratio(points, params, tokens, names), *_about_compute(points, params, tokens)]


def _middle(points: Points, upper: str, lower: list[str], times: float = 1.0) -> float:
    """Give the median of a column over the product of others, of the rows that have all; NaN where none has."""
    product = times * np.prod([points[name] for name in lower], axis=0)
    ratio = points[upper][product > 0] / product[product > 0]
    ratio = ratio[np.isfinite(ratio)]
    return float(np.median(ratio)) if len(ratio) else math.nan


def _sizes(points: Points) -> list[str]:
    return [name for name in playing("params") if name in points]


def _computes(points: Points, tokens: str) -> list[float]:
    """Give C / (6 N D) for every count of compute and of parameters."""
    return [_middle(points, c, [n, tokens], 6.0) for c in COMPUTES if c in points for n in _sizes(points)]


def _about_ratio(points: Points, params: str, tokens: str, names: Mapping[str, str]) -> list[str]:
    batch = points["batch_tokens"] if "batch_tokens" in points else np.array([])
    known = batch[np.isfinite(batch)]
    if len(known) and np.max(points[tokens], where=np.isfinite(points[tokens]), initial=0.0) < np.median(known):
        return [f"{tokens} never exceeds one batch: if it counts steps, use {argument(unit={tokens: 'steps'})}."]
    ratio = _middle(points, tokens, [params])
    others = [_middle(points, tokens, [name]) for name in _sizes(points)]
    if not 0 < ratio < LEAST or any(other >= LEAST for other in others) or units_agree(points, params):
        return []
    said = f"the median of {tokens}/{params} is {ratio:.2g}: "
    remedies = _remedies(points, params, tokens, ratio, names)
    if remedies:
        return [f"{said}{' or '.join(remedies)}."]
    return [
        f"{said}are the two swapped, or is {tokens} in steps, in millions or in billions? Use "
        f"{argument(map={tokens: 'COLUMN'})}, or {argument(unit={tokens: 'steps'})}, or 'millions' or 'billions' in "
        "its place."
    ]


def _remedies(points: Points, params: str, tokens: str, ratio: float, names: Mapping[str, str]) -> list[str]:
    """List what would give a usual ratio, each with its flag; compute in the table rules out what it contradicts."""
    computes, found = [c for c in _computes(points, tokens) if math.isfinite(c)], []
    if max(np.nanmax(points[name]) for name in (params, tokens)) < SMALL and not computes:
        units = argument(unit={params: "millions", tokens: "billions"})
        found.append(f"with sizes in millions and tokens in billions, it would be {1000 * ratio:.2g}: {units}")
    if USUAL[0] <= 1 / ratio <= USUAL[1] and (not computes or any(_near(c) for c in computes)):
        exchanged = argument(map={params: names.get(tokens, tokens), tokens: names.get(params, params)})
        found.append(f"swapped, it would be {1 / ratio:.2g}: {exchanged}")
    for unit in ("millions", "billions"):
        fits = not computes or any(_near(c / SCALES[unit]) for c in computes)
        if USUAL[0] <= ratio * SCALES[unit] <= USUAL[1] and fits:
            found.append(f"in {unit}, it would be {ratio * SCALES[unit]:.2g}: {argument(unit={tokens: unit})}")
    return found


def _near(ratio: float) -> bool:
    return COMPUTE[0] < ratio < COMPUTE[1]


def _about_compute(points: Points, params: str, tokens: str) -> list[str]:
    ratios = [ratio for ratio in _computes(points, tokens) if math.isfinite(ratio)]
    if not ratios or any(map(_near, ratios)):
        return []
    flops = next(name for name in COMPUTES if name in points)
    ratio = _middle(points, flops, [params, tokens], 6.0)
    if not math.isfinite(ratio):
        return []
    return [
        f"the median of {flops} / (6 {params} {tokens}) is {ratio:.2g}, and should "
        f"be near 1: check the units of the three, as in {argument(unit={tokens: 'millions'})}, and which columns they "
        f"are, as in {argument(map={flops: 'COLUMN'})}."
    ]
