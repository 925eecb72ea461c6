"""Group E: what the law is used for: comparing arms, predicting tasks, choosing data, serving."""

from collections.abc import Mapping

import numpy as np

from ..errors import FitError, PointsError, argument
from ..records.numbers_in_text import interval
from ..results.fitted import Estimate
from ..results.outcome import outcome_of
from .evidence import Evidence, Lacking, levels, optimal_scale, optimal_size, split_exponent
from .pairs_of_arms import difference_of_shares, pairs_right
from .rule import Judgement, by_interval, by_parts, either, fails, holds, rule
from .task_over_loss import TaskRows, range_over_scatter, rank_correlation, scatter_of_one_curve

ARMS = ("arm", "train_set")
TASKS = ("error_top1", "accuracy")
CONTINUOUS = ("loss_task_bits_per_byte",)
FAIR = 1.5  # runs of one arm over those of another
OVERLAP = 0.5  # of the range of compute, that all arms must share
MONOTONE, SIGNAL = 0.8, 3.0  # Spearman's rho; range of a task over its scatter about the loss
SHIFTED = 2.0  # scatter of a task about one line for all texts, over that about a line each
OVERTRAINED = 10.0  # D/N over that of the optimum


def arm_of(e: Evidence) -> np.ndarray:
    """Give the arm that each row belongs to.

    Raises:
        Lacking: the table has no arms.
    """
    for name in ARMS:
        if e.has(name) and len(np.unique(e.kept[name])) > 1:
            return e.kept[name]
    raise Lacking("a column arm with two arms or more")


@rule(
    "E5",
    "warning",
    "Arms are compared over one range of compute, with equal tuning",
    "Arms are compared over different ranges of compute, or with unequal tuning",
    prevents="speed-ups that are differences of tuning or range",
    size="a gain of 1.4 times at 0.1e9 parameters is 1.1 times at 1.2e9; by its authors' exponents a compute of 0.478 "
    "times the baseline's grows to 0.567 times; separate fits of five constants are ill-conditioned",
    source="Wen et al. 2025; Moonlight 2025; Volkova et al. 2026",
    do="Train all arms on one grid, with equally many trials each; fit shared exponents (scalinglaws arms) and quote "
    "the compute at which two arms cross.",
)
def fair_arms(e: Evidence) -> Judgement:
    """Count the runs and learning rates of every arm, and take the range of compute that all share: facts of the table.
    The exponents of the single arms are given beside them.
    """

    arm = arm_of(e)
    names, counts = np.unique(arm, return_counts=True)
    ends = np.array([[np.log(e.flops[arm == n].min()), np.log(e.flops[arm == n].max())] for n in names])
    shared = (ends[:, 1].min() - ends[:, 0].max()) / max(np.ptp(ends), 1e-12)
    wrong = []
    if counts.max() > FAIR * counts.min():
        wrong.append(f"{counts.min()} to {counts.max()} runs per arm")
    if e.has("lr"):
        rates = [levels(e.kept["lr"][arm == n]) for n in names]
        wrong += [f"{min(rates)} to {max(rates)} rates per arm"] if max(rates) > FAIR * min(rates) else []
    if shared < OVERLAP:
        wrong.append(f"they share {max(shared, 0):.0%} of the range of compute")
    own = ", ".join(f"{n} {a:.3f}" for n in names[:6] if (a := _own_exponent(e, arm == n)) is not None)
    told = f"{len(names)} arms" + (f"; a of each by itself: {own}" if own else "")
    return either(not wrong, "; ".join([told, *wrong]))


def _own_exponent(e: Evidence, rows: np.ndarray) -> float | None:
    try:
        return split_exponent(e.refit(rows).values)
    except (FitError, PointsError):
        return None


def task_of(e: Evidence) -> np.ndarray:
    """Give the error of a downstream task.

    Raises:
        Lacking: the table has none.
    """
    name = e.one_of(*TASKS)
    return 1 - e.kept[name] if name == "accuracy" else e.kept[name]


@rule(
    "E6",
    "error",
    "The task follows the loss, so that the loss can predict it",
    "The task does not follow the loss, so that the loss cannot predict it",
    prevents="forecasts that are no better than chance",
    size="39% of 46 tasks can be predicted; one forecast was wrong by 10 points; single tasks are missed by 25.7%",
    source="Lourie et al. 2025; Bhagia et al. 2024; Gadre et al. 2024",
    do="Fit the loss, then the task as a function of the loss; leave out the tasks that fail here, and say so.",
)
def follows_the_loss(e: Evidence) -> Judgement:
    """Take Spearman's correlation of the task with the loss, and the task's range over its scatter about a parabola in
    the loss; each by its interval.
    """
    rows = TaskRows(e.loss, task_of(e), e.runs)
    rho, signal = rank_correlation(rows, e.level), range_over_scatter(rows, e.level)
    found = (
        f"rank correlation of the task with the loss: {interval(rho, '.3f')}; "
        f"range of the task over its scatter: {interval(signal, '.3g')}"
    )
    return by_parts((outcome_of(rho, low=MONOTONE), outcome_of(signal, low=SIGNAL)), found)


@rule(
    "E7",
    "warning",
    "The task has a continuous metric",
    "The task has no continuous metric",
    prevents="an emergent ability that comes from the metric",
    size="with bits per byte of the answer 83.7% of decisions are right, without them 77%",
    source="Heineman et al. 2025 (signal and noise)",
    do="Record the bits per byte of the right answer (loss_task_bits_per_byte).",
)
def continuous(e: Evidence) -> Judgement:
    """Look for a continuous metric beside the share of right answers."""
    if any(e.has(name) for name in CONTINUOUS):
        return holds(f"the bits per byte of the answer are recorded in {len(e.kept)} rows")
    task_of(e)
    return fails("only the share of right answers is recorded")


@rule(
    "E8",
    "warning",
    "Laws choose the better arm more often than the ranking at one size",
    "Laws choose the better arm less often than the ranking at one size",
    prevents="a law that is worse than no law",
    size="the ranking of 25 corpora at 150M parameters is right at 1B in 80% of pairs; none of 8 laws is better",
    source="DataDecide 2025",
    do="Choose by the ranking at the largest affordable size.",
)
def beats_ranking(e: Evidence) -> Judgement:
    """Hold the largest size out; predict which arm of every pair has the lower loss there, by a law for each arm and by
    the ranking at the next size; compare the shares of pairs that are right, by the interval of their difference.
    """
    arm = arm_of(e)
    names, sizes = np.unique(arm), np.unique(e.size)
    common = [s for s in sizes if all(((e.size == s) & (arm == n)).any() for n in names)]
    if len(names) < 3 or len(common) < 4:
        raise Lacking("three arms that share four sizes")
    top, below = common[-1], common[-2]
    actual, ranked = (_best_losses(e, arm, names, size) for size in (top, below))
    said = np.array([_predicted(e, arm == n, top) for n in names])
    if not np.isfinite(said).all():
        raise Lacking("enough rows to fit every arm below its largest size")
    by_law, by_rank = pairs_right(said, actual), pairs_right(ranked, actual)
    more = difference_of_shares(by_law, by_rank, len(names), e.level)
    found = (
        f"of the pairs of {len(names)} arms the laws get {by_law.mean():.0%} right, the ranking at N = {below:.3g} "
        f"{by_rank.mean():.0%}: a difference of {interval(more, '.2f')}"
    )
    return by_interval(more, found, low=0.0)


def _best_losses(e: Evidence, arm, names, size: float) -> np.ndarray:
    return np.array([e.loss[(arm == n) & (e.size == size)].min() for n in names])


def _predicted(e: Evidence, rows: np.ndarray, size: float) -> float:
    """Predict the lowest loss of an arm at a size by the law of its smaller ones."""
    try:
        found = e.refit(rows & (e.size < size))
    except (FitError, PointsError):
        return float("nan")
    return float(found.evaluate(N=size, D=e.tokens[rows & (e.size == size)].max()))


@rule(
    "E9",
    "warning",
    "One curve of the task over the loss describes every training text",
    "One curve of the task over the loss does not describe every training text",
    prevents="a curve of the task over the loss that does not hold for another text",
    size="the curves of six corpora differ",
    source="Brandfonbrener et al. 2024; Lourie et al. 2026",
    do="Fit the task as a function of the loss for each training text separately.",
)
def one_text(e: Evidence) -> Judgement:
    """Compare the scatter of the task about one parabola in the loss with that about a parabola for every text, by the
    interval of their ratio. A single text needs no comparison.
    """
    rows, text = TaskRows(e.loss, task_of(e), e.runs), e.kept[e.one_of("train_set")]
    names = np.unique(text)
    if len(names) == 1:
        return holds(f"{len(text)} rows of one training text ({names[0]})")
    ratio = scatter_of_one_curve([rows.take(text == name) for name in names], e.level)
    found = f"{len(names)} texts: the scatter about one curve over that about a curve for each text"
    return by_interval(ratio, f"{found}: {interval(ratio, '.3g')}", high=SHIFTED)


@rule(
    "E10",
    "warning",
    "D/N is planned at no more than ten times its optimum",
    "D/N is planned at more than ten times its optimum",
    prevents="more training tokens that make a quantised, distilled or tuned model worse",
    size="the loss that quantising adds grows with D; after tuning a model of 3e12 tokens is worse than one of 2.3e12",
    source="Kumar et al. 2024; Springer et al. 2025",
    do="Measure the loss after quantising or tuning at two horizons before training longer.",
)
def not_overtrained(e: Evidence) -> Judgement:
    """Divide D/N of the plans, or of the target, by that of the fitted law's optimum at the same compute, and judge the
    ratio by the interval that the draws of the fit give it.
    """
    asked = [(plan.params.value, plan.tokens.value) for plan in e.plans]
    asked += [(e.target["N"], e.target["D"])] if {"N", "D"} <= set(e.target) else []
    if not asked:
        raise Lacking(f"a plan, or a target N and D, such as {argument(target={'N': 1e9, 'D': 2e12})}")
    optimal_scale(e.fit)  # refuses a fit in which no size is optimal
    over = max((_over_optimum(e, n, d) for n, d in asked), key=lambda one: one.value)
    return by_interval(over, f"D/N over that of the optimum: up to {interval(over, '.3g')}", high=OVERTRAINED)


def _over_optimum(e: Evidence, n: float, d: float) -> Estimate:
    """Give D/N at N and D over that of the optimum at their compute, (N_opt/N)^2, with its interval."""
    drawn = {name: e.draws.values[:, e.draws.names.index(name)] for name in ("A", "B", "alpha", "beta")}
    fitted = {name: np.asarray(e.fit.values[name], dtype=float) for name in drawn}

    def over(v: Mapping[str, np.ndarray]) -> np.ndarray:
        return (optimal_size(v, 6 * n * d) / n) ** 2

    with np.errstate(over="ignore"):
        low, high = np.quantile(over(drawn), [(1 - e.level) / 2, (1 + e.level) / 2])
    return Estimate(float(over(fitted)), float(low), float(high), e.level)


RULES = (fair_arms, follows_the_loss, continuous, beats_ranking, one_text, not_overtrained)
