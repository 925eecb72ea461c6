"""The main results of a study, in five sentences at the top of the page."""

from functools import partial
from typing import TYPE_CHECKING

from ..records.numbers_in_text import (
    UNIDENTIFIED,
    abbreviated,
    duration,
    explained,
    number,
    percent,
    plus_minus,
    says_nothing,
    stated,
    typeset,
)
from .attempt import attempt
from .doubts_of_rows import doubts_of_rows
from .fitted import FittedLaw
from .letters import loss_unit_in_words, of_a_table, size_of, sizes_in_words, tokens_of
from .rows_in_fits import runs_present, trunks
from .tested import HeldOutTest, Ranking

if TYPE_CHECKING:
    from .study_results import Recommendation, StudyResults

NEXT = "The audit below says what to do"
NO_PLAN = "no plan: "  # how a note begins that says why there is none
OF_UNITS = ("A3",)  # rules of the audit; if one of them fails, the plan is withheld


def five_sentences(results: "StudyResults") -> tuple[tuple[str, str], ...]:
    """State what was trained on which text, the main law, the result of the prediction, the plan and the limits.

    Doubts about the rows and failed rules of the audit, where there are any, stand before the law.

    Returns:
        pairs of a short heading and a sentence.
    """
    table = of_a_table(results)
    asked = (
        ("Points", read) if table else ("Trained", trained),
        ("Doubts", doubted),
        ("Law", law_found),
        ("Prediction", foretold if table else verdicts),
        ("Plan", lambda results: plan_made(results.plans, results)),
        ("Limits", caveats),
    )
    said = ((heading, attempt(partial(say, results), _unsaid)) for heading, say in asked)
    return tuple((heading, text) for heading, text in said if text)


KINDS = {"lstm": "LSTMs", "universal": "recurrent Transformers", "moe": "mixtures of experts"}  # by family
MOST_WORDS = 3


def _unsaid(why: str) -> str:
    return f"This sentence could not be made: {why}"


def trained(results: "StudyResults") -> str:
    """State what was trained on which text."""
    sizes = _column(results, size_of(results))
    text = results.corpus.get("name", "a text of unknown name")
    if not len(results.points):
        return f"{runs_present(results)}: nothing is trained on {text} yet."
    span = f" of {abbreviated(min(sizes))} to {abbreviated(max(sizes))} {sizes_in_words(results)}" if sizes else ""
    horizons = _column(results, tokens_of(results))
    seen = f", each on {abbreviated(min(horizons))} to {abbreviated(max(horizons))} tokens" if horizons else ""
    took, whole = duration(results.train_seconds), duration(results.wall_seconds)
    spent = f"; training took {took} of run time{_parts_of_time(results)}, the whole study {whole}"
    begun = trunks(results)
    others = f", {begun} of them {'a trunk' if begun == 1 else 'trunks'} that others branch from" if begun else ""
    return f"{runs_present(results)}{others}: {models(results)}{span}{seen} of {text}{spent}."


def models(results: "StudyResults") -> str:
    """Name what was trained: the kind of model of our trainer, or whose models they are."""
    trainer = results.settings.get("trainer")
    if isinstance(trainer, dict):
        return f"models of {trainer.get('name') or _shortened(trainer.get('command', 'another trainer'))}"
    return KINDS.get(results.settings.get("family", ""), "Transformers")


def _shortened(command: str) -> str:
    """The program of a command, without its options, in which a reader looks for no sentence."""
    words = command.split()
    named = [word for word in words if not word.startswith("-") and "{" not in word][:MOST_WORDS]
    return f"`{' '.join(named or words[:1])}`"


def _parts_of_time(results: "StudyResults") -> str:
    """Say in brackets which part of the run time was spent on what is no training of fitted runs."""
    whole = sum(results.spent.values())
    other = {part: seconds for part, seconds in results.spent.items() if part != "training" and whole}
    parts = [f"{seconds / whole:.0%} {part}" for part, seconds in other.items()]
    return f" ({', '.join(parts)})" if parts else ""


def read(results: "StudyResults") -> str:
    """State what was read, and the definition of its N."""
    kept = len(results.points.kept)
    part = "" if kept == len(results.points) else f", {kept:,} of them used in the fits"
    sizes, horizons = _column(results, size_of(results)), _column(results, tokens_of(results))
    span = f", {abbreviated(min(sizes))} to {abbreviated(max(sizes))} {sizes_in_words(results)}" if sizes else ""
    seen = f", {abbreviated(min(horizons))} to {abbreviated(max(horizons))} tokens" if horizons else ""
    counted = f"; N is {size_of(results)} throughout" if sizes else ""
    return f"{runs_present(results)}{part}{span}{seen}{counted}."


def doubted(results: "StudyResults") -> str:
    """State what bears on every number below: rows that take no part, a law that leaves out what varies, failed rules.

    Empty where there is nothing of the kind.
    """
    return " ".join(doubts_of_rows(results, main_fit(results)))


def law_found(results: "StudyResults") -> str:
    """State the main law with its intervals."""
    fit = main_fit(results)
    if fit is None:
        return f"No law is fitted yet ({runs_present(results)})."
    if why := fit.unsound or _units(results):
        return f"Withheld: {why}. {NEXT}."
    known = [f"{name} = {typeset(value)}" for name, value in fit.values.items() if name not in fit.unidentified]
    unknown = [name for name in fit.values if name in fit.unidentified]
    constants = ", ".join([*known, *unknown]) + (f" {UNIDENTIFIED}" if unknown else "")
    levels = {percent(value.level) for value in fit.values.values()}
    return (
        f"{fit.formula} with {constants} ({'/'.join(sorted(levels))} intervals, {fit.interval_method}); "
        f"fitted to {fit.fitted_to}, {explained(fit.r2)}."
    )


def main_fit(results: "StudyResults") -> FittedLaw | None:
    """Choose the law that the record names, else that of the held-out prediction, else the first fitted law."""
    law = results.law or (results.held_out.law if results.held_out else "")
    named = [fit for fit in results.fits if fit.law == law]
    return next(iter([*named, *results.fits]), None)


def verdict(test: HeldOutTest | None, results: "StudyResults | None" = None) -> str:
    """State the prediction for the held-out runs, the measured loss, and whether it is inside the interval."""
    if test is None:
        return "No run was held out, so no prediction was tested."
    at = f"a model of {abbreviated(test.params_nonembedding)} parameters on {abbreviated(test.tokens)} tokens"
    told = (
        f"For {at}, held out from every fit, {_named(test.law)} predicted {typeset(test.predicted)} nats per token "
        f"({percent(test.predicted.level)} interval) at {number(test.reach, 2)} times the largest fitted compute"
    )
    if test.is_late:
        told += ". The prediction was made AFTER its runs were trained, so it is not a test of extrapolation"
    if test.held is None or test.measured_mean is None:
        present = f" ({runs_present(results)})" if results else ""
        return f"{told}; it is not yet trained{present}."
    runs = f"{len(test.measured)} run" + ("s" if len(test.measured) > 1 else "")
    if test.no_news:
        measured = plus_minus(test.measured_mean, test.measured_sem)
        return f"{told}; measured {measured} ({runs}). These runs allow no prediction: {test.no_news}."
    held = "inside the interval" if test.held else "OUTSIDE the interval"
    return f"{told}; measured {plus_minus(test.measured_mean, test.measured_sem)} ({runs}): {held}."


def verdicts(results: "StudyResults") -> str:
    """State the test of the largest held-out size, and those of the smaller ones in short."""
    said = [verdict(results.held_out, results)]
    for test in results.also_held_out:
        at = f"{abbreviated(test.params_nonembedding)} parameters on {abbreviated(test.tokens)} tokens"
        told = f"Also held out: {at}, predicted {typeset(test.predicted)} at {number(test.reach, 2)} times that compute"
        if test.measured_mean is not None:
            inside = "inside" if test.held else "OUTSIDE the interval"
            told += f", measured {plus_minus(test.measured_mean, test.measured_sem)}: {inside}"
        said.append(f"{told}.")
    return " ".join(said)


def _named(law: str) -> str:
    """Name what predicts as the subject of a sentence: a law by its name, the forecast with an article."""
    return f"the {law}" if law.startswith("forecast") else law


def foretold(results: "StudyResults") -> str:
    """State how well the laws predicted the larger runs of a table, and which differ significantly."""
    ranking = results.ranking
    best = next(iter(ranking.able), None) if ranking else None
    if ranking is None or best is None or best.score is None or best.coverage is None:
        return "No law could be tested on larger runs than those of its fit, so no prediction is tested here."
    fit = main_fit(results)
    if why := (fit.unsound if fit else "") or _units(results):
        return f"Withheld: {why}. {NEXT}."
    cuts = f"{len(ranking.cuts)} computes" if len(ranking.cuts) > 1 else "one compute"
    inside = f"and {_inside(best.coverage, ranking)}"
    others = [law for law in ranking.able if law is not best]
    behind = "; ".join(f"{law.law} {100 * law.score:.2g}%" for law in others if law.score is not None)
    tied = f" These runs do not distinguish it from {', '.join(ranking.undecided)}." if ranking.undecided else ""
    return (
        f"{_forecast_foretold(ranking)}Each law was fitted to the runs below {cuts} and predicted "
        f"{ranking.held_runs:,} larger runs: the mean error of {best.law} was {100 * best.score:.2g}% of the loss, "
        f"{inside}{'. Errors of the other laws: ' + behind if behind else ''}.{tied}"
    )


def _inside(coverage: float, ranking: Ranking) -> str:
    return f"{percent(round(coverage, 2))} of them were inside its {percent(ranking.level)} interval"


def _forecast_foretold(ranking: Ranking) -> str:
    """State how the forecast did on the larger runs, before the laws; empty where it was not tested."""
    made = ranking.forecast
    if made is None or made.score is None or made.coverage is None:
        return ""
    return (
        f"The forecast, which takes no law on trust, erred by {100 * made.score:.2g}% on the larger runs, and "
        f"{_inside(made.coverage, ranking)}. "
    )


def plan_made(plans: "tuple[Recommendation, ...]", results: "StudyResults | None" = None) -> str:
    """State what to train with ten times the compute, or with the budget that is nearest to that."""
    table = results is not None and of_a_table(results)
    if not plans:
        if results and (why := why_no_plan(results)):
            return f"Withheld: {why}"
        return "No fitted law can split a budget into N and D." if table else "No plan is made yet."
    unit = loss_unit_in_words(results) if results else "nats per token"
    plan = min(plans, key=lambda p: abs(p.reach - 10.0))
    if results and (why := withheld(plan, results)):
        return f"Withheld: {why}."
    time = f", about {duration(plan.seconds)} on this machine" if plan.seconds else ""
    return (
        f"For {plan.label} (6ND = {number(plan.flops)} FLOPs), by {_named(plan.law)}: N = {typeset(plan.params)} "
        f"parameters on D = {typeset(plan.tokens)} tokens, expected loss {typeset(plan.loss_nats)} {unit}{time}."
    )


def why_no_plan(results: "StudyResults") -> str:
    """Say why no plan was made, from the notes; empty if they do not."""
    return next((note.removeprefix(NO_PLAN) for note in results.notes if note.startswith(NO_PLAN)), "")


def withheld(plan: "Recommendation", results: "StudyResults") -> str:
    """Say why a plan must not be shown; empty if it may be shown."""
    unsound = next((fit.unsound for fit in results.fits if fit.law == plan.law and fit.unsound), "")
    wide = [name for name, value in (("N", plan.params), ("D", plan.tokens)) if says_nothing(value)]
    if unsound:
        return unsound
    if wide:
        return f"the interval of {' and '.join(wide)} extends by more than a factor of 1000 on both sides"
    return _units(results)


def _units(results: "StudyResults") -> str:
    """Say that units disagree, if they do: then no number of the page is a result."""
    units = [f.id for f in results.audit.having("failed", "error") if f.id in OF_UNITS] if results.audit else []
    return f"rule {', '.join(units)} of the audit fails: sizes, tokens and compute are inconsistent" if units else ""


def caveats(results: "StudyResults") -> str:
    """State how far the plan extrapolates, and how much the loss varies between seeds."""
    parts = []
    if results.plans:
        reach = max(plan.reach for plan in results.plans)
        by_law = "" if results.plans[0].law.startswith("forecast") else ", where the law is untested"
        parts.append(f"the plan is for {number(reach, 2)} times the largest fitted compute{by_law}")
    if results.seed_spread:
        spread = results.seed_spread
        parts.append(
            f"the loss varies between seeds by {number(spread.sd_nats, 2)} nats (standard deviation of "
            f"{len(spread.losses)} seeds)"
        )
    if results.true_floor_nats is not None:
        parts.append(f"the true floor of this synthetic text is {stated(results.true_floor_nats, 5)} nats per token")
    whose = "the text and tokenizer of these runs" if of_a_table(results) else "this text, this tokenizer"
    parts.append(f"the constants are valid only for {whose} and this range")
    joined = "; ".join(parts)
    return joined[0].upper() + joined[1:] + "."


def _column(results: "StudyResults", name: str) -> list[float]:
    return results.points[name].tolist() if name in results.points else []
