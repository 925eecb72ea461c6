"""Group E: forecasts and advice: made before their runs, with intervals that are wide enough and with their cost."""

from collections.abc import Sequence

import numpy as np

from ..errors import argument
from ..fitting.fit_record import Fit
from ..laws import LAWS, law
from ..predicting.form_error import form_error
from ..predicting.noise import replicate_noise, run_noise
from ..predicting.predict import reach_of
from ..records.numbers_in_text import between, interval
from ..results.fitted import Estimate
from ..results.study_results import Recommendation
from ..uncertainty.draws import draws
from .bakeoff import bake_off, far_point
from .default_forecast import forecaster_of, is_forecast, mean_and_sd
from .evidence import FEW_DRAWS, SURFACE, Evidence, Lacking
from .grid import parts, rows_of_parts
from .rule import Judgement, by_interval, either, fails, holds, rule
from .scatter import LEAST, VarianceComponent, degrees_of, root_of_sum

TWO_SIDED = 1.96  # standard deviations of a normal 95% interval
NARROW = 1.5  # how many times narrower an interval may be than the one made from its parts
ALIKE = 1.5  # error over the lowest one, up to which forms count as equally good
CHECKLIST = {  # what a reader needs to make a study again -> columns, any of which records it
    "count of N": ("params_total", "params_nonembedding", "params_with_head", "params_active"),
    "count of C": ("flops", "flops_6nd", "flops_exact", "flops_6nd_total", "flops_6nd_with_head"),
    "architecture": ("n_layer",),
    "width": ("d_model",),
    "context": ("n_ctx",),
    "vocabulary": ("n_vocab", "tokenizer"),
    "data": ("train_set", "tokens_unique", "epochs"),
    "evaluation": ("loss_split", "loss_nats_sem"),
    "rate": ("lr",),
    "batch": ("batch_tokens",),
    "schedule": ("lr_schedule", "warmup_steps", "warmup_share"),
    "optimizer": ("optimizer", "weight_decay", "beta2"),
    "runs": ("run_id",),
    "seeds": ("seed",),
}


@rule(
    "E1",
    "error",
    "The forecast was written down before its runs",
    "The forecast was not written down before its runs",
    prevents="a forecast that is made with hindsight",
    size="a project that published its forecasts before its runs saw one recipe fail in public",
    source="Delphi 2026",
    do="Hold sizes out (hold_out in a study): the prediction is saved with date and hash before they are trained.",
)
def written_before(e: Evidence) -> Judgement:
    """Look for a saved prediction with date, interval and the hash of its points, none of which is a held-out run.
    Compare its date with the start of its runs, and say whether the interval held. All of these are facts.
    """
    test = e.held_out
    if test is None:
        raise Lacking("a saved prediction (hold_out in a study)")
    p = test.predicted
    if not test.predicted_at or not test.fingerprint or p.low is None or p.high is None:
        return fails("a prediction without its date, its interval or the hash of its points")
    if e.has("run_id"):
        inside = sorted(set(test.run_ids) & set(e.kept["run_id"].tolist()))
        if inside:
            return fails(f"the held-out runs {', '.join(inside)} take part in the fit")
    if test.is_late:
        began = f"began {test.runs_started}" if test.runs_started else "were there already"
        return fails(f"written {test.predicted_at}, after its runs: they {began}")
    if test.measured and not test.runs_started:
        raise Lacking("when the held-out runs began (runs of earlier releases do not say)")
    first = f"before its runs began {test.runs_started}, " if test.runs_started else ""
    scored = {True: "it held", False: "it did not hold", None: "its runs have no loss yet"}[test.held]
    if test.no_news:  # an interval that could not fail has held nothing
        scored = f"it says nothing: {test.no_news}"
    return holds(
        f"{interval(p, '.4f')} at N = {test.params_nonembedding:.3g}, written {test.predicted_at} "
        f"{first}from points {test.fingerprint}; {scored}"
    )


@rule(
    "E2",
    "error",
    "A forecast's interval includes the uncertainty of parameters, form, choice of runs, seeds and evaluation",
    "A forecast's interval is narrower than the uncertainty of parameters, form, choice of runs, seeds and evaluation",
    prevents="overconfidence",
    size="windows of compute move a by 0.31 where the standard error is 0.02; the form of the law moves the error of a "
    "distant forecast from 0.70% to 5.17%",
    source="Besiroglu et al. 2024, recomputed; Skaling 2026",
    do="Predict without naming a law: the default forecast includes all of them.",
)
def wide_forecast(e: Evidence) -> Judgement:
    """At the target of the forecast add the variances of ln L: of the draws, the good forms (or the usual error of a
    form at that distance, if larger), the fits to parts of the table, seeds or rows about the law, and the evaluation.
    The quoted interval may be 1.5 times narrower than theirs: the ratio is judged by its interval, from the degrees of
    freedom of each part. Of the default forecast its own posterior and the forecasts from parts of the table are taken,
    for the additive law takes no part in it, and its process in place of the usual error of a form.
    """
    member, at, quoted = _quoted(e)
    parts_of_it = _parts_of_doubt(e, member, at)
    made = root_of_sum(parts_of_it.values(), e.level)
    times, least, most = (TWO_SIDED * sd / max(quoted, LEAST) for sd in (made.value, *made.ends))
    narrower = Estimate(times, least, most, e.level)
    each = ", ".join(f"{name} {part.sd:.2%}" for name, part in parts_of_it.items())
    told = (
        f"half-width quoted {quoted:.2%}; by its parts {TWO_SIDED * made.value:.2%}: {each} (sd): "
        f"{interval(narrower, '.2f')} times as wide"
    )
    return by_interval(narrower, told, high=NARROW)


def _quoted(e: Evidence) -> tuple[str, dict[str, float], float]:
    """Give the law that made the forecast, its target, and the half-width of its interval in ln L."""
    for test in [e.held_out] if e.held_out is not None else []:
        at, said = {"N": test.params_nonembedding, "D": test.tokens}, test.predicted
        if said.low and said.high and e.size_name == "params_nonembedding":
            return test.law, at, float(np.log(said.high / said.low) / 2)
    for plan in e.plans:
        said = plan.loss_nats
        if said.low and said.high:
            at = {"N": plan.params.value, "D": plan.tokens.value}
            return plan.law, at, float(np.log(said.high / said.low) / 2)
    raise Lacking("a forecast of a loss with its interval (a study's prediction or plan)")


def _parts_of_doubt(e: Evidence, member: str, at: dict[str, float]) -> dict[str, VarianceComponent]:
    if is_forecast(member):
        return _parts_of_forecast(e, at)
    value, degrees = float(e.fit.evaluate(**at)), degrees_of(e.fit)
    drawn = draws(e.fitted(law=member if member in LAWS else SURFACE), draws=FEW_DRAWS, seed=e.seed)
    low, high = np.quantile(np.log(drawn.evaluate(**at)), [0.16, 0.84])
    found = {"parameters": VarianceComponent(float(high - low) / 2, degrees)}
    found["support"] = _spread([float(np.log(part.evaluate(**at) / value)) for part in e.once("parts", parts).values()])
    forms = e.once("forms", bake_off)
    form = _spread([float(np.log(one.at(at))) for one in forms if one.error <= ALIKE * forms[0].error])
    found["form"] = max(form, VarianceComponent(_usual(e.fit, at)), key=lambda part: part.sd)
    found["seeds and rows"] = VarianceComponent(max(run_noise(e.fit), replicate_noise(e.fit)), degrees)
    if e.has("loss_nats_sem"):
        found["evaluation"] = VarianceComponent(float(np.median(e.kept["loss_nats_sem"] / e.loss)))
    return found


def _parts_of_forecast(e: Evidence, at: dict[str, float]) -> dict[str, VarianceComponent]:
    known = e.once("forecaster", forecaster_of)
    mean, sd = mean_and_sd(known, at)
    moved = [mean_and_sd(forecaster_of(e, rows), at)[0] - mean for rows in rows_of_parts(e).values()]
    forms = e.once("forms", bake_off)
    good = [float(np.log(one.at(at))) for one in forms if one.error <= ALIKE * forms[0].error]
    return {
        "posterior": VarianceComponent(sd),
        "support": _spread(moved),
        "good forms": _spread(good),
        "seeds and rows": VarianceComponent(known.posterior.noise, degrees_of(e.fit)),
    }


def _usual(fit: Fit, at: dict[str, float]) -> float:
    """Give the standard deviation of ln L by which a law's form is wrong at a target, on public tables."""
    flat = {letter: np.array([value]) for letter, value in at.items() if letter in fit.law.inputs}
    return float(form_error(fit, flat, reach_of(fit, flat)[0])[0])


def _spread(logs: Sequence[float]) -> VarianceComponent:
    """Give the standard deviation of a few forecasts; 0 of fewer than two."""
    many = len(logs)
    return (
        VarianceComponent(float(np.std(logs)), many - 1.0, many / (many - 1.0)) if many > 1 else VarianceComponent(0.0)
    )


@rule(
    "E3",
    "error",
    "Advice on sizes comes with what a wrong size costs",
    "Advice on sizes comes without what a wrong size costs",
    prevents="false precision",
    size="parabolas gave 58-75% too many tokens at 3.8e25 FLOPs, which wastes 6-10% of the budget or 1.3 to 2.2 "
    "million dollars",
    source="Open-Athena 2026",
    do="Quote N* with its interval, and the sizes that raise the loss by less than 1% (plan prints both).",
)
def regret_shown(e: Evidence) -> Judgement:
    """Look for an interval of N* and for alternatives in every plan, which are facts, and compute what the ends of the
    interval would cost in loss and in compute.
    """
    if not e.plans:
        raise Lacking("a plan")
    bare = [plan.label for plan in e.plans if plan.params.low is None or not plan.alternatives]
    told = "; ".join(_regret(e, plan) for plan in e.plans if plan.params.low is not None)
    return either(not bare, told + (f"; without interval or alternatives: {', '.join(bare)}" if bare else ""))


def _regret(e: Evidence, plan: Recommendation) -> str:
    low, high = plan.params.ends
    sizes = np.array([plan.params.value, low, high])
    losses = e.fit.evaluate(N=sizes, D=plan.flops / 6 / sizes)
    values = e.fit.values
    gamma = values["alpha"] * values["beta"] / (values["alpha"] + values["beta"])
    worst = max(float(losses[1:].max() - losses[0]), 0.0)
    compute = worst / (gamma * max(float(losses[0]) - values["E"], 1e-12))
    return f"N* = {sizes[0]:.3g} {between(low, high, '.3g')}: its ends cost {worst:.3g} nats, {compute:.1%} of C"


@rule(
    "E4",
    "warning",
    "No published constants are used outside the range that they were fitted to",
    "Published constants are used outside the range that they were fitted to",
    prevents="constants that do not hold for other data, recipes or sizes",
    size="data and recipe change the constants; laws that are used far beyond their range differ by a factor 3 to 8 in "
    "N*",
    source="Hestness et al. 2017; McLeish et al. 2025",
    do="Take at most the exponents of others, with an interval, and fit the amplitudes to your own runs.",
)
def inside_the_box(e: Evidence) -> Judgement:
    """Where a published law is named, compare the target with the ranges that its constants were fitted to. A study
    whose plans come from its own fits passes. Both are facts, without intervals.
    """
    if not e.borrowed:
        if e.plans:
            return holds(
                f"no published constants are used: the plans come from {e.plans[0].law} fitted to {len(e.kept)} rows"
            )
        raise Lacking(f"the published law whose constants are used, {argument(borrowed='chinchilla')}, and a target")
    member, at = law(e.borrowed), far_point(e)
    known = {letter: value for letter, value in (at | {"C": 6 * at["N"] * at["D"]}).items() if letter in member.inputs}
    if not member.domain or set(known) != set(member.inputs):
        raise Lacking(f"a law of N, D or C with a domain; {e.borrowed} takes {', '.join(member.inputs)}")
    outside = member.outside(**known)
    where = ", ".join(f"{letter} = {value:.3g}" for letter, value in known.items())
    return either(not outside, f"{e.borrowed} at {where}: {'; '.join(outside) or 'inside its range'}")


@rule(
    "E11",
    "info",
    "All items that a reader needs to make the fit again are recorded",
    "Some items that a reader needs to make the fit again are not recorded",
    prevents="a study that nobody can make again",
    size="45 of more than 50 surveyed papers fit power laws, and over half of them leave out what a refit needs",
    source="(Mis)Fitting, Li et al. 2025",
    do="Add the columns named.",
)
def checklist(e: Evidence) -> Judgement:
    """List which of these a table does not record: counts, architecture, data, evaluation, hyper-parameters, runs and
    seeds.
    """
    missing = [item for item, names in CHECKLIST.items() if not any(e.has(name) for name in names)]
    told = f"{len(CHECKLIST) - len(missing)} of {len(CHECKLIST)} items are recorded"
    return either(not missing, told + (f"; missing: {', '.join(missing)}" if missing else ""))


RULES = (written_before, wide_forecast, regret_shown, inside_the_box, checklist)
