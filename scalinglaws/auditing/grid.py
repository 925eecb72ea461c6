"""Group C: the design of the grid: whether the runs determine the terms of a law, and how far they reach."""

import numpy as np

from ..errors import FitError, PointsError, argument
from ..fitting.fit_record import Fit
from ..fitting.problem import jacobian
from ..records.numbers_in_text import UNDETERMINED, interval
from ..results.fitted import Estimate
from ..results.outcome import FAILED, PASSED, outcome_of
from .evidence import Evidence, Lacking, decades, levels, over_draws, replicates
from .exponents_compared import exponent_in, moved, range_of
from .isoflop import bias_of_parabola, budgets_of
from .rule import Judgement, by_interval, by_parts, either, fails, rule

SIZES, DECADES, RATIOS = 5, 1.5, 3  # minimum of a design
NARROW = 2.0  # decades of compute, below which cheap runs are proposed
CHEAPER, ASIDE = (1 / 30, 1 / 100), 2.0  # their shares of the largest compute, and the factors of N about the middle
RATIO_APART = 0.3  # in ln(D/N): closer ones are one level
NEAR_RAY = 0.35  # standard deviation of ln(D/N) about its line in ln N, below which the points are nearly a ray
FAR, VERY_FAR = 10.0, 100.0
MOVES, MOVES_MUCH = 0.05, 0.10  # of a, between parts of the table
SIDE = 3  # points on each side of an isoFLOP minimum
BIASED = 0.05  # of N* at ten times the largest budget
UNKNOWN = 10.0  # half-width of a relative error that says nothing
CHEAP = 0.1  # cost of an L of runs over the grid's, at one standard error
SEEDED = 2  # scales with replicates


@rule(
    "C1",
    "error",
    "The runs distinguish the effect of size from the effect of data",
    "The runs do not distinguish the effect of size from the effect of data",
    prevents="values of E, A, B, alpha and beta that the runs do not determine one by one",
    size="on one ray D = kN the condition number goes as |alpha - beta|^-2 and intervals are 10 times wider or more; "
    "in 97.3% of comparisons runs off the ray were the better addition",
    source="Kricheli et al. 2026",
    do="Add runs at four times the ratio D/N and at a quarter of it.",
)
def identifiable(e: Evidence) -> Judgement:
    """Take the condition number of the fit's Jacobian, with columns of unit length, and the standard deviation of
    ln(D/N) about its line in ln N. Both are facts of the design, without noise: the rule asks for 0.35 or more.
    """
    e.need("tokens")
    ratio = np.log(e.tokens / e.size)
    line = np.polyfit(np.log(e.size), ratio, 1) if levels(e.size) > 1 else [0.0, ratio.mean()]
    spread = float(np.std(ratio - np.polyval(line, np.log(e.size))))
    told = f"D/N scatters by a factor {np.exp(spread):.2f} about its line in N over {len(ratio)} rows"
    try:
        found = e.fit
    except PointsError as refused:
        if "one ray" in str(refused):
            return fails(f"all rows lie on one ray, D = {np.exp(ratio.mean()):.3g} N")
        raise
    told += f"; condition number {condition(found):.3g}"
    if found.outcome in ("not_identified", "at_bound"):
        return fails(f"{told}; {found.sentence}")
    return either(spread >= NEAR_RAY, told)


def condition(found: Fit) -> float:
    """Condition number of the Jacobian at the optimum, columns of unit length."""
    along = jacobian(found.problem, found.z[None])[1][0]
    length = np.linalg.norm(along, axis=1)
    if not (np.isfinite(length).all() and length.all()):  # a term that is absent at every point
        return float("inf")
    return float(np.linalg.cond((along / length[:, None]).T))


@rule(
    "C2",
    "error",
    "There are five sizes, 1.5 decades of compute and three ratios D/N, or more",
    "There are fewer than five sizes, 1.5 decades of compute or three ratios D/N",
    prevents="an extrapolation from too narrow a range",
    size="fewer than five models do not support a law; all ratios D/N in place of those up to 100 move A from 7.2 to "
    "33.7 and alpha from 0.08 to 0.18",
    source="Choshen et al. 2024; Sardana et al. 2023",
    do="Add cheap runs, a thirtieth and a hundredth as dear as the largest: the span of the runs matters more than "
    "their number, and scalinglaws next chooses them.",
)
def wide_enough(e: Evidence) -> Judgement:
    """Count the sizes, the decades of compute, and the levels of D/N: facts of the table, without intervals. For a grid
    of less than two decades the finding names runs at a thirtieth and at a hundredth of its largest compute, at three
    ratios D/N each, with their cost.
    """
    sizes, span, ratios = levels(e.size), decades(e.flops), levels(e.tokens / e.size, RATIO_APART)
    if ratios < RATIOS:  # a dense cloud of ratios is one chain of neighbours: count how far it stretches instead
        ratios = max(ratios, 1 + int(np.ptp(np.log(e.tokens / e.size)) / np.log(2)))
    good = sizes >= SIZES and span >= DECADES and ratios >= RATIOS
    told = f"{sizes} sizes, {span:.2f} decades of compute, {ratios} levels of D/N"
    return either(good, told if span >= NARROW else f"{told}; {_cheap_runs(e)}")


def _cheap_runs(e: Evidence) -> str:
    """Name runs that would widen a narrow grid, and their cost as a share of all runs'."""
    largest = int(e.flops.argmax())
    sizes, tokens = [], []
    for share in CHEAPER:
        n, d = e.size[largest] * share**0.5, e.tokens[largest] * share**0.5
        sizes += [n / ASIDE, n, n * ASIDE]
        tokens += [d * ASIDE, d, d / ASIDE]
    cost = 3 * sum(CHEAPER) * e.flops[largest] / e.flops.sum()
    where = ", ".join(f"N = {n:.2g} on {d:.2g} tokens" for n, d in zip(sizes, tokens, strict=True))
    return f"six runs more, {where}, would widen it to two decades for {cost:.1%} of the cost so far"


@rule(
    "C3",
    "error",
    "Forecasts reach at most ten times the compute fitted, or a held-out run reached as far",
    "A forecast reaches more than ten times the compute fitted, and no held-out run reached as far",
    prevents="a forecast that nothing supports",
    size="at 20 times the compute six of six fits of R2 0.999 were 3.9-5.5% too high; the forecast of one recipe was "
    "right to 2.5% at 33 times the compute and failed at 333 times",
    source="Brandfonbrener et al. 2024, recomputed; Delphi 2026",
    do="Train a run in between, or hold out the largest runs at an equal ratio of compute and compare the forecast.",
)
def reach(e: Evidence) -> Judgement:
    """Divide the compute of every plan and of the target by the largest compute fitted, and compare with the reach of
    the held-out runs. Both are facts of the table and of what is asked, without intervals.
    """
    ratios = [plan.reach for plan in e.plans]
    if e.target:
        flops = e.target.get("C") or 6 * e.target["N"] * e.target["D"]
        ratios.append(flops / e.flops.max())
    if not ratios:
        raise Lacking(f"a plan, or a target to forecast, such as {argument(target={'C': 1e23})}")
    far = max(ratios)
    tested = e.held_out.reach if e.held_out is not None and e.held_out.measured else 0.0
    told = f"the forecast reaches {far:.3g} times the largest compute fitted; held-out runs reached {tested:.3g} times"
    good = far <= FAR or tested >= far
    return either(good, told, "error" if far > VERY_FAR else "warning")


@rule(
    "C4",
    "error",
    "The exponent is the same in every part of the table",
    "The exponent differs between parts of the table",
    prevents="a standard error that is taken for the whole error",
    size="windows of compute give a from 0.356 to 0.667 on runs whose standard error is 0.02; the choice of runs gives "
    "0.499 or 0.799; the range of D/N gives alpha from 0.08 to 0.18",
    source="Besiroglu et al. 2024, recomputed; McLeish et al. 2025; Sardana et al. 2023",
    do="Quote the range beside the interval, and find the cause: another form of the law, or runs of another recipe.",
)
def stable_in_parts(e: Evidence) -> Judgement:
    """Refit to the lower and the upper half in compute and to the middle half in D/N, and judge the largest difference
    between their a by its interval.
    """

    found = e.once("parts", parts)
    if len(found) < 2:
        raise Lacking("enough rows to fit halves of them: twice as many")
    a, several = e.exponent, {name: exponent_in(e, part) for name, part in found.items()}
    apart = range_of([*several.values(), a])
    told = ", ".join(f"{one.value:.3f} ({name})" for name, one in several.items())
    told = f"a = {interval(a, '.3f')}; {told}: a range of {interval(apart, '.3f')}"
    return by_interval(apart, told, "error" if apart.value > MOVES_MUCH else "warning", high=MOVES)


def rows_of_parts(e: Evidence) -> dict[str, np.ndarray]:
    """Mark the rows of three parts of the table."""
    flops, ratio = e.flops, e.tokens / e.size
    middle = np.median(flops)
    low, high = np.quantile(ratio, [0.25, 0.75])
    return {
        "lower half of C": flops <= middle,
        "upper half of C": flops >= middle,
        "middle half of D/N": (ratio >= low) & (ratio <= high),
    }


def parts(e: Evidence) -> dict[str, Fit]:
    """Fit three parts of the table; those that cannot be fitted are left out."""
    found = {}
    for name, rows in rows_of_parts(e).items():
        try:
            found[name] = e.refit(rows)
        except (FitError, PointsError):
            continue
    return found


@rule(
    "C5",
    "warning",
    "Every held-out run took more compute than the fitted ones",
    "Some held-out runs took no more compute than the fitted ones",
    prevents="an error that is measured by interpolation and quoted for extrapolation",
    size="the error of one fit is 0.81% on runs within its range and 5.17% far beyond it",
    source="Skaling 2026",
    do="Hold the largest runs out (hold_out in a study; a column role), and name them before fitting.",
)
def held_out_beyond(e: Evidence) -> Judgement:
    """Compare the compute of the rows that are marked as held out with the largest one fitted: a fact of the table,
    without an interval.
    """

    role = e.points["role"] if "role" in e.points else np.zeros(0)
    held = np.flatnonzero(role == "held-out") if len(role) else np.zeros(0, dtype=int)
    if not len(held):
        raise Lacking("a column role that marks held-out rows (C3's backtest is scalinglaws compare)")
    name = e.flops_name or "tokens"
    ratio = e.points[name][held] / e.kept[name].max()
    beyond = int((ratio > 1).sum())
    return either(
        beyond == len(held), f"{beyond} of {len(held)} held-out runs lie beyond: up to {ratio.max():.3g} times"
    )


@rule(
    "C6",
    "warning",
    "Each isoFLOP budget has three sizes on each side of its minimum, and parabolas are unbiased",
    "Some isoFLOP budgets lack sizes on one side of their minimum, or parabolas are biased",
    prevents="an optimum that is biased by the form of a parabola",
    size="without noise, D* at 1e24 FLOPs is wrong by -0.33, -1.3, -2.9 and -5.1% for grids of 2, 4, 8 and 16 times on "
    "one surface, by -1.7 to -23.1% where alpha is 3 beta, and by up to +35% where the centre of the grid drifts",
    source="Open-Athena 2026",
    do=f"Take {argument(form='additive')}, the default of the frontier isoflop, centre the sizes, or narrow the grid.",
)
def centred_budgets(e: Evidence) -> Judgement:
    """Count the sizes below and above the best of each budget, which is a fact of the table. Then evaluate the fitted
    surface, without noise, at the same sizes, fit parabolas, and compare their N* at ten times the largest budget with
    that of the surface: this bias is judged by its interval over the draws of the surface.
    """
    groups = budgets_of(e)
    sides = [(int(e.loss[g][np.argsort(e.size[g])].argmin()), len(g)) for g in groups]
    thin = sum(min(best, many - 1 - best) < SIDE for best, many in sides)
    bias = bias_of_parabola(e, groups)
    off = f"off by {interval(bias, '+.1%')}" if bias.half < UNKNOWN else UNDETERMINED
    told = f"{len(groups)} budgets, {thin} with under {SIDE} sizes on one side; N* of parabolas is {off}"
    return by_parts((FAILED if thin else PASSED, outcome_of(bias, -BIASED, BIASED)), told)


@rule(
    "C7",
    "warning",
    "No L-shaped design at a tenth of the compute would have been as certain",
    "An L-shaped design at a tenth of the compute or less would have been as certain",
    prevents="compute that is spent on runs without new information",
    size="an L of runs costs a tenth to a fifth of the grid and predicts distant losses to 1.15-1.51%",
    source="Skaling 2026",
    do="In the next study train all sizes at the shortest horizon, and the smallest size at all horizons.",
)
def no_waste(e: Evidence) -> Judgement:
    """Compare all runs with an L of them, each size at its shortest horizon and the smallest size at every horizon:
    their cost, and the standard error of ln L at ten times the largest compute, by the information of the fitted law.
    An L that is repeated k times costs k times as much, and its standard error is k^0.5 times smaller. The cost of an L
    as certain as all runs is judged by its interval over the draws of the law.
    """
    found = e.fit
    shortest = np.array([e.tokens[i] <= 1.02 * e.tokens[e.size == e.size[i]].min() for i in range(found.n)])
    rows = shortest | (e.size <= 1.02 * e.size.min())
    if rows.sum() <= len(found.free) or rows.sum() > 0.7 * found.n:
        raise Lacking("a grid: several horizons per size, with more runs than an L of them")
    share = float(e.flops[rows].sum() / e.flops.sum())
    wider = over_draws(e, lambda z: _times_as_uncertain(e, found, rows, z))
    cost, least, most = (share * end**2 for end in (wider.value, *wider.ends))
    equal = Estimate(cost, least, most, e.level)
    told = (
        f"{int(rows.sum())} of {found.n} runs form an L of {share:.2%} of the compute, {interval(wider, '.2f')} times "
        "as uncertain at ten times the compute: repeated until it is as certain, it would cost "
        f"{interval(equal, '.1%')}"
    )
    return by_interval(equal, told, low=CHEAP)


def _times_as_uncertain(e: Evidence, found: Fit, rows: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Give the standard error of ln L at ten times the compute of the largest run, by some runs over that by all.

    One for each row of coordinates `z`.
    """
    along = jacobian(found.problem, z)[1]
    largest = int(e.flops.argmax())
    at = (np.array([e.size[largest] * 10**0.5]), np.array([e.tokens[largest] * 10**0.5]))
    value, slope = found.problem.coordinates.value_and_slopes(z, at)
    gradient = (slope[:, :, 0] / value)[:, None]

    def variance(part: np.ndarray) -> np.ndarray:
        inverse = np.linalg.pinv(part @ part.transpose(0, 2, 1), hermitian=True)
        return (gradient @ inverse @ gradient.transpose(0, 2, 1))[:, 0, 0]

    return np.sqrt(variance(along[:, :, rows]) / variance(along))


@rule(
    "C8",
    "warning",
    "Two settings or more were trained with several seeds",
    "Fewer than two settings were trained with several seeds",
    prevents="a misfit that cannot be distinguished from noise",
    size="seeds change losses by up to 3.5-4% in one study, 2% in another, and 0.0007 nats at 132M parameters in a "
    "third",
    source="Choshen et al. 2024; Kaplan et al. 2020; Clark et al. 2022, recomputed",
    do="Train two more seeds at a small size, and two at a large one.",
)
def repeated_seeds(e: Evidence) -> Judgement:
    """Count the settings that were trained more than once, a fact of the table, and give the standard deviation of
    seeds beside the scatter about the law.
    """
    which = replicates(e)
    counts = np.bincount(which)
    scales = int((counts > 1).sum())
    told = f"{scales} settings were trained more than once"
    if not scales:
        return fails(told)
    logs = np.log(e.loss)
    off = logs - (np.bincount(which, logs) / counts)[which]
    noise = float(np.sqrt(off @ off / (len(logs) - len(counts))))
    return either(scales >= SEEDED, f"{told}; seeds scatter by {noise:.2%}, rows about the law by {e.fit.rms_log:.2%}")


@rule(
    "C9",
    "info",
    "The exponent is the same without the smallest models",
    "The exponent differs without the smallest models",
    prevents="a law that depends on which runs were left out",
    size="published fits differ in which small models they leave out; one fits the runs above 2.2 nats separately",
    source="Busbridge et al. 2025; Hoffmann et al. 2022; Porian et al. 2024",
    do="Decide which runs to exclude before fitting, and report this sensitivity beside the exponent.",
)
def no_cherries(e: Evidence) -> Judgement:
    """Refit without the smallest quarter of the sizes, and judge the change of a by its interval."""
    sizes = np.unique(e.size)
    if len(sizes) < SIZES:
        raise Lacking(f"{SIZES} sizes or more")
    least = sizes[max(1, len(sizes) // 4)]
    without = exponent_in(e, e.refit(e.size >= least))
    a = e.exponent
    change = moved(without, a)
    told = f"a = {a.value:.3f} with all sizes and {without.value:.3f} from N = {least:.3g} up"
    return by_interval(change, f"{told}: a change of {interval(change, '.3f')}", high=MOVES)


RULES = (
    identifiable,
    wide_enough,
    reach,
    stable_in_parts,
    held_out_beyond,
    centred_budgets,
    no_waste,
    repeated_seeds,
    no_cherries,
)
