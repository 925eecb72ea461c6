"""Group A: definitions and accounting: what N, C, D and the loss count, and whether the numbers agree with it."""

from dataclasses import replace

import numpy as np

from ..errors import FitError, PointsError, argument, counted
from ..fitting.fit_record import Fit
from ..fitting.problem import residuals
from ..laws import law
from ..points.convert import reachable
from ..points.one_definition import choice, mixtures
from ..quantities import PF_DAY, playing
from ..records.numbers_in_text import interval
from ..results.attempt import attempt
from .chosen_sizes import sizes_chosen
from .evidence import Evidence, Lacking, levels, split_exponent
from .exponents_compared import range_of_fits
from .rule import Judgement, by_interval, either, fails, holds, rule, unknown
from .scatter import in_units_of, robust_scatter

BAND = 0.05  # of the exponent a: beyond it another model is chosen within two decades of compute
SAME_MODEL = 100**BAND  # factor between the sizes that two counts choose, up to which they choose the same model
TILT = 0.05  # of compute, by which 6ND may be off
UNIT = 3.0  # factor between C and 6ND that no way of counting the same model explains
REPEATS_WORTH = 15.387756  # R_D*: how the worth of repeated tokens decays (Muennighoff et al. 2023)
STALE = 0.05  # by which repeated tokens may be worth less than counted
PRECISE = 0.05  # of the noise: what rounding constants may change
ROUNDING = 1e-9  # of the loss: a smaller difference is none
SHAPE = ("n_layer", "d_model", "n_ctx", "n_vocab")


@rule(
    "A1",
    "error",
    "The fitted exponent does not depend on how parameters are counted, and the count is named",
    "The fitted exponent depends on how parameters are counted, or the count is not named",
    prevents="an exponent that is decided by bookkeeping",
    size="the same runs give a = 0.835 without the output head and 0.706 with it; three counts give 0.54, 0.37 and "
    "0.70 in one study; another has 0.74-0.78 where the count of all parameters gives 0.51",
    source="Porian et al. 2024; nanochat 2026; Pearce & Song 2024",
    do="Record n_layer, d_model, n_ctx and n_vocab, and quote the exponent with the count that it belongs to.",
)
def named_count(e: Evidence) -> Judgement:
    """Look for a column that says which parameters it counts, refit the additive law under every count that the table
    allows, and judge the largest difference between the exponents a = beta/(alpha + beta) by its interval. Where they
    differ, find the size that each count chooses at ten times the compute of the largest run: a failure is an error
    where these differ by more than a factor 1.26, and a warning where all counts choose the same model.
    """
    try:
        named = e.size_name
    except Lacking:
        return fails(
            f"no column says which parameters it counts ({', '.join(playing('params')[:4])}); "
            f"the table has {', '.join(sorted(e.points.columns))}"
        )
    found: dict[str, Fit] = {}
    for name in reachable(e.known, "params"):
        try:
            found[name] = _under(e, name)
        except (FitError, PointsError):
            continue
    if len(found) < 2:
        return unknown(f"n_layer, d_model, n_vocab or a second count of parameters beside {named}")
    apart = range_of_fits(list(found.values()), e.level, e.seed)
    each = ", ".join(f"{split_exponent(one.values):.3f} by {name}" for name, one in found.items())
    told = f"the study counts {named}; a is {each}: a range of {interval(apart, '.3f')}"
    chosen = attempt(lambda: sizes_chosen(e, found), lambda why: {})
    if not chosen:
        return by_interval(apart, told, high=BAND)
    least, most = min(chosen.values()), max(chosen.values())
    told += f"; at ten times the compute they choose {least:.3g} to {most:.3g} parameters, a factor {most / least:.2f}"
    return by_interval(apart, told, "warning" if most <= SAME_MODEL * least else "error", high=BAND)


def _under(e: Evidence, name: str) -> Fit:
    if e.has(name):
        return e.fitted(columns={"N": name})
    return e.fitted(e.base.replace(**{name: e.need(name)[0]}), columns={"N": name})


@rule(
    "A2",
    "error",
    "Compute is counted from the architecture, or lies within 5% of that count",
    "Compute differs by more than 5% from what is counted from the architecture",
    prevents="compute that is counted too low or too high at small sizes, which changes the exponent",
    size="the head takes about 90% of the FLOPs of the smallest model of one study and 10% of those of the largest; 6N "
    "is 0.43 to 1.32 times the FLOPs per token",
    source="Porian et al. 2024; DeepSeek-AI 2024",
    do="Use a count of C that includes head and attention (flops_exact), and refit.",
)
def exact_compute(e: Evidence) -> Judgement:
    """Count the FLOPs of blocks, causal attention and head from the shape, and compare them row by row with the compute
    that the study uses.
    """
    missing = [name for name in SHAPE if not e.has(name)]
    if missing and not e.has("flops_exact"):
        raise Lacking(f"the columns {', '.join(missing)}")
    exact = e.need("flops_exact")[0]
    ratio = exact / e.flops
    name = e.flops_name or f"6 {e.size_name} tokens"
    slope = np.polyfit(np.log(e.flops), np.log(ratio), 1)[0] if levels(e.flops) > 1 else 0.0
    told = (
        f"exact FLOPs are {ratio.min():.2f} to {ratio.max():.2f} times {name} in {len(ratio)} "
        f"rows; the ratio goes as C^{slope:+.3f}"
    )
    off = float(np.abs(ratio - 1).max())
    return either(off <= TILT, told, "error" if np.ptp(ratio) > TILT * np.median(ratio) else "warning")


@rule(
    "A3",
    "error",
    "Compute, size, tokens, steps and batch agree in every row",
    "Compute, size, tokens, steps and batch disagree in some rows",
    prevents="a mistaken unit that nobody notices: steps for tokens, billions for millions, sequences for tokens",
    size="one law of tokens, read as a law of parameters, changes N by a factor 42 at 3.8e25 FLOPs",
    source="(Mis)Fitting, Li et al. 2025: its code, recomputed",
    do=f"Name the unit of the column, as in {argument(unit={'tokens': 'millions'})}, or correct the rows.",
)
def same_units(e: Evidence) -> Judgement:
    """Compare C with 6ND under every count of N, and tokens with steps times batch; check the magnitude of the medians
    and of D/N. Rows whose blocks are used several times do more than 6ND and are left out of the first.
    """
    wrong, told, once = [], [], _used_once(e)
    flops = next((n for n in playing("flops") if e.has(n) and n != "flops_min"), None)
    counts = [n for n in playing("params") if e.has(n)]
    if flops and counts and e.has("tokens") and ((e.kept[flops] > 0) & once).any():
        some = once & np.logical_and.reduce([e.kept[n] > 0 for n in (flops, *counts)])
        ratios = {n: (e.kept[flops] / (6 * e.kept[n] * e.kept["tokens"]))[some] for n in counts}
        best = min(ratios, key=lambda n: abs(np.log(np.median(ratios[n]))))
        bad = int((np.abs(np.log(ratios[best])) > np.log(UNIT)).sum())
        middle = float(np.median(ratios[best]))
        told.append(f"{flops} / (6 {best} tokens) has the median {middle:.3g}")
        if bad:
            wrong.append(
                f"{bad} of {len(ratios[best])} rows differ by a factor above {UNIT:g}{_unit_of(e, ratios[best])}"
            )
    if e.has("steps") and e.has("batch_tokens") and e.has("tokens"):
        ratio = e.kept["tokens"] / (e.kept["steps"] * e.kept["batch_tokens"])
        bad = int((np.abs(np.log(ratio)) > TILT).sum())
        told.append(f"tokens / (steps batch) is {ratio.min():.3g} to {ratio.max():.3g}")
        if bad:
            wrong.append(f"{counted(bad, 'row')} whose tokens are not steps times batch")
    wrong += _suspicions(e)
    told += [f"{counted(e.nothings, 'row')} without a size, tokens or loss above 0 left out"] if e.nothings else []
    if not told and not wrong:
        raise Lacking("two of: compute with size and tokens; tokens with steps and batch_tokens")
    return either(not wrong, "; ".join([*told, *wrong]))


def _used_once(e: Evidence) -> np.ndarray:
    """Mark the rows of models that use each block once: (rows,), as the columns reuse or arch say."""
    if "reuse" in e.kept and e.kept["reuse"].dtype.kind == "f":
        return ~(e.kept["reuse"] > 1)
    return e.kept["arch"] != "universal" if "arch" in e.kept else np.ones(len(e.kept), dtype=bool)


def _suspicions(e: Evidence) -> list[str]:
    try:
        return [w.message for w in e.fit.warnings if w.id in ("odd-scale", "odd-ratio")]
    except (FitError, PointsError):
        return []


def _unit_of(e: Evidence, ratio: np.ndarray) -> str:
    """Name the unit that explains a factor best."""
    known = {"thousands": 1e3, "millions": 1e6, "billions": 1e9, "1e15": 1e15, "1e18": 1e18, "PF-days": PF_DAY}
    known |= {n: float(np.median(e.kept[n])) for n in ("n_ctx", "batch_tokens") if e.has(n)}
    wrong = np.abs(np.log(ratio[np.abs(np.log(ratio)) > np.log(UNIT)]))
    off = float(np.median(wrong))
    name, factor = min(known.items(), key=lambda item: abs(np.log(item[1]) - off))
    close = abs(np.log(factor) - off) < np.log(2)
    return f" (a factor of {np.exp(off):.3g}: {name}, most likely)" if close else f" (a factor of {np.exp(off):.3g})"


@rule(
    "A4",
    "error",
    "Printed constants reproduce the predictions that they stand for",
    "Printed constants do not reproduce the predictions that they stand for",
    prevents="conclusions that are changed by rounding",
    size="beta = 0.2849, printed as 0.28, raises the data term by 13% at 1e11 tokens and moves N* from 40.4e9 to "
    "32.2e9; rounding moves one law of tokens from 16.3e12 to 10.5e12",
    source="Hoffmann et al. 2022 and Llama 3, recomputed",
    do="Print constants with six digits or more, and check that they give the quoted predictions.",
)
def full_precision(e: Evidence) -> Judgement:
    """Evaluate the law at every row with the printed constants and with those fitted to the same rows, which is a fact,
    and judge the difference over the noise of the fit by the interval of the noise: it may be 0.05 times the noise.
    """
    if not e.printed:
        known = law(e.printed_law).published
        usual = f", such as {argument(printed=known[0].values)}" if known else ""
        raise Lacking(f"the constants as they are printed{usual}")
    found = e.fitted(law=e.printed_law)
    z = found.problem.coordinates.coordinates(dict(e.printed))
    theirs, ours = residuals(found.problem, z)[0], residuals(found.problem, found.z[None])[0]
    apart = float(np.sqrt(np.mean((theirs - ours) ** 2)))
    told = f"printed and fitted {e.printed_law} differ by {apart:.2%} (rms of the loss), the noise is {found.noise:.2%}"
    if apart <= ROUNDING:
        return holds(told)
    ratio = in_units_of(robust_scatter(found, e.level), apart)
    return by_interval(ratio, f"{told}: {interval(ratio, '.3g')} times as much", high=PRECISE)


@rule(
    "A5",
    "error",
    "Losses share a unit, a held-out text, a tokenizer and a recipe",
    "The losses differ in unit, held-out text, tokenizer or recipe",
    prevents="a comparison of losses that are not comparable",
    size="the constant term of one study's fits is 0.86 to 4.5 nats, depending on corpus and evaluation set; the "
    "number of tokens per character depends on the vocabulary",
    source="Brandfonbrener et al. 2024, recomputed; Tao et al. 2024",
    do=f"Keep one evaluation, as in {argument(where='loss_split == c4')}, or convert to bits per byte across "
    "tokenizers.",
)
def one_loss(e: Evidence) -> Judgement:
    """Find in what the rows that take part differ: evaluation set, tokenizer, text, architecture, recipe."""
    mixed = mixtures(replace(e.kept, pooled=()), (e.loss_name,))
    if mixed:
        asked = [one.column for one in mixed if one.column in e.kept.pooled]
        together = f" (put together by {argument(across=asked)})" if asked else ""
        one = f"One of them: {argument(where=choice(e.kept, mixed))}"
        return fails(f"{e.loss_name}: {'; '.join(map(str, mixed))}{together}. {one}")
    seen = {name: np.unique(e.kept[name]) for name in ("loss_split", "tokenizer", "n_vocab") if e.has(name)}
    if not seen:
        raise Lacking("the columns loss_split, tokenizer or n_vocab")
    told = "; ".join(f"{len(v)} {n} ({', '.join(map(str, v[:4]))})" for n, v in seen.items())
    return holds(f"{e.loss_name}: {told}")


@rule(
    "A6",
    "error",
    "Repeated tokens are not counted as fresh ones",
    "Repeated tokens are counted as if they were fresh",
    prevents="repeated text that is treated as new text",
    size="40 epochs of a text are worth 15 times that text, not 40 times",
    source="Muennighoff et al. 2023 (R_D* = 15.4)",
    do="Fit a law of unique tokens (Muennighoff et al. 2023), or leave out rows of more than three epochs.",
)
def fresh_tokens(e: Evidence) -> Judgement:
    """Compare the tokens processed, D, with what they are worth, U + U R_D* (1 - exp(-(D/U - 1)/R_D*)), U being the
    unique tokens. The epochs are facts of the table and R_D* = 15.4 is a published constant: there is no interval.
    """
    epochs = np.maximum(e.need("epochs")[0], 1.0)
    worth = 1 - REPEATS_WORTH * np.expm1(-(epochs - 1) / REPEATS_WORTH)
    off = float(1 - (worth / epochs).min())
    told = f"up to {epochs.max():.3g} epochs: tokens are worth up to {off:.1%} less than counted"
    return either(off <= STALE, told)


@rule(
    "A7",
    "warning",
    "Total and active parameters, experts and granularity of sparse models are recorded",
    "Total or active parameters, experts or granularity of sparse models are not recorded",
    prevents="an N that means nothing for a mixture of experts",
    size="a granularity of 16 in place of 1 is worth 0.147 nats at 1.6e9 parameters",
    source="Krajewski et al. 2024",
    do="Add the columns params_total, params_active, n_experts and granularity (or params_per_expert).",
)
def sparse_counts(e: Evidence) -> Judgement:
    """Look for signs of a mixture of experts (n_experts above 1, active parameters below the total, a label that says
    so) and for the columns that it needs.
    """
    if not _mixture(e):
        signs = [n for n in ("n_experts", "params_active", "n_layer", "arch", "model") if e.has(n)]
        if not signs:
            raise Lacking("n_experts (1 for dense models), or the shape")
        return holds(f"none of {len(e.kept)} rows is a mixture, by {', '.join(signs)}")
    needed = ["params_total", "params_active", "n_experts"]
    missing = [n for n in needed if not e.has(n)]
    missing += [] if e.has("granularity") or e.has("params_per_expert") else ["granularity"]
    told = f"; missing: {', '.join(missing)}" if missing else ", all counted"
    return either(not missing, f"mixtures of experts{told}")


def _mixture(e: Evidence) -> bool:
    if e.has("n_experts") and e.kept["n_experts"].max() > 1:
        return True
    if e.has("params_active") and e.has("params_total"):
        return bool((e.kept["params_active"] < 0.99 * e.kept["params_total"]).any())
    texts = [c for c in e.kept.columns.values() if c.dtype.kind == "U"]
    return any(word in value.lower() for c in texts for value in np.unique(c)[:50] for word in ("moe", "mixture"))


@rule(
    "A8",
    "warning",
    "Context, vocabulary and the sharing of embeddings with the head are recorded",
    "Context, vocabulary or the sharing of embeddings with the head is not recorded",
    prevents="a head whose cost doubles or halves without anyone noticing",
    size="as for A1: the head alone changes the exponent from 0.835 to 0.706",
    source="Porian et al. 2024",
    do="Add the columns n_ctx, n_vocab and tied.",
)
def recorded_shape(e: Evidence) -> Judgement:
    """Look for the columns of the shape that N and C depend on."""
    wanted = ("n_layer", "d_model", "n_ctx", "n_vocab", "tied")
    missing = [name for name in wanted if not e.has(name)]
    return either(not missing, f"{len(wanted) - len(missing)} of {len(wanted)} recorded{_lacks(missing)}")


def _lacks(missing: list[str]) -> str:
    return f"; missing: {', '.join(missing)}" if missing else ": " + ", ".join(SHAPE) + ", tied"


RULES = (named_count, exact_compute, same_units, full_precision, one_loss, fresh_tokens, sparse_counts, recorded_shape)
