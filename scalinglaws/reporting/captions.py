"""The caption of every figure: what is seen, of how many runs, and what was left out."""

from ..errors import counted
from ..results.study_results import StudyResults
from .letters import of_a_table, size_of
from .numbers import interval, stated
from .rows_in_fits import excluded_rows, held_out_rows, runs_present, why_hollow
from .sentences import main_fit, verdict


def caption_laws(results: StudyResults) -> str:
    """Describe figure 1."""
    if not len(results.points):
        return _nothing(results)
    drawn, table = _drawn(results), of_a_table(results)
    loss = "Loss" if table else "Test loss"
    seen = [w for w, here in (("learning curves", results.curves), ("frontier", results.frontier)) if here or not table]
    along = f" with {' and '.join(seen)}" if seen else ""
    return (
        f"{loss} against training compute{along} (a), training tokens (b) and model size (c). {drawn} "
        f"Where a line was fitted, filled points are those it was fitted to; bands are intervals of the fitted line; "
        f"dashed parts are extrapolated.{_floor(results)}"
    )


def caption_curves(results: StudyResults) -> str:
    """Describe figure 2."""
    if not results.curves:
        return _nothing(results)
    return (
        f"Held-out loss along {len(results.curves)} runs, against tokens processed (a) and training compute (b), "
        f"coloured by model size. {_present(results)}{_floor(results)}"
    )


def caption_joint(results: StudyResults) -> str:
    """Describe figure 3."""
    if not len(results.points):
        return _nothing(results)
    laws = dict.fromkeys(band.law for band in results.bands.get("L(N,D)", ()))
    fits = [next((fit for fit in results.fits if fit.law == law), None) for law in laws]
    told = "; ".join(
        f"{fit.formula} fitted to {counted(fit.n_points, 'point')} of {counted(fit.n_runs, 'run')}"
        for fit in fits
        if fit
    )
    law = f" Lines: {told}." if told else ""
    drawn = _drawn(results)
    every = {band.colour_value for band in results.bands.get("L(N,D)", ())}
    sizes = len({*results.points[size_of(results)].tolist()}) if size_of(results) in results.points else 0
    some = f", {len(every)} of {sizes:,} sizes," if every and len(every) < sizes else ""
    what = "Loss" if of_a_table(results) else "Final test loss"
    return f"{what} against training tokens, one line{some} and colour a model size.{law} {drawn}{_floor(results)}"


def caption_frontier(results: StudyResults) -> str:
    """Describe figure 4."""
    found = results.frontier
    if found is None:
        return _nothing(results)
    hollow = f"hollow and in no exponent: {why_hollow(found)}" if any(found.censored) else "all in the exponents"
    method = "the envelope of the curves" if found.method == "envelope" else found.method
    exponents = ", ".join(
        f"{words} {interval(estimate)}"
        for words, estimate in (
            ("size", found.params_exponent),
            ("tokens", found.tokens_exponent),
            ("loss", found.loss_exponent),
        )
        if estimate
    )
    shown = f"Exponents: {exponents}. " if exponents else ""
    return (
        f"Compute-optimal size (a) and tokens (b) against compute, by {method}: {len(found.flops)} budgets, "
        f"{hollow}. "
        f"{shown}{_present(results)}"
    )


def caption_held_out(results: StudyResults) -> str:
    """Describe figure 5."""
    return f"The prediction and its test. {verdict(results.held_out, results)}"


def caption_residuals(results: StudyResults) -> str:
    """Describe figure 6."""
    fit = main_fit(results)
    known = "loss_nats_sem" in results.points
    bars = "; error bars: standard error of the finite test set" if known else ""
    left = f", rms {100 * fit.rms_log:.2f}%" if fit else ""
    return (
        f"What {fit.law if fit else 'the main law'} leaves over against model size (a) and tokens (b){left}"
        f"{bars}. {_present(results)}"
    )


def _drawn(results: StudyResults) -> str:
    total, excluded = len(results.points), excluded_rows(results)
    reasons = ", ".join(f"{reason} (n = {int(rows.sum())})" for reason, rows in excluded.items())
    hollow = f"; hollow and in no fit: {reasons}" if reasons else ""
    held = int(held_out_rows(results).sum())
    stars = f"; stars: held out (n = {held})" if held else ""
    whole = runs_present(results) if of_a_table(results) else f"{counted(total, 'point')}, {runs_present(results)}"
    return f"{whole}{hollow}{stars}."


def _nothing(results: StudyResults) -> str:
    return f"Nothing can be drawn yet: {runs_present(results)}."


def _present(results: StudyResults) -> str:
    words = runs_present(results)
    return f"{words[0].upper()}{words[1:]}."


def _floor(results: StudyResults) -> str:
    if results.true_floor_nats is None:
        return ""
    return f" The dotted line is the exact entropy of the source, {stated(results.true_floor_nats, 5)} nats per token."
