"""What a study found, in words: five sentences for the top of the page, and a caption for every figure."""

from ..results import FittedLaw, HeldOutTest, Recommendation, StudyResults
from . import marks
from .numbers import count, duration, interval, number, percent, plus_minus, short


def five_sentences(results: StudyResults) -> tuple[tuple[str, str], ...]:
    """Say what was trained on what, the main law, the verdict on the prediction, the plan and the caveats.

    Returns:
        pairs of a short heading and a sentence.
    """
    return (
        ("Trained", trained(results)),
        ("Law", law_found(results)),
        ("Prediction", verdict(results.held_out, results)),
        ("Plan", plan_made(results.plans)),
        ("Reach", caveats(results)),
    )


def trained(results: StudyResults) -> str:
    """Say what was trained on what."""
    sizes = _column(results, "params_nonembedding")
    text = results.corpus.get("name", "a text of unknown name")
    span = f" of {short(min(sizes))} to {short(max(sizes))} non-embedding parameters" if sizes else ""
    horizons = _column(results, "tokens")
    seen = f", each on {short(min(horizons))} to {short(max(horizons))} tokens" if horizons else ""
    spent = f"; training took {duration(results.train_seconds)}, the study {duration(results.wall_seconds)}"
    return f"{marks.runs_present(results)}: Transformers{span}{seen} of {text}{spent}."


def law_found(results: StudyResults) -> str:
    """Say the main law with its intervals."""
    fit = main_fit(results)
    if fit is None:
        return f"No law is fitted yet ({marks.runs_present(results)})."
    constants = ", ".join(f"{name} = {interval(value)}" for name, value in fit.values.items())
    levels = {percent(value.level) for value in fit.values.values()}
    return (f"{fit.formula} with {constants} ({'/'.join(sorted(levels))} intervals, {fit.interval_method}); "
            f"fitted to {fit.n_points} points of {fit.n_runs} runs, R² = {fit.r2:.4f}.")  # fmt: skip


def main_fit(results: StudyResults) -> FittedLaw | None:
    """Choose the law that made the held-out prediction, else the first fitted."""
    named = [fit for fit in results.fits if results.held_out and fit.law == results.held_out.law]
    return next(iter([*named, *results.fits]), None)


def verdict(test: HeldOutTest | None, results: StudyResults | None = None) -> str:
    """Say what was predicted for the held-out runs, what was measured and whether the interval held."""
    if test is None:
        return "No run was held out, so no prediction was tested."
    at = f"a model of {short(test.params_nonembedding)} parameters on {short(test.tokens)} tokens"
    told = (f"For {at} that no fit saw, {test.law} predicted {interval(test.predicted)} nats per token "
            f"({percent(test.predicted.level)} interval) at {number(test.reach, 2)} times the largest compute fitted")  # fmt: skip
    if test.held is None or test.measured_mean is None:
        present = f" ({marks.runs_present(results)})" if results else ""
        return f"{told}; it is not yet trained{present}."
    runs = f"{len(test.measured)} run" + ("s" if len(test.measured) > 1 else "")
    held = "the interval held" if test.held else "the interval did NOT hold"
    return f"{told}; measured {plus_minus(test.measured_mean, test.measured_sem)} ({runs}): {held}."


def plan_made(plans: tuple[Recommendation, ...]) -> str:
    """Say what to train with ten times the compute, or with the first budget planned."""
    if not plans:
        return "No plan is made yet."
    plan = min(plans, key=lambda p: abs(p.reach - 10.0))
    time = f", about {duration(plan.seconds)} on this machine" if plan.seconds else ""
    return (f"For {plan.label} (C = {number(plan.flops)} FLOPs): N = {interval(plan.params)} parameters on "
            f"D = {interval(plan.tokens)} tokens, expected loss {interval(plan.loss_nats)} nats per token{time}.")  # fmt: skip


def caveats(results: StudyResults) -> str:
    """Say how far the numbers reach and how much a seed moves them."""
    parts = []
    if results.plans:
        reach = max(plan.reach for plan in results.plans)
        parts.append(f"the plan reaches {number(reach, 2)} times beyond the largest compute fitted, where the law is untested")
    if results.seed_spread:
        spread = results.seed_spread
        parts.append(f"another seed moves the loss by {number(spread.sd_nats, 2)} nats (sd of {len(spread.losses)} seeds)")
    if results.true_floor_nats is not None:
        parts.append(f"the true floor of this synthetic text is {number(results.true_floor_nats, 4)} nats per token")
    parts.append("the constants hold for this text, this tokenizer and this range, and for no other")
    joined = "; ".join(parts)
    return joined[0].upper() + joined[1:] + "."


def caption_laws(results: StudyResults) -> str:
    """Describe figure 1."""
    drawn = _drawn(results)
    return (f"Test loss against training compute with learning curves and frontier (a), training tokens (b) and model size (c). "
            f"{drawn} Filled points are those the panel's line was fitted to; bands are intervals of the fitted line; "
            f"dashed parts are extrapolated.{_floor(results)}")  # fmt: skip


def caption_curves(results: StudyResults) -> str:
    """Describe figure 2."""
    return (f"Held-out loss along {len(results.curves)} runs, against tokens processed (a) and training compute (b), coloured by "
            f"model size. {_present(results)}{_floor(results)}")  # fmt: skip


def caption_joint(results: StudyResults) -> str:
    """Describe figure 3."""
    fit = next((f for f in results.fits for band in results.bands.get("L(N,D)", ()) if f.law == band.law), None)
    law = f" Lines: {fit.formula} fitted to {fit.n_points} points of {fit.n_runs} runs ({fit.loss})." if fit else ""
    return f"Final test loss against training tokens, one line and colour a model size.{law} {_drawn(results)}{_floor(results)}"


def caption_frontier(results: StudyResults) -> str:
    """Describe figure 4."""
    found = results.frontier
    if found is None:
        return f"The compute-optimal size and tokens: {marks.runs_present(results)}, no frontier yet."
    bounds = sum(found.censored)
    exponents = ", ".join(f"{words} exponent {interval(estimate)}" for words, estimate in (
        ("size", found.params_exponent), ("token", found.tokens_exponent), ("loss", found.loss_exponent)) if estimate)  # fmt: skip
    return (f"Compute-optimal size (a) and tokens (b) against compute, by {found.method}: {len(found.flops)} budgets, of which "
            f"{bounds} are hollow because the best model there was the smallest or largest present. {exponents}. {_present(results)}")  # fmt: skip


def caption_held_out(results: StudyResults) -> str:
    """Describe figure 5."""
    return f"The prediction and its test. {verdict(results.held_out, results)}"


def caption_residuals(results: StudyResults) -> str:
    """Describe figure 6."""
    fit = main_fit(results)
    left = f", root mean square {100 * fit.rms_log:.2f}%" if fit else ""
    return (f"What the main law leaves over, against model size (a) and tokens (b){left}; error bars are the standard error of the "
            f"finite test set. {_present(results)}")  # fmt: skip


def _drawn(results: StudyResults) -> str:
    total, excluded = len(results.points), marks.excluded_rows(results)
    reasons = ", ".join(f"{reason} (n = {int(rows.sum())})" for reason, rows in excluded.items())
    hollow = f"; hollow and in no fit: {reasons}" if reasons else ""
    held = int(marks.held_out_rows(results).sum())
    stars = f"; stars: held out (n = {held})" if held else ""
    return f"{count(total)} points, {marks.runs_present(results)}{hollow}{stars}."


def _present(results: StudyResults) -> str:
    words = marks.runs_present(results)
    return f"{words[0].upper()}{words[1:]}."


def _floor(results: StudyResults) -> str:
    if results.true_floor_nats is None:
        return ""
    return f" The dotted line is the exact entropy of the source, {number(results.true_floor_nats, 4)} nats per token."


def _column(results: StudyResults, name: str) -> list[float]:
    return results.points[name].tolist() if name in results.points else []
