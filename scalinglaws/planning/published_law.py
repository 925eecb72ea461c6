"""One law and a budget: the size of the lowest loss, the size that it allocates, or only the loss."""

import inspect
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import LawError
from ..laws.declaration import Law, Published
from .best_split import Spending, trade
from .near_optimum import NearOptimum, flat_range
from .published import Optimum

ALLOCATED = ("params", "tokens", "flops_per_token")


def asked(laws: Mapping[str, Law], flops: float, given: Mapping[str, float]):
    """Apply every law to a budget, with each set of its constants.

    Returns:
        (row, and the loss along size for a law of the loss) for each, and law -> why it does not apply.
    """
    found, skipped = [], {}
    for law in laws.values():
        how = _way(law, given)
        if how is None:
            continue
        lacking = _lacking(law, given)
        if lacking or not law.published:
            skipped[law.name] = f"needs {', '.join(lacking)}" if lacking else "a form to fit, without constants"
            continue
        for published in law.published:
            try:
                found.append(how(law, published, flops, given))
            except LawError as failure:
                skipped[f"{law.name} ({published.source})"] = str(failure)
    return found, skipped


def _way(law: Law, given: Mapping[str, float]):
    """Choose how a law can be applied to a budget; None for other laws."""
    inputs = set(law.inputs)
    if law.predicts == "loss" and {"N", "D"} <= inputs and "C" not in inputs:
        return _by_loss
    if law.predicts == "tokens" and inputs == {"N"}:
        return _on_a_line
    if "C" in inputs and not inputs & {"N", "D"}:
        return _loss_alone if law.predicts == "loss" else _allocated if law.predicts in ALLOCATED else None
    return None


def _lacking(law: Law, given: Mapping[str, float]) -> list[str]:
    return [letter for letter in law.inputs if letter not in {"N", "D", "C", "U", *given}]


def _by_loss(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, NearOptimum]:
    """Minimise the loss over N under C = 6 N D, with every token used once."""
    asked = holding(law, given)
    once = Spending(flops, unique_tokens=np.inf) if "U" in asked.inputs else Spending(flops)
    with np.errstate(all="ignore"):
        valley = NearOptimum.of(trade(asked, dict(published.values), once))
    params, tokens = valley.params, float(valley.tokens(valley.params))
    at = {"N": params, "D": tokens, "U": tokens, **given}
    cheap = flat_range(valley)[0]
    row = _row(law, published, "least loss", at, params, tokens, valley.loss)
    return replace(row, cheap=(cheap.low, cheap.high)), valley


def _allocated(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, None]:
    """Take size or tokens from the law, and the other from C = 6 N D; N = M / 6 for a law of M, the FLOPs per token.

    Tokens by a law of C_min have no size: at the critical batch 6 N D is 2 C_min (Kaplan et al. 2020, eq 5.5).
    """
    at = {letter: given.get(letter, flops) for letter in law.inputs}
    value = float(law.at(published.values, **at))
    if law.predicts == "tokens":
        params, tokens = (None if law.convention["C"] == "flops_min" else flops / (6 * value)), value
    else:
        params = value / 6 if law.predicts == "flops_per_token" else value
        tokens = flops / (6 * params)
    return _row(law, published, "allocation", at, params, tokens), None


def _on_a_line(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, None]:
    """Find the N whose tokens by the law spend the budget: 6 N D(N) = C, by bisection in ln N."""
    low, high = 0.0, np.log(flops)
    for _ in range(200):
        params = np.exp((low + high) / 2)
        spent = 6 * params * float(law.at(published.values, N=params))
        low, high = (low, (low + high) / 2) if spent > flops else ((low + high) / 2, high)
    return _row(law, published, "allocation", {"N": params}, float(params), flops / (6 * float(params))), None


def _row(law: Law, published: Published, how: str, at: Mapping[str, float], *found: float | None) -> Optimum:
    """Make a row of (params, tokens, loss), and say whether `at` lies inside the law's range."""
    outside = law.outside(**{letter: at[letter] for letter in law.inputs})
    params, tokens, loss = (*found, None, None, None)[:3]
    inside = not outside if law.domain else None
    return Optimum(law.name, published.source, dict(law.convention), how, params, tokens, loss, inside, outside)


def _loss_alone(law: Law, published: Published, flops: float, given: Mapping[str, float]) -> tuple[Optimum, None]:
    at = {letter: given.get(letter, flops) for letter in law.inputs}
    return _row(law, published, "loss alone", at, None, None, float(law.at(published.values, **at))), None


def holding(law: Law, given: Mapping[str, float]) -> Law:
    """Make a law of fewer inputs from a law of which some inputs are fixed."""
    held = {letter: np.float64(given[letter]) for letter in law.inputs if letter in given}
    if not held:
        return law
    free = [letter for letter in law.inputs if letter not in held]

    def evaluate(*inputs, **constants):
        at = dict(zip(free, inputs, strict=False)) | {k: constants.pop(k) for k in free if k in constants} | held
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):  # the fixed values may be unreasonable
            return law.evaluate(**at, **constants)

    whole = inspect.signature(law.evaluate)
    evaluate.__signature__ = whole.replace(  # type: ignore[attr-defined]
        parameters=[p for n, p in whole.parameters.items() if n not in held]
    )
    convention = {k: v for k, v in law.convention.items() if k not in held}
    domain = {k: v for k, v in law.domain.items() if not set(k.split("/")) & set(held)}
    return replace(law, evaluate=evaluate, convention=convention, domain=domain, slopes=None)
