"""Group D: the form of the law, its constant term, its residuals, and whether approaches agree."""

import contextlib
from collections.abc import Sequence

import numpy as np

from ..errors import FitError, PointsError, argument
from ..records.numbers_in_text import between, interval
from ..results.fitted import Estimate
from ..results.outcome import FAILED, PASSED, UNDECIDED, outcome_of
from ..uncertainty.interval_ends import t_quantile
from .bakeoff import Form, bake_off, far_point
from .default_forecast import by_forecast, forecaster_of
from .determined import ZERO, floor_determined, lowest_loss
from .evidence import SURFACE, Evidence, Lacking, split_exponent
from .exponent_readings import FRONTIER_DRAWS, line_of_sizes
from .exponents_compared import range_of
from .forms_compared import forecasts_left_out, range_of_forecasts, ratios_of_errors, scores_on_larger_runs
from .rule import Judgement, by_interval, by_parts, either, fails, holds, rule
from .scatter import LEAST, robust_scatter

FORMS, BETTER, SPLIT = 4, 1.5, 0.02  # minimum number; factor of error; of the loss, between equally good forms
NEIGHBOURS, SHUFFLES, MOST_ROWS = 6, 999, 600
STRUCTURED = 0.01  # p-value below which the residuals have a pattern
HALF = 0.25  # Moran's I: near the share of the residuals' variance that neighbours share, half of their scatter
APART = 0.05  # of a, between approaches
CURSE = 0.5  # of the noise, by which the lowest of several noisy losses lies too low
EXPONENTS = (0.0, 1.2)
EQUAL = 1e-6


@rule(
    "D7",
    "error",
    "The irreducible loss has an interval with two ends",
    "The irreducible loss is not determined by these runs",
    prevents="an irreducible loss that the points do not determine",
    size="E fell from 0.45 to 0.03 with another form of the law; the fit to one task gives 0.0009",
    source="Skaling 2026; Gadre et al. 2024, recomputed",
    do=f"Say that E is not identified, fix it ({argument(fix={'E': 1.7})}), or train larger models on more tokens.",
)
def floor_known(e: Evidence) -> Judgement:
    """See whether the interval of E lies above zero and below the lowest loss, held-out runs included. Where a study
    reports E as not identified there is no claim to judge.
    """
    low, high = e.draws.interval(e.level)["E"]
    least = lowest_loss(e)
    told = (
        f"E of {SURFACE} = {e.fit.values['E']:.4g} {between(low, high, '.4g')} by the sandwich, lowest loss {least:.4g}"
    )
    if floor_determined(e):
        return holds(told)
    told += f": E is not identified, its interval reaches {'zero' if low <= ZERO * least else 'the lowest loss'}"
    if "E" in e.withheld:
        raise Lacking(f"a value of E that is claimed; {told}, and the study gives none")
    return fails(told)


@rule(
    "D8",
    "error",
    "Of four forms or more none beats the additive law on larger runs and good ones agree, or the forecast has them",
    "Another form predicts larger runs much better, good forms disagree, or fewer than four were tried",
    prevents="an uncertainty about the form that no interval shows",
    size="on the same data one form is wrong by 5.17% far beyond the runs, and another by 0.70%",
    source="Skaling 2026",
    do="Rank the forms (scalinglaws compare), mix them, and quote how far their forecasts differ.",
)
def form_settled(e: Evidence) -> Judgement:
    """Fit the additive law, its variants and other forms to the lower 50% and 70% in compute and predict the rest. The
    good forms are those whose error is at most 1.5 times the lowest; compare the losses that they give at ten times
    the compute of the largest run, or at the target. The error of the additive law over the lowest is judged by its
    interval over the larger runs, and the largest difference of the losses by that of leaving groups of runs out of all
    forms at once. How many forms can be fitted is a fact. Where the plans and predictions are those of the default
    forecast, which takes no form on trust, the additive law is not claimed: then the interval of the forecast there
    must include the loss by every good form.
    """
    forms = e.once("forms", bake_off)
    at = far_point(e)
    told = ", ".join(f"{one.name} {one.error:.2%} ({one.forecast:.4g})" for one in forms)
    told = f"error on larger runs, then the loss at N = {at['N']:.2g}, D = {at['D']:.2g}: {told}"
    if len(forms) < FORMS:
        return fails(f"{told}; fewer than {FORMS} forms can be fitted")
    ratios = ratios_of_errors(scores_on_larger_runs(e, forms), e.level)
    if by_forecast(e):
        return _within_the_forecast(e, told, forms, [outcome_of(ratio, high=BETTER) for ratio in ratios])
    additive = next((ratio for ratio, one in zip(ratios, forms, strict=True) if one.name == "additive"), None)
    if additive is None:
        return fails(f"{told}; the additive law cannot be fitted")
    split = range_of_forecasts(forms, ratios, forecasts_left_out(e, forms), BETTER, e.level)
    told = (
        f"{told}; the error of the additive law is {interval(additive, '.2f')} times the lowest; "
        f"the good forms differ by {interval(split, '.2%')} there"
    )
    return by_parts((outcome_of(additive, high=BETTER), outcome_of(split, high=SPLIT)), told)


def _within_the_forecast(e: Evidence, told: str, forms: Sequence[Form], good: Sequence[str]) -> Judgement:
    """Ask whether the forecast's interval has the loss by every good form; undecided where only one may be good."""
    said = e.once("forecaster", forecaster_of).ask(far_point(e), level=e.level)
    low, high = (float(np.ravel(end)[0]) for end in (said.low, said.high))
    out = {
        one.name: known
        for one, known in zip(forms, good, strict=True)
        if known != FAILED and not low <= one.forecast <= high
    }
    which = f"without {', '.join(out)}" if out else "with every form that may be good in it"
    outcome = FAILED if PASSED in out.values() else UNDECIDED if out else PASSED
    return Judgement(outcome, f"{told}; the forecast there is {between(low, high, '.4g')}, {which}")


@rule(
    "D9",
    "warning",
    "Residuals show no pattern over size and data",
    "Residuals show a pattern over size and data",
    prevents="a systematic misfit behind an R2 above 0.99",
    size="six of six additive fits of R2 0.999 predicted too high a loss",
    source="Brandfonbrener et al. 2024, recomputed",
    do="Look at the map of residuals; try other forms (D8), and widen the interval by the factor of a backtest.",
)
def no_pattern(e: Evidence) -> Judgement:
    """Take Moran's I of the residuals over the six nearest rows in (ln N, ln D), its p-value from 999 shuffles and its
    interval, and the mean residual of the top tenth in compute. A p-value below 0.01 shows a pattern. Without one the
    rule passes where the interval of I stays below 0.25 too: a pattern of half their scatter would have been seen.
    """
    rng = np.random.default_rng(e.seed)
    rows = np.arange(e.fit.n)
    if e.fit.n > MOST_ROWS:
        rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
    if len(rows) < 3 * NEIGHBOURS:
        raise Lacking(f"{3 * NEIGHBOURS} rows or more")
    residual = np.clip(e.fit.residuals[rows], -4 * e.fit.noise, 4 * e.fit.noise)
    index, p = morans_i(np.log(e.size[rows]), np.log(e.tokens[rows]), residual, rng, e.level)
    top = e.flops >= np.quantile(e.flops, 0.9)
    edge = float(e.fit.residuals[top].mean())
    error = float(e.fit.residuals[top].std() / np.sqrt(top.sum()))
    told = (
        f"Moran's I = {interval(index, '+.3f')}, p = {interval(p, '.3g')}; "
        f"the top tenth in compute lies {edge:+.2%} (+-{error:.2%}) off the law"
    )
    return by_parts((outcome_of(p, low=STRUCTURED), outcome_of(index, high=HALF)), told)


def morans_i(
    x: np.ndarray, y: np.ndarray, residual: np.ndarray, rng: np.random.Generator, level: float = 0.95
) -> tuple[Estimate, Estimate]:
    """Give the autocorrelation of residuals over nearest neighbours (Moran 1950) and its one-sided p-value by shuffles.

    The interval of I takes its spread from the shuffles; that of the p-value is of their number (Clopper & Pearson
    1934).
    """
    place = np.stack([(x - x.mean()) / max(x.std(), 1e-12), (y - y.mean()) / max(y.std(), 1e-12)], axis=1)
    apart = ((place[:, None] - place[None]) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    near = np.argsort(apart, axis=1, kind="stable")[:, :NEIGHBOURS]
    r = residual - residual.mean()
    square = max(float(r @ r), 1e-300)

    def index(values: np.ndarray) -> np.ndarray:
        return (values * values[..., near].mean(-1)).sum(-1) / square

    shuffled = index(rng.permuted(np.tile(r, (SHUFFLES, 1)), axis=1))
    found = float(index(r))
    high, low = found - np.quantile(shuffled, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(found, float(low), float(high), level), p_value(int((shuffled >= found).sum()), level)


def p_value(above: int, level: float) -> Estimate:
    """Give the p-value of a test in which `above` of the shuffles reached the statistic, with its interval."""
    from scipy.special import betaincinv

    low = betaincinv(above, SHUFFLES - above + 1, (1 - level) / 2) if above else 0.0
    high = betaincinv(above + 1, SHUFFLES - above, (1 + level) / 2) if above < SHUFFLES else 1.0
    return Estimate((1 + above) / (SHUFFLES + 1), float(low), float(high), level)


@rule(
    "D10",
    "warning",
    "Envelope, isoFLOP minima and the fitted surface give the same exponent",
    "Envelope, isoFLOP minima and the fitted surface give different exponents",
    prevents="a method that is chosen for its answer",
    size="the approaches give 0.50, 0.49 and 0.46 in one study, 0.46 to 0.80 in another, and 0.43 against 0.36-0.39 in "
    "a third",
    source="Hoffmann et al. 2022; McLeish et al. 2025; Marin, recomputed by Open-Athena 2026",
    do="Explain the difference (scalinglaws frontier all) before you quote an exponent.",
)
def approaches_agree(e: Evidence) -> Judgement:
    """Run every approach that the table allows, and judge the largest difference between their a by its interval. A
    failure is an error where their own intervals do not overlap, else a warning.
    """

    found = approaches(e)
    if len(found) < 2:
        raise Lacking("learning curves of three sizes, or isoFLOP budgets, beside the fit")
    apart = range_of(list(found.values()))
    told = ", ".join(f"{name} {interval(one, '.3f')}" for name, one in found.items())
    lows, highs = zip(*(one.ends for one in found.values()), strict=True)
    overlap = max(lows) <= min(highs)
    told = f"{told}: {interval(apart, '.3f')} apart"
    return by_interval(apart, told, "warning" if overlap else "error", high=APART)


def approaches(e: Evidence) -> dict[str, Estimate]:
    """Give the exponent a by each approach that the table allows."""
    found: dict[str, Estimate] = {}
    columns = {"params": e.size_name, "loss": e.loss_name, "tokens": "tokens"}
    columns |= {"flops": e.flops_name} if e.flops_name else {}
    for method in ("envelope", "isoflop"):
        with contextlib.suppress(PointsError, FitError):
            line = line_of_sizes(method, e.base.across(*e.base.columns), columns, e.seed)
            found |= {} if line is None else {method: line.exponent}
    with contextlib.suppress(PointsError, FitError):
        found["surface"] = e.exponent
    return found


@rule(
    "D11",
    "warning",
    "The lowest of several noisy losses lies hardly below the true lowest loss",
    "The lowest of several noisy losses lies clearly below the true lowest loss",
    prevents="a winner's curse: an envelope of losses that were low by chance",
    size="published envelopes use a hull, or a spline with a bootstrap, to avoid this bias",
    source="McLeish et al. 2025; Porian et al. 2024",
    do="Interpolate each size and average its repeats before comparing sizes, as scalinglaws frontier envelope does.",
)
def no_curse(e: Evidence) -> Judgement:
    """Add the noise of the fit to its own losses, take the lowest in every tenth of a decade of compute, and average
    how far it lies below the lowest without noise. This over the noise is judged by its interval, from that of the
    noise and from the scatter of 200 draws. The constants of the fit are far better known than its noise.
    """
    runs = e.runs
    if len(np.unique(runs)) == len(runs):
        raise Lacking("learning curves: several rows per run")
    noise = robust_scatter(e.fit, e.level)
    curse = curse_over_noise(np.log(e.fit.evaluate(N=e.size, D=e.tokens)), e.flops, noise, e.seed)
    told = (
        f"the lowest loss in a tenth of a decade lies {curse.value * noise.value:.2%} too low, the noise is "
        f"{noise.value:.2%}: {interval(curse, '.3f')} times as much"
    )
    return by_interval(curse, told, high=CURSE)


def curse_over_noise(logs: np.ndarray, flops: np.ndarray, noise: Estimate, seed: int) -> Estimate:
    """Give how far the lowest of noisy losses lies below the lowest, over the noise: the mean over tenths of a decade.

    It grows with the noise. `logs`: ln L without noise.
    """
    unit = np.random.default_rng(seed).standard_normal((FRONTIER_DRAWS, len(logs)))
    bins = np.unique(np.round(10 * np.log10(flops)), return_inverse=True)[1].ravel()
    groups = [np.flatnonzero(bins == at) for at in range(bins.max() + 1)]

    def drops(size: float) -> np.ndarray:
        above = [(logs[rows] - logs[rows].min()) / max(size, LEAST) for rows in groups]
        each = [-(gap + unit[:, rows]).min(axis=1) for gap, rows in zip(above, groups, strict=True)]
        return np.mean(each, axis=0)

    low, middle, high = (drops(size) for size in (noise.ends[0], noise.value, noise.ends[1]))
    error = t_quantile(noise.level, np.inf) * float(middle.std(ddof=1)) / np.sqrt(FRONTIER_DRAWS)
    return Estimate(float(middle.mean()), float(low.mean()) - error, float(high.mean()) + error, noise.level)


@rule(
    "D12",
    "warning",
    "The exponents lie between 0 and 1.2, at no bound, and differ from each other",
    "An exponent lies outside 0 to 1.2 or at a bound, or both are equal",
    prevents="constants that are not identified",
    size="the fit to one task gives alpha = 1.15 and A = 6.7e8",
    source="Gadre et al. 2024, recomputed",
    do="Fix or tie what is not identified, or add runs in which the term is large.",
)
def plausible(e: Evidence) -> Judgement:
    """Judge both exponents by their intervals; that they are not the same number, and the outcome of the fit, are
    facts.
    """
    intervals = e.draws.interval(e.level)
    alpha, beta = (Estimate(float(e.fit.values[name]), *intervals[name], e.level) for name in ("alpha", "beta"))
    wrong = ["alpha and beta are equal"] if abs(alpha.value - beta.value) < EQUAL else []
    wrong += [e.fit.sentence] if e.fit.outcome in ("at_bound", "not_identified") else []
    ends = f"alpha = {interval(alpha, '.3f')}, beta = {interval(beta, '.3f')}, {e.fit.outcome}"
    if wrong:
        return fails("; ".join([ends, *wrong]))
    return by_parts([outcome_of(one, *EXPONENTS) for one in (alpha, beta)], ends)


@rule(
    "D13",
    "info",
    "The fit can be made again: the seeds of the runs are recorded, and another seed of the fit changes nothing",
    "The fit cannot be made again: seeds of the runs are missing, or another seed of the fit changes it",
    prevents="results that cannot be reproduced",
    size="over half of more than 50 papers do not specify their fit",
    source="(Mis)Fitting, Li et al. 2025",
    do="Record the seed of every run, and quote the hash of the points with the constants.",
)
def reproducible(e: Evidence) -> Judgement:
    """Hash the points, fit again with another seed, and look for the seeds of the runs: facts, without noise."""
    again = e.fitted(seed=e.seed + 1)
    moved = abs(split_exponent(again.values) - e.exponent.value)
    how = f"a changes by {moved:.1e}" if moved else "a is the same to the bit"
    told = f"points {e.fit.fingerprint}; with another seed {how}"
    if not e.has("seed"):
        return fails(f"{told}; no column seed gives the seeds of the runs")
    return either(moved <= 1e-6, told)


RULES = (
    floor_known,
    form_settled,
    no_pattern,
    approaches_agree,
    no_curse,
    plausible,
    reproducible,
)
