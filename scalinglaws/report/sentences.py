"""What a study found, in five sentences for the top of the page."""

from ..results import FittedLaw, HeldOutTest, Recommendation, StudyResults
from .numbers import duration, interval, number, percent, plus_minus, short, stated
from .rows import runs_present


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
    if not len(results.points):
        return f"{runs_present(results)}: nothing is trained on {text} yet."
    span = f" of {short(min(sizes))} to {short(max(sizes))} non-embedding parameters" if sizes else ""
    horizons = _column(results, "tokens")
    seen = f", each on {short(min(horizons))} to {short(max(horizons))} tokens" if horizons else ""
    took, whole = duration(results.train_seconds), duration(results.wall_seconds)
    spent = f"; training took {took} of run time, the whole study {whole}"
    return f"{runs_present(results)}: Transformers{span}{seen} of {text}{spent}."


def law_found(results: StudyResults) -> str:
    """Say the main law with its intervals."""
    fit = main_fit(results)
    if fit is None:
        return f"No law is fitted yet ({runs_present(results)})."
    constants = ", ".join(f"{name} = {interval(value)}" for name, value in fit.values.items())
    levels = {percent(value.level) for value in fit.values.values()}
    return (
        f"{fit.formula} with {constants} ({'/'.join(sorted(levels))} intervals, {fit.interval_method}); "
        f"fitted to {fit.n_points} points of {fit.n_runs} runs, R² = {fit.r2:.4f}."
    )


def main_fit(results: StudyResults) -> FittedLaw | None:
    """Choose the law that made the held-out prediction, else the first fitted."""
    named = [fit for fit in results.fits if results.held_out and fit.law == results.held_out.law]
    return next(iter([*named, *results.fits]), None)


def verdict(test: HeldOutTest | None, results: StudyResults | None = None) -> str:
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
    if test.held is None or test.measured_mean is None:
        present = f" ({runs_present(results)})" if results else ""
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
    return (
        f"For {plan.label} (C = {number(plan.flops)} FLOPs): N = {interval(plan.params)} parameters on "
        f"D = {interval(plan.tokens)} tokens, expected loss {interval(plan.loss_nats)} nats per token{time}."
    )


def caveats(results: StudyResults) -> str:
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
    parts.append("the constants hold for this text, this tokenizer and this range, and for no other")
    joined = "; ".join(parts)
    return joined[0].upper() + joined[1:] + "."


def _column(results: StudyResults, name: str) -> list[float]:
    return results.points[name].tolist() if name in results.points else []
