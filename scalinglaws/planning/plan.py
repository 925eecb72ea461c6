"""plan(draws, flops): sizes, tokens, batch and cost of a budget, or of the least compute that reaches a goal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..auditing.bearing import bearing, in_lines
from ..auditing.claim_gate import barred_of_forecast
from ..comparing.ensemble import LEAST_WEIGHT, Ensemble, predict_mixture
from ..errors import LawError, MisuseError, refuse
from ..laws.declaration import Law
from ..points.points import Points
from ..predicting.forecast import Forecaster, forecaster
from ..predicting.predict import predict_chosen
from ..records.arguments import checked
from ..results.fitted import Estimate
from ..results.letters import unit_of_loss
from ..results.size_error import RATE_OF_FORECAST, size_widened
from ..uncertainty.drawn import Draws, barred_of
from .best_split import Spending, trade
from .buildable import Building
from .goal_of_forecast import forecast_loss, goal_by_forecast
from .goals import Asked, Goal, goal_of, goal_split, target_of
from .hardware import Machine
from .law_splits import Split, kaplan_split, split
from .least_compute import Sizes
from .near_optimum import NearOptimum, alternatives, buildable, flat_range
from .planned import Plan
from .rates_and_batches import band, settings
from .size_miss import SizeMiss, size_miss
from .undetermined import check_useful, interval


@checked
def plan(
    draws: Draws | Sequence[Draws] | Ensemble | Forecaster | Points,
    flops: float | None = None,
    *,
    target_loss: float | None = None,
    target_accuracy: float | None = None,
    accuracy: Draws | None = None,
    batch_tokens: float | None = None,
    batch_policy: str | None = None,
    critical: Mapping[str, float] | None = None,
    level: float = 0.95,
    ceiling: float | None = None,
    fixed_params: float | None = None,
    fixed_tokens: float | None = None,
    unique_tokens: float | None = None,
    inference_tokens: float = 0.0,
    building: Building | None = None,
    hardware: str | None = None,
    flops_per_second: float | None = None,
    devices: int = 1,
    price_per_hour: float | None = None,
    anyway: bool = False,
) -> Plan:
    """Turn a budget or a goal into a plan: N*, D*, loss, batch, steps, shapes and cost, each with its interval.

    For a goal the budget is the least C whose best split of N and D has the loss asked for.

    Args:
        draws: of a law of N and D, or kaplan-ns. Of several fits the first gives the values, all give the intervals;
            of an ensemble the law of the largest weight gives the size, the mixture the loss. Points are forecast.
        target_loss: the expected loss to reach; or target_accuracy, with draws of a law from loss to it in `accuracy`.
        batch_policy: for kaplan-ns: small-batch, critical or fixed (Kaplan et al. 2020, B), by eq 5.3 in `critical`.
        ceiling: the largest possible loss. anyway: plan although no claim can rest on the points.
        unique_tokens: different tokens; beyond, they repeat at decreasing value (Muennighoff et al. 2023).
        inference_tokens: to serve, at 2 N FLOPs each from the budget (Sardana et al. 2023).
        building: of models to list. hardware: a device at 40% of its peak; or the measured flops_per_second.

    Raises:
        MisuseError: a number is out of range, options exclude each other, or a law cannot split a budget.
        FitError: no compute reaches the goal, or the points do not determine the best size or bear no claim.
    """
    bars, failed = _judged(known := _known(draws), draws, anyway)
    several, mixed = _members(known.draws().law if known else draws)
    _check(several, flops, batch_tokens, fixed_params, fixed_tokens, inference_tokens, unique_tokens, level)
    spending = Spending(flops or np.nan, float(inference_tokens), unique_tokens, batch_tokens=batch_tokens)
    sizes, asked = Sizes(fixed_params, fixed_tokens), Asked(target_loss, target_accuracy, accuracy)
    chosen = _chosen(several, mixed, spending, sizes, asked, level, batch_policy, critical, known)
    machine = Machine(hardware, flops_per_second, devices, price_per_hour)
    made = _assembled(several, mixed, *chosen, machine, building, sizes.held, (level, ceiling), known)
    return replace(made, barred=bars, warnings=(*made.warnings, *failed))


def _chosen(
    several, mixed, spending, sizes, asked, level, policy, critical, known
) -> tuple[list[Split], Spending, Goal | None]:
    """Give the split of each law, how the budget is spent, and the goal that it is for, if it is for one."""
    if not asked.checked(spending, policy, critical):
        if known and not sizes.held:
            several = [known.draws().at(spending.flops)]
        return _splits(several, spending, policy, critical, sizes), spending, None
    target = target_of(asked, several[0].fit.columns["L"])
    if known:
        found = [goal_by_forecast(known, spending, target, sizes)]
    else:
        found = [goal_split(one, spending, target, sizes) for one in several]
    splits, drawn = [one for one, _ in found], [each for _, each in found]
    spending = spending.costing(splits[0].params, splits[0].tokens)
    goal = goal_of(target, spending.flops, np.concatenate(drawn), level, _weights(drawn, mixed))
    return splits, spending, goal


def _judged(known: Forecaster | None, draws, anyway: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give what bars the plan, and the failed rules of the audit that bear on points that are to be forecast.

    Raises:
        FitError: the plan is barred, and not wanted anyway.
    """
    if known is draws:  # whoever made a forecaster has judged its points
        return (), ()
    failed = bearing(draws, known.seen.columns) if known else ()
    bars = barred_of_forecast(known, failed) if known else barred_of(_members(draws)[0])
    refuse("plan", () if anyway else bars)
    return bars, in_lines(failed)


def _known(draws) -> Forecaster | None:
    """Give the forecast of points; None for the draws of laws."""
    return draws if isinstance(draws, Forecaster) else forecaster(draws) if isinstance(draws, Points) else None


def _members(draws) -> tuple[list[Draws], Ensemble | None]:
    """Give the draws of each law, and the ensemble without the laws of negligible weight."""
    if isinstance(draws, Draws):
        return [draws], None
    if not isinstance(draws, Ensemble):
        return list(draws), None
    kept = [i for i, weight in enumerate(draws.weights) if weight > LEAST_WEIGHT]
    members, weights = tuple(draws.members[i] for i in kept), np.array([draws.weights[i] for i in kept])
    mixed = replace(draws, members=members, weights=tuple((weights / weights.sum()).tolist()))
    return list(members), mixed


def _splits(several, spending, batch_policy, critical, sizes: Sizes) -> list[Split]:
    by_steps = several[0].fit.law.name == "kaplan-ns"
    if (batch_policy or critical) and not by_steps:
        raise MisuseError(
            "batch_policy and critical are for kaplan-ns, whose loss depends on steps; give batch_tokens."
        )
    if not by_steps or sizes.held:
        return [split(one, spending, sizes.fixed_params, sizes.fixed_tokens) for one in several]
    if len(several) > 1:
        raise MisuseError(
            "kaplan-ns cannot be combined with other laws: a batch policy spends its compute. Give one fit."
        )
    return [kaplan_split(several[0], spending, batch_policy, critical)]


def _check(several, flops, batch, params, tokens, inference, unique, level) -> None:
    if not several:
        raise MisuseError("a plan needs the draws of at least one fit.")
    for name, value in {
        "flops": flops,
        "batch_tokens": batch,
        "fixed_params": params,
        "fixed_tokens": tokens,
        "unique_tokens": unique,
    }.items():
        if value is not None and not (value > 0 and np.isfinite(value)):
            raise MisuseError(f"{name} = {value}; it must be above 0 and finite.")
    if not (inference >= 0 and np.isfinite(inference)):
        raise MisuseError(f"inference_tokens = {inference}; it must be 0 or more.")
    if params is not None and tokens is not None:
        raise MisuseError("fixed_params and fixed_tokens together leave nothing to plan: C = 6 N D. Predict instead.")
    if not 0 < level < 1:
        raise MisuseError(f"level = {level}; it must lie between 0 and 1.")


def _assembled(several, mixed, splits: list[Split], spending, goal, machine, building, held: bool, how, known) -> Plan:
    level, ceiling = how
    first, fit, of_loss = splits[0], several[0].fit, {"level": level, "ceiling": ceiling, "anyway": True}
    if known:
        loss, reach, said = forecast_loss(known, first, level)
    else:
        loss, reach, said = _mixed_loss(mixed, splits, of_loss) if mixed else _loss(several, splits, of_loss)
    misses = [SizeMiss(rate=RATE_OF_FORECAST) if known else SizeMiss() if held else size_miss(one) for one in several]
    each = [partial(size_widened, reach=1.0 if held else reach, rate=one.rate, here=one.here) for one in misses]
    sized = each[0]
    params = sized(_pooled(first.params, [s.params_draws for s in splits], level, mixed))
    check_useful(several, spending.flops, params)
    tokens = sized(_pooled(first.tokens, [s.tokens_draws for s in splits], level, mixed))
    asked = settings(first.params, first.tokens, loss.value if unit_of_loss(fit.columns["L"]) == "nats/token" else None)
    batch, steps = _batch(first, spending, tokens, asked, level)
    valley = _valley(first, spending)
    trained = 6 * first.params * first.tokens
    return Plan(
        law=known.name if known else " and ".join(s.law.name for s in splits),
        columns=dict(fit.columns),
        policy=_policy(spending, first, held),
        flops=spending.flops,
        reach=float(reach),
        params=params,
        tokens=tokens,
        loss_nats=loss,
        batch_tokens=batch,
        steps=steps,
        lr=band(asked, "lr"),
        settings=asked,
        sizes=flat_range(valley) if valley else (),
        alternatives=alternatives(valley) if valley else (),
        shapes=buildable(valley, first.params, fit.columns["N"], building, machine) if valley and building else (),
        epochs=None if spending.unique_tokens is None else first.tokens / spending.unique_tokens,
        cost=machine.cost(trained),
        by_law={
            s.law.name: own(_pooled(s.params, [s.params_draws], level)) for s, own in zip(splits, each, strict=True)
        }
        if len(splits) > 1
        else {},
        warnings=(
            *dict.fromkeys((*said, *(sentence for one in misses for sentence in one.warnings))),
            *_warnings(several, splits, spending, params, held),
            *(goal.doubts(float(reach)) if goal else ()),
        ),
        goal=goal,
    )


def _valley(first: Split, spending: Spending) -> NearOptimum | None:
    """Compute the loss along size; None without a minimum, or for a law of steps, in which the batch matters too."""
    if "S" in first.law.inputs:
        return None
    try:
        return NearOptimum.of(trade(first.law, first.values, spending))
    except LawError:  # the size or the tokens are fixed, and this fit has no optimum
        return None


def _pooled(value: float, drawn: list[np.ndarray], level: float, mixed: Ensemble | None = None) -> Estimate:
    return interval(value, np.concatenate(drawn), level, _weights(drawn, mixed))


def _weights(drawn: list[np.ndarray], mixed: Ensemble | None) -> np.ndarray | None:
    """Give every draw its part of the weight of its law; None where all count the same."""
    if mixed is None:
        return None
    return np.concatenate([np.full(len(d), w / len(d)) for d, w in zip(drawn, mixed.weights, strict=True)])


def _loss(several, splits, how) -> tuple[Estimate, float, tuple[str, ...]]:
    """Predict a new run at the planned size: the value of the first law, the outermost ends of all."""
    asked = [
        (draws, one.at if one is splits[0] or "S" in one.law.inputs else _same_run(one, splits[0]))
        for draws, one in zip(several, splits, strict=True)
    ]
    said = predict_chosen(asked, kind="run", **how)
    found = Estimate(float(said.value), float(said.low), float(said.high), how["level"])
    return found, float(said.reach), said.warnings


def _mixed_loss(mixed: Ensemble, splits, how) -> tuple[Estimate, float, tuple[str, ...]]:
    """Predict a new run at the planned size by the mixture of all laws."""
    at = {letter: value for one in reversed(splits) for letter, value in one.at.items()}
    said = predict_mixture(mixed, at, kind="run", **how)
    return (
        Estimate(float(said.value), float(said.low), float(said.high), how["level"]),
        float(said.reach),
        said.warnings,
    )


def _same_run(one: Split, first: Split) -> dict[str, float]:
    return {letter: first.at.get(letter, value) for letter, value in one.at.items()}


def _batch(first: Split, spending: Spending, tokens: Estimate, asked, level) -> tuple[Estimate | None, Estimate | None]:
    if first.batch and first.steps:
        return _pooled(first.batch[0], [first.batch[1]], level), _pooled(first.steps[0], [first.steps[1]], level)
    if spending.batch_tokens is not None:
        b = spending.batch_tokens
        low, high = (None if end is None else end / b for end in (tokens.low, tokens.high))
        return Estimate(b, b, b, level), Estimate(first.tokens / b, low, high, level)
    laws = band(asked, "batch_tokens")
    if laws is None:
        return None, None
    low, high = (None if end is None else first.tokens / end for end in (laws.high, laws.low))
    return laws, Estimate(first.tokens / laws.value, low, high, laws.level)


def _policy(spending: Spending, first: Split, held: bool) -> str:
    parts = ["size or tokens fixed" if held else "compute-optimal"]
    if spending.unique_tokens is not None:
        parts.append(f"{spending.unique_tokens:.3g} different tokens, {_repeats(first.law)}")
    if spending.inference_tokens:
        parts.append(f"{spending.inference_tokens:.3g} tokens served, as in Sardana et al. 2023")
    parts.append("Kaplan et al. 2020, appendix B" if first.batch else "C = 6 N D")
    return "; ".join(parts)


def _repeats(law: Law) -> str:
    if "U" in law.inputs or law.convention.get("D") == "tokens_unique":
        return "repeats as in the law itself"
    return "repeats as in Muennighoff et al. 2023"


def _warnings(several, splits, spending, params: Estimate, held: bool) -> tuple[str, ...]:
    found = []
    first, fit = splits[0], several[0].fit
    seen = fit.inputs["N"]
    if not held and not seen.min() <= first.params <= seen.max():
        found.append(
            f"the planned size {first.params:.3g} lies outside the sizes fitted, {seen.min():.3g} to {seen.max():.3g}."
        )
    if params.low and params.high and params.high / params.low > 3:
        found.append(
            f"the best size is known to a factor {params.high / params.low:.2g} only; see the sizes within 1% of the "
            "budget, which are all equally good."
        )
    if spending.unique_tokens is not None and first.tokens > 4 * spending.unique_tokens:
        found.append(
            f"{first.tokens / spending.unique_tokens:.2g} passes over the data: beyond about 4 a repeated token is "
            "worth clearly less than a new one."
        )
    best = [s.params for s in splits]
    if max(best) / min(best) > 1.5:
        found.append(
            "the laws disagree on the best size: " + ", ".join(f"{s.law.name} {s.params:.3g}" for s in splits) + "."
        )
    return tuple(found)
