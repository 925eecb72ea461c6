"""How each fitted law splits the budget: its own optimum, and that of every draw."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import MisuseError
from ..laws.declaration import Law
from ..laws.kaplan2020.loss import KAPLAN_BCRIT
from ..results.fitted import Estimate
from ..uncertainty.drawn import Draws
from . import kaplan
from .best_split import Spending, Trade, best_params, inputs_of, searched, trade
from .undetermined import check_interior, interval


@dataclass(frozen=True)
class Split:
    """A budget split by one law.

    Attributes:
        params, tokens: by the constants of the fit; `params_draws`, `tokens_draws`: by every draw.
        at: inputs of the law at (params, tokens).
        batch_tokens, steps: with their draws, if the law gives them.
        values: parameter -> value of the fit.
    """

    law: Law
    values: dict[str, float]
    params: float
    tokens: float
    params_draws: np.ndarray
    tokens_draws: np.ndarray
    at: dict[str, float]
    batch: tuple[float, np.ndarray] | None = None
    steps: tuple[float, np.ndarray] | None = None


def columns_of(draws: Draws) -> dict[str, np.ndarray]:
    """Give parameter -> draws, shape (draws,)."""
    return {name: draws.values[:, i] for i, name in enumerate(draws.names)}


def split(draws: Draws, spending: Spending, params: float | None, tokens: float | None) -> Split:
    """Split a budget by a law of N and D, or with one of the two fixed.

    Raises:
        MisuseError: the law cannot split a budget, or the budget is too small for the fixed value.
        FitError: the points do not determine a best size.
    """
    law, values = draws.fit.law, dict(draws.fit.values)
    one = trade(law, values, spending)
    if tokens is not None:
        params = spending.flops / (6 * tokens + 2 * spending.inference_tokens)
    if params is not None:
        best, drawn_params = params, np.full(len(draws.values), params)
    else:
        best, drawn_params = float(best_params(one)), best_params(trade(law, columns_of(draws), spending))
        if np.isnan(best):
            _require_defined(one)
        check_interior(draws, spending.flops, best)
    left = float(spending.tokens(best))
    if left < 1:
        raise MisuseError(
            f"a budget of {spending.flops:.3g} FLOPs leaves no tokens to train {best:.3g} parameters on. "
            "Use a larger budget, a smaller model or fewer served tokens."
        )
    with np.errstate(divide="ignore"):  # the optimum of a draw may be zero parameters, or lie beyond the budget
        drawn_tokens = np.maximum(spending.tokens(drawn_params), 0.0)
    at = {letter: float(v) for letter, v in inputs_of(one, best, left).items()}
    return Split(law, values, best, left, drawn_params, drawn_tokens, at)


def _require_defined(one: Trade) -> None:
    """Refuse a law that gives no number next to the best size.

    Raises:
        LawError: naming the place.
    """
    low, high = one.spending.smallest_params, one.spending.largest_params
    for away in (0.25, 1.0, 4.0):
        size = float(np.clip(searched(one) * away, low, high))
        one.law.at(one.values, **inputs_of(one, size, one.spending.tokens(size)))


def exponent(draws: Draws, flops: float, level: float = 0.95) -> Estimate:
    """Compute the local exponent d ln N* / d ln C of a fitted law, under C = 6 N D: beta/(alpha + beta) for chinchilla.

    Raises:
        MisuseError: the law cannot split a budget.
        FitError: the points do not determine a best size.
    """
    step, fit = 0.05, draws.fit
    ends = [Spending(flops * np.exp(side * step)) for side in (-1, 1)]

    def sizes(values: Mapping) -> list[np.ndarray]:
        return [best_params(trade(fit.law, values, end)) for end in ends]

    def local(low, high) -> np.ndarray:
        with np.errstate(all="ignore"):
            return (np.log(high) - np.log(low)) / (2 * step)

    own = sizes(dict(fit.values))
    for end, size in zip(ends, own, strict=True):
        check_interior(draws, end.flops, float(size))
    return interval(float(local(*own)), local(*sizes(columns_of(draws))), level)


def kaplan_split(draws: Draws, spending: Spending, policy: str | None, critical: Mapping[str, float] | None) -> Split:
    """Split a budget by Kaplan et al. 2020, appendix B, from draws of L(N, S_min) and constants of B_crit(L).

    Raises:
        MisuseError: the policy is unknown, or the fixed batch is missing.
        FitError: the points do not determine a best size.
    """
    policy = policy or ("fixed" if spending.batch_tokens else "critical")
    if policy not in kaplan.POLICIES:
        raise MisuseError(f"batch_policy = {policy!r}; it must be one of {', '.join(kaplan.POLICIES)}.")
    if policy == "fixed" and not spending.batch_tokens:
        raise MisuseError("batch_policy 'fixed' needs batch_tokens: the tokens of one step.")
    if not spending.plain:
        raise MisuseError("kaplan-ns does not cover repeated or served tokens; plan those with chinchilla.")
    bcrit = {**KAPLAN_BCRIT.constants, **(critical or {})}
    drawn = {**columns_of(draws), **{k: np.full(len(draws.values), v) for k, v in bcrit.items()}}
    with np.errstate(all="ignore"):
        one, many = (
            kaplan.efficient(spending.flops, at, policy, spending.batch_tokens)
            for at in ({k: np.float64(v) for k, v in {**draws.fit.values, **bcrit}.items()}, drawn)
        )
    check_interior(draws, spending.flops, float(one.params) if one.tokens >= 1 else np.inf)
    return Split(
        draws.fit.law,
        dict(draws.fit.values),
        float(one.params),
        float(one.tokens),
        many.params,
        many.tokens,
        {"N": float(one.params), "S": float(one.steps_min)},
        batch=(float(one.batch_tokens), many.batch_tokens),
        steps=(float(one.steps), many.steps),
    )
