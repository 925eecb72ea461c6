"""What a study found, in five sentences for the top of the page."""

from functools import partial
from typing import TYPE_CHECKING

from ..errors import counted
from .attempt import attempt
from .fitted import FittedLaw
from .letters import loss_unit_in_words, of_a_table, size_of, sizes_in_words, tokens_of
from .numbers import (
    UNIDENTIFIED,
    duration,
    explained,
    interval,
    number,
    percent,
    plus_minus,
    says_nothing,
    short,
    stated,
)
from .rows_in_fits import runs_present
from .tested import HeldOutTest

if TYPE_CHECKING:
    from .study_results import Recommendation, StudyResults

OF_UNITS = ("A3",)  # rules of the audit without which no plan can be read


def five_sentences(results: "StudyResults") -> tuple[tuple[str, str], ...]:
    """Say what was trained on what, the main law, the verdict on the prediction, the plan and the caveats.

    Returns:
        pairs of a short heading and a sentence.
    """
    table = of_a_table(results)
    asked = (
        ("Points", read) if table else ("Trained", trained),
        ("Law", law_found),
        ("Prediction", foretold if table else lambda results: verdict(results.held_out, results)),
        ("Plan", lambda results: plan_made(results.plans, results)),
        ("Reach", caveats),
    )
    return tuple((heading, attempt(partial(say, results), _unsaid)) for heading, say in asked)


def _unsaid(why: str) -> str:
    return f"This sentence could not be made: {why}"


def trained(results: "StudyResults") -> str:
    """Say what was trained on what."""
    sizes = _column(results, size_of(results))
    text = results.corpus.get("name", "a text of unknown name")
    if not len(results.points):
        return f"{runs_present(results)}: nothing is trained on {text} yet."
    span = f" of {short(min(sizes))} to {short(max(sizes))} {sizes_in_words(results)}" if sizes else ""
    horizons = _column(results, tokens_of(results))
    seen = f", each on {short(min(horizons))} to {short(max(horizons))} tokens" if horizons else ""
    took, whole = duration(results.train_seconds), duration(results.wall_seconds)
    spent = f"; training took {took} of run time, the whole study {whole}"
    return f"{runs_present(results)}: Transformers{span}{seen} of {text}{spent}."


def read(results: "StudyResults") -> str:
    """Say what was read, and what its N counts."""
    kept = len(results.points.kept)
    part = "" if kept == len(results.points) else f", {kept:,} of them in the fits"
    sizes, horizons = _column(results, size_of(results)), _column(results, tokens_of(results))
    span = f", {short(min(sizes))} to {short(max(sizes))} {sizes_in_words(results)}" if sizes else ""
    seen = f", {short(min(horizons))} to {short(max(horizons))} tokens" if horizons else ""
    counted = f"; N is {size_of(results)} throughout" if sizes else ""
    return f"{runs_present(results)}{part}{span}{seen}{counted}."


def law_found(results: "StudyResults") -> str:
    """Say the main law with its intervals."""
    fit = main_fit(results)
    if fit is None:
        return f"No law is fitted yet ({runs_present(results)})."
    shown = {name: UNIDENTIFIED if name in fit.unidentified else interval(v) for name, v in fit.values.items()}
    constants = ", ".join(f"{name} = {text}" for name, text in shown.items())
    levels = {percent(value.level) for value in fit.values.values()}
    return (
        f"{fit.formula} with {constants} ({'/'.join(sorted(levels))} intervals, {fit.interval_method}); "
        f"fitted to {counted(fit.n_points, 'point')} of {counted(fit.n_runs, 'run')}, {explained(fit.r2)}."
    )


def main_fit(results: "StudyResults") -> FittedLaw | None:
    """Choose the law that the record names, else the one of the held-out prediction, else the first fitted."""
    law = results.law or (results.held_out.law if results.held_out else "")
    named = [fit for fit in results.fits if fit.law == law]
    return next(iter([*named, *results.fits]), None)


def verdict(test: HeldOutTest | None, results: "StudyResults | None" = None) -> str:
    """Say what was predicted for the held-out runs, what was measured and whether the interval held."""
    if test is None:
        return "No run was held out, so no prediction was tested."
    at = f"a model of {short(test.params_nonembedding)} parameters on {short(test.tokens)} tokens"
    told = (
        f"For {at} that no fit saw, {test.law} predicted {interval(test.predicted)} nats per token "
        f"({percent(test.predicted.level)} interval) at {number(test.reach, 2)} times the largest compute fitted"
    )
    if test.calibration != 1.0:
        told += f", the interval widened {number(test.calibration)} times after the law's trial on smaller sizes"
    if test.is_late:
        told += ". It was made AFTER its runs were trained, so that it tests no foresight"
    if test.held is None or test.measured_mean is None:
        present = f" ({runs_present(results)})" if results else ""
        return f"{told}; it is not yet trained{present}."
    runs = f"{len(test.measured)} run" + ("s" if len(test.measured) > 1 else "")
    if test.no_news:
        measured = plus_minus(test.measured_mean, test.measured_sem)
        return f"{told}; measured {measured} ({runs}). These runs do not predict: {test.no_news}."
    held = "the interval held" if test.held else "the interval did NOT hold"
    return f"{told}; measured {plus_minus(test.measured_mean, test.measured_sem)} ({runs}): {held}."


def foretold(results: "StudyResults") -> str:
    """Say how the laws foretold the larger runs of a table, and which can be told apart."""
    ranking = results.ranking
    best = next(iter(ranking.able), None) if ranking else None
    if best is None:
        return "No law could be tried on larger runs than it was fitted to: no prediction is tested here."
    cuts = f"{len(ranking.cuts)} computes" if len(ranking.cuts) > 1 else "one compute"
    inside = f"{percent(round(best.coverage, 2))} of them inside its {percent(ranking.level)} interval"
    widened = "" if best.factor == 1 else f", which would have held if widened {number(best.factor)} times"
    others = [law for law in ranking.able if law is not best]
    behind = "; ".join(f"{law.law} {100 * law.score:.2g}%" for law in others)
    tied = f" Not to be told from it on these runs: {', '.join(ranking.undecided)}." if ranking.undecided else ""
    return (
        f"Fitted below {cuts} and asked about {ranking.held_runs:,} larger runs, {best.law} was off by "
        f"{100 * best.score:.2g}% of the loss on average, {inside}{widened}"
        f"{'; ' + behind if behind else ''}.{tied}"
    )


def plan_made(plans: "tuple[Recommendation, ...]", results: "StudyResults | None" = None) -> str:
    """Say what to train with ten times the compute, or with the first budget planned."""
    table = results is not None and of_a_table(results)
    if not plans:
        return "No law here can split a budget." if table else "No plan is made yet."
    unit = loss_unit_in_words(results) if results else "nats per token"
    plan = min(plans, key=lambda p: abs(p.reach - 10.0))
    if results and (why := withheld(plan, results)):
        return f"Withheld: {why}."
    time = f", about {duration(plan.seconds)} on this machine" if plan.seconds else ""
    return (
        f"For {plan.label} (C = {number(plan.flops)} FLOPs): N = {interval(plan.params)} parameters on "
        f"D = {interval(plan.tokens)} tokens, expected loss {interval(plan.loss_nats)} {unit}{time}."
    )


def withheld(plan: "Recommendation", results: "StudyResults") -> str:
    """Say why a plan is no answer; empty where it is one."""
    unsound = next((fit.unsound for fit in results.fits if fit.law == plan.law and fit.unsound), "")
    wide = [name for name, value in (("N", plan.params), ("D", plan.tokens)) if says_nothing(value)]
    units = [f.id for f in results.audit.having("failed", "error") if f.id in OF_UNITS] if results.audit else []
    if unsound:
        return unsound
    if wide:
        return f"the interval of {' and '.join(wide)} reaches over a thousand times to both sides"
    return f"the audit's {', '.join(units)} fails: sizes, tokens and compute do not agree" if units else ""


def caveats(results: "StudyResults") -> str:
    """Say how far the numbers reach and how much a seed moves them."""
    parts = []
    if results.plans:
        reach = max(plan.reach for plan in results.plans)
        parts.append(
            f"the plan reaches {number(reach, 2)} times beyond the largest compute fitted, where the law is untested"
        )
    if results.seed_spread:
        spread = results.seed_spread
        parts.append(
            f"another seed moves the loss by {number(spread.sd_nats, 2)} nats (sd of {len(spread.losses)} seeds)"
        )
    if results.true_floor_nats is not None:
        parts.append(f"the true floor of this synthetic text is {stated(results.true_floor_nats, 5)} nats per token")
    whose = "the text and tokenizer of these runs" if of_a_table(results) else "this text, this tokenizer"
    parts.append(f"the constants hold for {whose} and this range, and for no other")
    joined = "; ".join(parts)
    return joined[0].upper() + joined[1:] + "."


def _column(results: "StudyResults", name: str) -> list[float]:
    return results.points[name].tolist() if name in results.points else []
