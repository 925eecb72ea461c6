"""Budgets for which the runs determine no best size, or only within a useless range."""

from collections.abc import Sequence

import numpy as np

from ..comparing.ensemble import weighted_quantiles
from ..errors import FitError, argument
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from ..uncertainty.sloppy import sloppy

USELESS = 1e4  # high over low of an interval of a size beyond which it is useless: four decades
_HUGE = 1e300  # stands for infinity among draws, so that quantiles can be interpolated
_WORTH_IT = (1.2, 1e3)  # factors by which one more run must narrow the least determined direction to be named
_FARTHER = 4.0  # how far beyond the fitted tokens or sizes a run is suggested if there are runs at the corner


def check_interior(draws: Draws, flops: float, best: float) -> None:
    """Refuse a budget without a best size.

    Args:
        best: by the constants of the fit: 0, infinity or nan if the loss has no minimum inside the budget.

    Raises:
        FitError: saying in which direction the loss decreases, and which run would help.
    """
    if 0 < best < np.inf:
        return
    law = draws.fit.law
    (size, sizes), (data, tokens) = ((letter, draws.fit.inputs[letter]) for letter in law.inputs[:2])
    if np.isnan(best):
        why = "the fitted loss hardly depends on how a budget is split between size and tokens"
        runs = "runs at other D/N (4 times more and 4 times less)"
    elif best:
        why = (
            "the fitted loss decreases with size down to the last token: these runs do not show the cost of few tokens"
        )
        runs = f"a large model on few tokens, {size} = {sizes.max():.2g}, {data} = {_beyond(tokens, sizes)}"
    else:
        why = "the fitted loss decreases as models shrink: these runs do not show the cost of a small size"
        runs = f"a small model on many tokens, {data} = {tokens.max():.2g}, {size} = {_beyond(sizes, tokens)}"
    raise FitError(f"no best size at {flops:.3g} FLOPs by law {law.name!r}: {why}. Add {runs}.{_held(draws, flops)}")


def _held(draws: Draws, flops: float) -> str:
    """Offer to fix the size, at the median of those fitted, or the tokens that the budget then leaves."""
    size = float(f"{np.median(draws.fit.inputs['N']):.2g}")
    tokens = float(f"{flops / 6 / size:.2g}")
    return f" Or fix the size with {argument(fixed_params=size)} or the tokens with {argument(fixed_tokens=tokens)}."


def _beyond(at: np.ndarray, other: np.ndarray) -> str:
    """Give the smallest fitted value of one input; a quarter of it if it was fitted with large values of the other."""
    taken = at[other >= other.max() / 2].min() <= at.min() * 1.5
    return f"{at.min() / (_FARTHER if taken else 1):.2g}"


def check_useful(several: Sequence[Draws], flops: float, size: Estimate) -> None:
    """Refuse a best size whose interval spans more than `USELESS`.

    Raises:
        FitError: naming the run that would narrow the least determined direction of the fit, if there is one.
    """
    if size.low and size.high and size.high / size.low <= USELESS:
        return
    laws = " and ".join(repr(one.fit.law.name) for one in several)
    raise FitError(
        f"the best size at {flops:.3g} FLOPs is not determined by these runs (law {laws}): its {size.level:.0%} "
        f"interval is wider than a factor {USELESS:,.0f}.{_narrowing(several[0])} Or plan closer to the runs' own "
        f"compute.{_held(several[0], flops)}"
    )


def _narrowing(draws: Draws) -> str:
    try:
        loosest = sloppy(draws.fit)
    except FitError:
        return " Add runs."
    least, most = _WORTH_IT
    at = ", ".join(f"{letter} = {value:.2g}" for letter, value in loosest.run.items())
    helps = least < loosest.narrower < most
    return (
        f" One more run at {at} narrows the least determined direction {loosest.narrower:.2g} times."
        if helps
        else " Add runs."
    )


def interval(value: float, drawn: np.ndarray, level: float, weights: np.ndarray | None = None) -> Estimate:
    """Take quantiles of draws, some of which have no value; an end among those is None.

    Args:
        drawn: values; 0 or infinity if a draw has no value on that side, nan if on neither side.
        weights: of the draws, if they are not equal.
    """
    low, high = (
        float(_quantile(np.where(np.isnan(drawn), end, drawn), share, weights))
        for end, share in ((-np.inf, (1 - level) / 2), (np.inf, (1 + level) / 2))
    )
    return Estimate(
        float(value), low if abs(low) < _HUGE / 10 else None, high if abs(high) < _HUGE / 10 else None, level
    )


def _quantile(values: np.ndarray, share: float, weights: np.ndarray | None) -> float:
    values = np.clip(values, -_HUGE, _HUGE)
    if weights is None:
        return np.quantile(values, share)
    return weighted_quantiles(values[:, None], weights, [share])[0, 0]
