"""The mixture with the lowest weighted loss inside the proportions tried and the tokens there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..errors import FitError, MisuseError, unknown_name
from ..results.fitted import Estimate
from .mixing_forms import FORMS, fitted

if TYPE_CHECKING:
    from .mixtures import MixedLoss

STARTS = 8
CLOSE, AT_END = 1e-9, 1e-4


@dataclass(frozen=True)
class Proposal:
    """A mixture to train.

    Attributes:
        mixture: share -> proportion. losses: loss -> its prediction, with the interval of one new run.
        best_tried: the mixture of lowest weighted ln loss among those trained.
        gain: by how much the weighted mean of ln loss lies below that of the best mixture tried; its sign is not
            determined where its interval holds 0.
        at_limit: shares at an end of what was tried, or at their limit of tokens.
    """

    mixture: Mapping[str, float]
    losses: Mapping[str, Estimate]
    best_tried: Mapping[str, float]
    gain: Estimate
    at_limit: tuple[str, ...] = field(default=())


def bounds_of(
    r: np.ndarray, shares: tuple[str, ...], tokens: float | None, limits: dict[str, float], epochs: float
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Give the lowest and highest proportion of each domain: those tried, and those there are tokens for.

    Raises:
        MisuseError: a limit without tokens or of no domain, or limits that leave no mixture.
    """
    if limits and tokens is None:
        raise MisuseError("limits are tokens of a domain: say how many tokens the run takes with tokens=1e11.")
    if tokens is not None and not 0 < tokens < np.inf:
        raise MisuseError(f"tokens = {tokens}; it must be above 0 and finite.")
    if not 0 < epochs < np.inf:
        raise MisuseError(f"epochs = {epochs}; it must be above 0 and finite.")
    low, high, said = r.min(axis=0), r.max(axis=0), []
    for name, most in limits.items():
        if name not in shares:
            raise unknown_name("proportion of these mixtures", name, shares)
        if not 0 <= most < np.inf:
            raise MisuseError(f"limit {name} = {most}; it must be 0 tokens or more.")
        i = shares.index(name)
        allowed = epochs * most / float(tokens or 1)
        if allowed < low[i]:
            said.append(f"{name}: the limit allows {allowed:.3g}, below every mixture tried ({low[i]:.3g} and above).")
        low[i], high[i] = min(low[i], allowed), min(high[i], allowed)
    if high.sum() < 1 - CLOSE or low.sum() > 1 + CLOSE:
        short = f"allow at most {high.sum():.3g}" if high.sum() < 1 else f"need at least {low.sum():.3g}"
        raise MisuseError(
            f"the limits and the proportions tried {short} of a run: take fewer tokens or more epochs, or train "
            "mixtures with more of the other domains."
        )
    return low, high, tuple(said)


def lowest(
    found: "Sequence[MixedLoss]",
    r: np.ndarray,
    y: np.ndarray,
    bounds: tuple[np.ndarray, np.ndarray],
    weight: np.ndarray,
    shares: tuple[str, ...],
    draws: int,
    level: float,
    seed: int,
) -> Proposal:
    """Find the mixture, and what it gains over the best one tried, with intervals from resampled runs."""
    rng = np.random.default_rng(seed)
    tried = int(np.argmin(np.log(y) @ weight))
    best = _searched(found, r, bounds, weight, tried, rng)
    both = np.stack([best, r[tried]])
    value = np.stack([np.log(one.value(both)) for one in found])
    drawn = np.array([_redrawn(found, r, y, both, rng.integers(len(r), size=len(r))) for _ in range(draws)])
    error = np.array([one.errors[one.form] for one in found])
    new = drawn[:, :, 0] + error * rng.standard_normal((draws, len(found)))
    losses = {one.loss: _estimate(value[i, 0], new[:, i], level, True) for i, one in enumerate(found)}
    gain = (drawn[:, :, 1] - drawn[:, :, 0]) @ weight
    noise = float(np.sqrt(2 * np.sum((weight * error) ** 2)))
    gains = gain + noise * rng.standard_normal(draws)
    middle = float((value[:, 1] - value[:, 0]) @ weight)
    low, high = bounds
    at = tuple(
        n for n, v, a, b in zip(shares, best, low, high, strict=True) if min(v - a, b - v) < 1e-4 and b - a > 1e-4
    )
    named = [dict(zip(shares, map(float, one), strict=True)) for one in (best, r[tried])]
    return Proposal(named[0], losses, named[1], _estimate(middle, gains, level, False), at)


def _searched(found, r, bounds, weight, tried: int, rng) -> np.ndarray:
    from scipy.optimize import minimize

    low, high = bounds

    def height(mixture: np.ndarray) -> float:
        values = np.array([np.log(np.maximum(one.value(mixture[None])[0], 1e-9)) for one in found])
        return float(values @ weight)

    starts = [_inside(r[tried], low, high)]
    starts += [_inside(rng.dirichlet(np.ones(len(low))), low, high) for _ in range(STARTS - 1)]
    ended = []
    for start in starts:
        made = minimize(
            height,
            start,
            method="SLSQP",
            bounds=list(zip(low, high, strict=True)),
            constraints=[{"type": "eq", "fun": lambda v: v.sum() - 1}],
        )
        ended.append(_inside(made.x if np.isfinite(made.x).all() else start, low, high))
    if not ended:
        raise FitError("no mixture was found inside the limits.")
    return min(ended, key=height)


def _inside(mixture: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Move a mixture inside its bounds with a sum of 1, by one shift of all proportions."""
    below, above = -2.0, 2.0
    for _ in range(100):
        middle = (below + above) / 2
        below, above = (middle, above) if np.clip(mixture + middle, low, high).sum() < 1 else (below, middle)
    return np.clip(mixture + above, low, high)


def _redrawn(found, r, y, both, rows) -> np.ndarray:
    """Refit every loss to resampled runs; give ln loss of the two mixtures, (losses, 2)."""
    made = []
    for i, one in enumerate(found):
        c = fitted(FORMS[one.form], r[rows], y[rows, i], one.own or 0, one.constants)
        made.append(np.log(np.maximum(FORMS[one.form].value(both, c, one.own or 0), 1e-9)))
    return np.array(made)


def _estimate(middle: float, drawn: np.ndarray, level: float, exponential: bool) -> Estimate:
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    ends = (middle, min(float(low), middle), max(float(high), middle))
    value, low, high = map(float, np.exp(ends) if exponential else ends)
    return Estimate(value, low, high, level)
