"""What runs do not say about a budget: no size that is best, or one known to no useful factor."""

from collections.abc import Sequence

import numpy as np

from ..comparing.ensemble import weighted_quantiles
from ..errors import FitError, argument
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from ..uncertainty.sloppy import sloppy

USELESS = 1e4  # high over low of an interval of a size beyond which it says nothing: four decades
_HUGE = 1e300  # stands for infinity among draws, so that quantiles can be taken between them
_WORTH_IT = (1.2, 1e3)  # factor by which a further run must narrow the loosest direction to be named
_FARTHER = 4.0  # how far past the fitted tokens or sizes a run is asked for where the corner is taken


def check_interior(draws: Draws, flops: float, best: float) -> None:
    """Refuse a best size that is none.

    Args:
        best: by the values of the fit: 0, infinity or nan where the loss has no lowest point inside the budget.

    Raises:
        FitError: saying which way the loss falls, and the run that would show what stops it.
    """
    if 0 < best < np.inf:
        return
    law = draws.fit.law
    (size, sizes), (data, tokens) = ((letter, draws.fit.inputs[letter]) for letter in law.inputs[:2])
    if np.isnan(best):
        why = "the fitted loss hardly depends on how a budget is split between size and tokens"
        runs = "runs at other D/N (4 times more and 4 times less)"
    elif best:
        why = "the fitted loss only falls as models grow, to the last token: what few tokens cost is not in these runs"
        runs = f"a large model on few tokens, {size} = {sizes.max():.2g}, {data} = {_beyond(tokens, sizes)}"
    else:
        why = "the fitted loss only falls as models shrink: what a small size costs is not in these runs"
        runs = f"a small model on many tokens, {data} = {tokens.max():.2g}, {size} = {_beyond(sizes, tokens)}"
    raise FitError(f"no best size at {flops:.3g} FLOPs by law {law.name!r}: {why}. Add {runs}.{_held(draws, flops)}")


def _held(draws: Draws, flops: float) -> str:
    """Offer to hold the size, the median of those fitted, or the tokens that the budget then leaves."""
    size = float(f"{np.median(draws.fit.inputs['N']):.2g}")
    tokens = float(f"{flops / 6 / size:.2g}")
    return f" Or hold the size with {argument(fixed_params=size)} or the tokens with {argument(fixed_tokens=tokens)}."


def _beyond(at: np.ndarray, other: np.ndarray) -> str:
    """Give the least that was fitted of one input; a quarter of it where the most of the other was there already."""
    taken = at[other >= other.max() / 2].min() <= at.min() * 1.5
    return f"{at.min() / (_FARTHER if taken else 1):.2g}"


def check_useful(several: Sequence[Draws], flops: float, size: Estimate) -> None:
    """Refuse a best size whose interval spans more than `USELESS`.

    Raises:
        FitError: naming the run that would narrow the loosest direction of the fit, where there is one.
    """
    if size.low and size.high and size.high / size.low <= USELESS:
        return
    laws = " and ".join(repr(one.fit.law.name) for one in several)
    raise FitError(
        f"the best size at {flops:.3g} FLOPs is not determined by these runs (law {laws}): its {size.level:.0%} "
        f"interval is wider than a factor {USELESS:,.0f}.{_narrowing(several[0])} Or plan nearer to the runs' own "
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
    return f" One more run at {at} narrows what is loosest {loosest.narrower:.2g} times." if helps else " Add runs."


def interval(value: float, drawn: np.ndarray, level: float, weights: np.ndarray | None = None) -> Estimate:
    """Take quantiles of draws of which some have no value; an end that falls among those is None.

    Args:
        drawn: values, 0 or infinity where a draw has none on that side, nan where on neither.
        weights: of the draws, where they do not count alike.
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
