"""Group D: whether the fit is at its global optimum, and how loss, outliers and clusters affect it."""

from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import FitError, PointsError, argument
from ..fitting.fit_record import Fit
from ..fitting.losses import costs
from ..fitting.problem import residuals
from ..records.numbers_in_text import UNDETERMINED, interval
from ..uncertainty.draws import draws
from .determined import EXPONENTS, exponent_determined
from .evidence import FEW_DRAWS, Evidence, Lacking, exponent_of, split_exponent
from .rule import Judgement, either, fails, holds, rule

TRIES = 16  # random starts
REACHED = 1e-6  # of the objective: starts that end within it found the same optimum
SETTLED = 1e-8  # Newton's decrement over the objective
AT_OPTIMUM = 0.01  # of the objective, that printed constants may lie above its minimum
SWAYED = 0.05  # of a, by the choice of the loss or by outliers


@rule(
    "D1",
    "error",
    "No other start finds a better optimum, and the gradient vanishes at this one",
    "Another start finds a better optimum, or the gradient does not vanish at this one",
    prevents="constants of a wrong optimum",
    size="the worst error in a over 9216 noisy fits is 34% by variable projection, 74% by a grid and 716% by "
    "parabolas; with default tolerances 8% of 1200 starts, or none, come within 1% of the best",
    source="Open-Athena 2026; Besiroglu et al. 2024, recomputed",
    do="Start from a grid of exponents, with amplitudes in closed form, and stop when the gradient vanishes.",
)
def one_optimum(e: Evidence) -> Judgement:
    """Fit again from sixteen random starts with the same loss function, and count those that reach the optimum or a
    lower one; take Newton's decrement where the search stopped. Both are facts of the objective, without noise.
    """
    found = e.fit
    rng, law = np.random.default_rng(e.seed), e.fit.law
    starts = [{p.name: float(np.exp(rng.uniform(*np.log(p.start)))) for p in law.parameters} for _ in range(TRIES)]
    delta = found.delta if np.isfinite(found.delta) else "auto"
    again = e.fitted(starts=starts, delta=delta)
    here = found if delta == "auto" else e.fitted(delta=delta)
    gain = (here.objective - again.objective) / max(here.objective, 1e-300)
    told = (
        f"{again.starts_agreeing:.0%} of {TRIES} random starts and {found.starts_agreeing:.0%} of the starts of the "
        f"grid end at one optimum; decrement {found.decrement:.1e}"
    )
    return either(
        gain <= REACHED and found.decrement <= SETTLED, f"{told}; the best random start gains {max(gain, 0):.1e}"
    )


@rule(
    "D2",
    "error",
    "The constants lie at the minimum of the objective, however many rows there are",
    "The constants do not lie at the minimum of the objective",
    prevents="a search that stops early because the objective is a mean",
    size="with a mean the search stops at a = 0.449 where the minimum is at 0.514; intervals become 50 times too "
    "narrow",
    source="Besiroglu et al. 2024, recomputed",
    do="Minimise the sum of the losses, and stop by a rule that does not depend on the number of rows.",
)
def at_the_least(e: Evidence) -> Judgement:
    """Count every row ten times and check that the constants stay the same; where constants are printed, compare the
    objective at them with its minimum. Both are facts of the objective, without noise.
    """
    found = e.fit
    many = e.refit(np.tile(np.arange(found.n), 10), delta=found.delta if np.isfinite(found.delta) else "auto")
    once = e.fitted(delta=found.delta) if np.isfinite(found.delta) else found
    moved = max(abs(np.log(many.values[k] / once.values[k])) for k in once.free if once.values[k] > 0)
    told = f"with every row counted ten times the constants move by {moved:.1e}"
    if not e.printed:
        return either(moved <= 1e-4, told)
    theirs = e.fitted(law=e.printed_law)
    excess = _objective(theirs, e.printed) / max(theirs.objective, 1e-300) - 1
    told += f"; the printed constants lie {excess:.1%} of the objective above the minimum"
    return either(moved <= 1e-4 and excess <= AT_OPTIMUM, told)


def _objective(found: Fit, values) -> float:
    z = found.problem.coordinates.coordinates({name: float(value) for name, value in values.items()})
    return float(costs(found.problem.loss, residuals(found.problem, z))[0].sum())


@rule(
    "D3",
    "error",
    "The choice of the loss does not decide the exponent",
    "The exponent depends on the choice of the loss",
    prevents="an exponent that is decided by the scale of a robust loss",
    size="beta is 0.443 by squares of the log loss, 0.459 by squares of the loss and 0.408 by Huber's loss; delta from "
    "0.001 to 0.1 moves a from 0.514 to 0.530 and D/N from 17.9 to 14.3",
    source="Besiroglu et al. 2024, recomputed",
    do="State the loss, its scale and delta; examine the rows in which the fits differ.",
)
def loss_indifferent(e: Evidence) -> Judgement:
    """Refit with Huber's delta ten times larger and smaller, with least squares of ln L and of L, and compare a. How
    much the choice matters for these rows is a fact, without an interval.
    """
    found = losses(e)
    if len(found) < 3:
        raise Lacking("points to which other losses can be fitted")
    values = {name: split_exponent(one.values) for name, one in found.items()}
    band = max(values.values()) - min(values.values())
    told = ", ".join(f"{a:.3f} ({name})" for name, a in values.items())
    return either(band <= SWAYED, f"a = {told}: a range of {band:.3f}")


def losses(e: Evidence) -> dict[str, Fit]:
    """Fit with each loss function."""
    delta = e.fit.delta
    options: dict[str, dict[str, Any]] = {f"huber {delta:.2g}": {}}
    if np.isfinite(delta) and delta > 0:
        options |= {f"huber {d:.2g}": {"delta": d} for d in (delta * 10, delta / 10)}
    options |= {"squares of ln L": {"loss": "ls-log"}, "squares of L": {"loss": "ls"}}
    found = {}
    for name, how in options.items():
        try:
            found[name] = e.fitted(**how)
        except (FitError, PointsError):
            continue
    return found


@rule(
    "D4",
    "error",
    "No outlier takes part in the fit",
    "Outliers take part in the fit",
    prevents="a law that a few rows decide",
    size="a is 0.565 with 5 outliers among 245 rows and 0.514 without them",
    source="Besiroglu et al. 2024, recomputed",
    do=f"Give each a reason in excluded_because, or fit with {argument(loss='tukey')}; report both exponents.",
)
def outliers_harmless(e: Evidence) -> Judgement:
    """Look for rows over twelve robust standard deviations off the fit of the others, and refit with Tukey's loss,
    which gives such rows no weight.
    """
    excluded = {r: n for r, n in e.fit.excluded.items() if r}
    told = f"; excluded: {', '.join(f'{n} ({reason[:50]})' for reason, n in excluded.items())}" if excluded else ""
    wild = [w.message for w in e.fit.warnings if w.id == "wild-points"]
    if not wild:
        return holds(f"no row lies 12 robust standard deviations off{told}")
    without = split_exponent(e.fitted(loss="tukey").values)
    everything = split_exponent(e.fitted(loss="ls-log").values)
    return fails(f"{wild[0]} a = {everything:.3f} by squares with them, {without:.3f} without{told}")


@rule(
    "D5",
    "error",
    "Intervals resample whole runs",
    "Intervals cannot resample whole runs: no column says which run a row belongs to",
    prevents="checkpoints that are counted as independent runs",
    size="a published interval would need 600,000 runs; another has no width at all",
    source="Besiroglu et al. 2024; Busbridge et al. 2025",
    do=f"Name the column of runs, as in {argument(cluster='run_id')}, and resample with {argument(draws=1000)} or "
    "more.",
)
def whole_run_intervals(e: Evidence) -> Judgement:
    """See whether a column names the run of each row, and compare the standard error of a by runs with that by rows."""
    found = e.fit
    named = e.has(e.cluster)
    if not named and len(np.unique(e.runs)) < len(e.runs):
        runs = len(np.unique(e.runs))
        return fails(f"{found.n} rows look like {runs} runs, and no column run_id says so")
    if found.n_clusters == found.n:
        return holds(f"{found.n} rows, each a run of its own")
    plain = replace(found, clusters=np.arange(found.n).astype(str))
    by_rows, by_runs = (_error(one, e) for one in (plain, found))
    told = f"{found.n} rows of {found.n_clusters} {e.cluster}s: the standard error of a is {by_runs:.4f} by {e.cluster}"
    return holds(f"{told} and {by_rows:.4f} by row; intervals here are by {e.cluster}")


def _error(found: Fit, e: Evidence) -> float:
    return exponent_of(draws(found, method="sandwich", draws=FEW_DRAWS, seed=e.seed), 0.6827).half


@rule(
    "D6",
    "error",
    "The exponent is determined by these runs",
    "The exponent is not determined by these runs",
    prevents="a quoted exponent or amplitude that the runs do not determine",
    size="A = 482 +- 125 and B = 2085 +- 1293 beside a = 0.514 +- 0.02",
    source="Besiroglu et al. 2024",
    do="Quote a, the exponent of the loss, N* and the loss at the target, with their intervals and correlations.",
)
def determined(e: Evidence) -> Judgement:
    """Ask for an interval of a that is at most 0.2 wide, and give the correlations of alpha, beta and E and the
    relative errors of A and B. Of a study that reports alpha and beta as not identified there is no claim to judge.
    """

    drawn, a = e.draws, e.exponent
    columns = {n: drawn.values[:, drawn.names.index(n)] for n in drawn.names}
    among = np.corrcoef(np.stack([columns[n] for n in ("alpha", "beta", "E")]))
    share = {n: (np.quantile(columns[n], 0.84) - np.quantile(columns[n], 0.16)) / 2 / found(e, n) for n in ("A", "B")}
    alone = " and ".join(f"{n} is {f'known to {s:.0%}' if s < 1 else UNDETERMINED}" for n, s in share.items())
    told = (
        f"a = {interval(a, '.3f')}; alone {alone}; correlations alpha-beta {among[0, 1]:+.2f}, "
        f"alpha-E {among[0, 2]:+.2f}, beta-E {among[1, 2]:+.2f}"
    )
    if not exponent_determined(e) and set(EXPONENTS) <= set(e.withheld):
        raise Lacking(f"an exponent that is claimed; {told}, and the study gives none by this law")
    return either(exponent_determined(e), told)


def found(e: Evidence, name: str) -> float:
    """A fitted constant."""
    return float(e.fit.values[name])


RULES = (one_optimum, at_the_least, loss_indifferent, outliers_harmless, whole_run_intervals, determined)
