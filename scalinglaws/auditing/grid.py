"""Group C: the design of the grid. Whether sizes and tokens tell the terms of a law apart, and how far they reach."""

import numpy as np

from ..errors import FitError, PointsError, argument
from ..fitting.fit_record import Fit
from ..fitting.problem import jacobian
from ..records.numbers_in_text import interval
from .evidence import Evidence, Lacking, decades, levels, replicates
from .exponents_compared import exponent_in, moved, range_of
from .isoflop import bias_of_parabola, budgets_of
from .rule import Judgement, by_interval, either, fails, rule

SIZES, DECADES, RATIOS = 5, 1.5, 3  # least of a design
RATIO_APART = 0.3  # in ln(D/N): closer ones are one level
NEAR_RAY = 0.35  # standard deviation of ln(D/N) about its line in ln N, below which the points are nearly a ray
FAR, VERY_FAR = 10.0, 100.0
MOVES, MOVES_MUCH = 0.05, 0.10  # of a, between parts of the table
SIDE = 3  # points on each side of an isoFLOP minimum
BIASED = 0.05  # of N* at ten times the largest budget
CHEAP = 0.1  # cost of an L of runs over the grid's, at one standard error
SEEDED = 2  # scales with replicates


@rule(
    "C1",
    "error",
    "The runs can tell what size does from what data do",
    "The runs cannot tell what size does from what data do",
    prevents="E, A, B, alpha and beta that cannot be told apart",
    size="on one ray D = kN the condition number goes as |alpha - beta|^-2 and intervals are 10 times wider or more; "
    "runs off the ray are the better addition in 97.3% of comparisons",
    source="Kricheli et al. 2026",
    do="Add runs at four times more and four times less D/N.",
)
def identifiable(e: Evidence) -> Judgement:
    """Take the condition number of the fit's Jacobian, its columns scaled to one length, and the spread of ln(D/N)
    about its line in ln N.
    """
    e.need("tokens")
    ratio = np.log(e.tokens / e.size)
    line = np.polyfit(np.log(e.size), ratio, 1) if levels(e.size) > 1 else [0.0, ratio.mean()]
    spread = float(np.std(ratio - np.polyval(line, np.log(e.size))))
    told = f"D/N spreads by a factor {np.exp(spread):.2f} about its line in N over {len(ratio)} rows"
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
    if not (np.isfinite(length).all() and length.all()):  # a term that no point feels
        return float("inf")
    return float(np.linalg.cond((along / length[:, None]).T))


@rule(
    "C2",
    "error",
    "Five sizes, a decade and a half of compute and three ratios D/N, or more",
    "Fewer than five sizes, a decade and a half of compute or three ratios D/N",
    prevents="a line with nothing to extrapolate from",
    size="fewer than five models do not carry a law; widening D/N from up to 100 to all moves A from 7.2 to 33.7 and "
    "alpha from .08 to .18",
    source="Choshen et al. 2024; Sardana et al. 2023",
    do="Add sizes, budgets or horizons where the count is short.",
)
def wide_enough(e: Evidence) -> Judgement:
    """Count sizes, powers of ten of compute, and levels of D/N."""
    sizes, span, ratios = levels(e.size), decades(e.flops), levels(e.tokens / e.size, RATIO_APART)
    if ratios < RATIOS:  # a dense cloud of ratios is one chain of neighbours: count how far it stretches instead
        ratios = max(ratios, 1 + int(np.ptp(np.log(e.tokens / e.size)) / np.log(2)))
    good = sizes >= SIZES and span >= DECADES and ratios >= RATIOS
    return either(good, f"{sizes} sizes, {span:.2f} decades of compute, {ratios} levels of D/N")


@rule(
    "C3",
    "error",
    "Forecasts reach at most ten times the compute fitted, or a held-out run reached as far",
    "A forecast reaches more than ten times the compute fitted, and no held-out run reached as far",
    prevents="a hope sold as a forecast",
    size="at 20 times the compute six of six fits of R2 .999 were 3.9-5.5% too high; one recipe held at 33 times "
    "(2.5%) and failed at 333",
    source="Brandfonbrener et al. 2024, recomputed; Delphi 2026",
    do="Train a run between, or hold out the largest runs at an equal ratio and score the forecast.",
)
def reach(e: Evidence) -> Judgement:
    """Take the target's compute over the largest fitted, for every plan and target, beside the reach of the held-out
    test.
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
    prevents="a standard error taken for the error",
    size="windows of compute give a from .356 to .667 on runs whose standard error is .02; .499 or .799 by choice of "
    "runs; alpha .08 to .18 by the range of D/N",
    source="Besiroglu et al. 2024, recomputed; McLeish et al. 2025; Sardana et al. 2023",
    do="Quote the range beside the interval, and find the break: another form, or runs trained otherwise.",
)
def stable_in_parts(e: Evidence) -> Judgement:
    """Refit to the lower and the upper half in compute and to the middle half in D/N, and compare a."""
    found = e.once("parts", parts)
    if len(found) < 2:
        raise Lacking("rows enough to fit half of them: twice as many")
    a, several = e.exponent, {name: exponent_in(e, part) for name, part in found.items()}
    apart = range_of([*several.values(), a])
    told = ", ".join(f"{one.value:.3f} ({name})" for name, one in several.items())
    told = f"a = {interval(a, '.3f')}; {told}: a range of {interval(apart, '.3f')}"
    return by_interval(apart, told, "error" if apart.value > MOVES_MUCH else "warning", high=MOVES)


def parts(e: Evidence) -> dict[str, Fit]:
    """Fit halves of the table; those that cannot be fitted are left out."""
    flops, ratio = e.flops, e.tokens / e.size
    middle = np.median(flops)
    low, high = np.quantile(ratio, [0.25, 0.75])
    chosen = {
        "lower half of C": flops <= middle,
        "upper half of C": flops >= middle,
        "middle half of D/N": (ratio >= low) & (ratio <= high),
    }
    found = {}
    for name, rows in chosen.items():
        try:
            found[name] = e.refit(rows)
        except (FitError, PointsError):
            continue
    return found


@rule(
    "C5",
    "warning",
    "Runs beyond the fitted ones were held out",
    "Held-out runs lie among the fitted ones",
    prevents="an error measured by interpolation and quoted for extrapolation",
    size=".81% on runs within the range and 5.17% far beyond it, same fit",
    source="Skaling 2026",
    do="Hold the largest runs out (hold_out in a study; a column role), and name them before fitting.",
)
def held_out_beyond(e: Evidence) -> Judgement:
    """See whether rows marked as held out took more compute than every row fitted."""
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
    "Each isoFLOP budget has three sizes on both sides of its minimum, and its parabola is unbiased",
    "Some isoFLOP budgets lack sizes on one side of their minimum, or their parabolas are biased",
    prevents="a parabola taken for the surface",
    size="noise-free, D* at 1e24 FLOPs is off by -.33, -1.3, -2.9, -5.1% for grids of 2, 4, 8, 16 times on one "
    "surface, by -1.7 to -23.1% where alpha is 3 beta, and up to +35% where the centre drifts",
    source="Open-Athena 2026",
    do=f"Take {argument(form='additive')}, the default of the frontier isoflop, centre the sizes, or narrow the grid.",
)
def centred_budgets(e: Evidence) -> Judgement:
    """Count sizes below and above the best of each budget; then put the fitted surface without noise on the same sizes,
    fit parabolas, and compare their N* at ten times the largest budget with the surface's own.
    """
    groups = budgets_of(e)
    sides = [(int(e.loss[g][np.argsort(e.size[g])].argmin()), len(g)) for g in groups]
    thin = sum(min(best, many - 1 - best) < SIDE for best, many in sides)
    bias = bias_of_parabola(e, groups)
    told = f"{len(groups)} budgets, {thin} with under {SIDE} sizes on one side; parabolas are {bias:+.1%} off in N*"
    return either(not thin and abs(bias) <= BIASED, told)


@rule(
    "C7",
    "warning",
    "No much cheaper design would have done as well",
    "A much cheaper design would have done as well",
    prevents="compute spent on runs that teach nothing new",
    size="an L of runs costs a tenth to a fifth of the grid and foretells far losses to 1.15-1.51%",
    source="Skaling 2026",
    do="Next time train all sizes at the shortest horizon and the smallest size at all horizons.",
)
def no_waste(e: Evidence) -> Judgement:
    """Compare all runs with an L of them (each size at its shortest horizon, the smallest size at every horizon): cost,
    and the standard error of ln L at ten times the largest compute by the fitted law's information; an L repeated k
    times costs k times as much and is k^.5 times as certain.
    """
    found = e.fit
    shortest = np.array([e.tokens[i] <= 1.02 * e.tokens[e.size == e.size[i]].min() for i in range(found.n)])
    rows = shortest | (e.size <= 1.02 * e.size.min())
    if rows.sum() <= len(found.free) or rows.sum() > 0.7 * found.n:
        raise Lacking("a grid: several horizons a size, with more runs than an L of them")
    share = float(e.flops[rows].sum() / e.flops.sum())
    wider = _target_error(e, found, rows) / _target_error(e, found, np.ones(found.n, dtype=bool))
    equal = share * wider**2
    told = (
        f"{int(rows.sum())} of {found.n} runs form an L of {share:.2%} of the compute, {wider:.2f} times as uncertain"
    )
    return either(
        equal > CHEAP, f"{told} at ten times the compute: repeated until as certain it would cost {equal:.1%}"
    )


def _target_error(e: Evidence, found: Fit, rows: np.ndarray) -> float:
    """Standard error of ln L at ten times the largest run, per unit of noise."""
    along = jacobian(found.problem, found.z[None])[1][0][:, rows]
    largest = int(e.flops.argmax())
    at = (np.array([e.size[largest] * 10**0.5]), np.array([e.tokens[largest] * 10**0.5]))
    value, slope = found.problem.coordinates.value_and_slopes(found.z[None], at)
    gradient = slope[0][:, 0] / value[0][0]
    return float(np.sqrt(gradient @ np.linalg.pinv(along @ along.T, hermitian=True) @ gradient))


@rule(
    "C8",
    "warning",
    "Seeds are repeated at two scales or more",
    "Seeds are repeated at fewer than two scales",
    prevents="misfit that cannot be told from noise",
    size="seeds move losses by up to 3.5-4%, elsewhere 2%, or .0007 nats at 132M parameters",
    source="Choshen et al. 2024; Kaplan et al. 2020; Clark et al. 2022, recomputed",
    do="Train two more seeds at a small and at a large size.",
)
def repeated_seeds(e: Evidence) -> Judgement:
    """Count the settings that were trained more than once, and set the spread of seeds beside the scatter about the
    law.
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
    return either(scales >= SEEDED, f"{told}; seeds spread by {noise:.2%}, rows about the law by {e.fit.rms_log:.2%}")


@rule(
    "C9",
    "info",
    "Leaving out the smallest models would not move the exponent",
    "Leaving out the smallest models moves the exponent",
    prevents="a law picked by what was left out",
    size="published fits differ in which small models they drop; one fits those above 2.2 nats apart",
    source="Busbridge et al. 2025; Hoffmann et al. 2022; Porian et al. 2024",
    do="Fix the rule of exclusion before fitting, and print this sensitivity beside the exponent.",
)
def no_cherries(e: Evidence) -> Judgement:
    """Refit without the smallest quarter of the sizes."""
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
