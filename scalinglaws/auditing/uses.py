"""Group E: what the law is used for: comparing arms, foretelling tasks, choosing data, serving."""

from itertools import combinations

import numpy as np

from ..errors import FitError, PointsError
from .evidence import Evidence, Lacking, levels, optimal_scale, split_exponent
from .rule import Judgement, either, fails, holds, rule

ARMS = ("arm", "train_set")
TASKS = ("error_top1", "accuracy")
CONTINUOUS = ("loss_task_bits_per_byte",)
FAIR = 1.5  # runs of one arm over those of another
OVERLAP = 0.5  # of the range of compute that arms share
MONOTONE, SIGNAL = 0.8, 3.0  # Spearman's rho; range of a task over its scatter about the loss
SHIFTED = 2.0  # scatter of a task about one line for all texts, over that about a line each
OVERTRAINED = 10.0  # D/N over that of the optimum


def arm_of(e: Evidence) -> np.ndarray:
    """Which arm each row belongs to.

    Raises:
        Lacking: the table knows no arms.
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
    size="a gain of 1.4 times at 0.1e9 parameters is 1.1 at 1.2e9; a saving of .478 shrinks to .567 by its authors' "
    "exponents; separate fits of five constants are ill-conditioned",
    source="Wen et al. 2025; Moonlight 2025; Volkova et al. 2026",
    do="Train arms on one grid with as many trials each; fit shared exponents (scalinglaws arms) and quote where they "
    "cross.",
)
def fair_arms(e: Evidence) -> Judgement:
    """Count the runs and rates of every arm, the compute that they share, and the exponent of each by itself."""
    arm = arm_of(e)
    names, counts = np.unique(arm, return_counts=True)
    ends = np.array([[np.log(e.flops[arm == n].min()), np.log(e.flops[arm == n].max())] for n in names])
    shared = (ends[:, 1].min() - ends[:, 0].max()) / max(np.ptp(ends), 1e-12)
    wrong = []
    if counts.max() > FAIR * counts.min():
        wrong.append(f"{counts.min()} to {counts.max()} runs an arm")
    if e.has("lr"):
        rates = [levels(e.kept["lr"][arm == n]) for n in names]
        wrong += [f"{min(rates)} to {max(rates)} rates an arm"] if max(rates) > FAIR * min(rates) else []
    if shared < OVERLAP:
        wrong.append(f"they share {max(shared, 0):.0%} of the range of compute")
    own = ", ".join(f"{n} {a:.3f}" for n in names[:6] if (a := _own_exponent(e, arm == n)) is not None)
    told = f"{len(names)} arms" + (f"; a by itself: {own}" if own else "")
    return either(not wrong, "; ".join([told, *wrong]))


def _own_exponent(e: Evidence, rows: np.ndarray) -> float | None:
    try:
        return split_exponent(e.refit(rows).values)
    except (FitError, PointsError):
        return None


def task_of(e: Evidence) -> np.ndarray:
    """Error of a downstream task.

    Raises:
        Lacking: the table has none.
    """
    name = e.one_of(*TASKS)
    return 1 - e.kept[name] if name == "accuracy" else e.kept[name]


@rule(
    "E6",
    "error",
    "A task is predicted through the loss, and only where it follows the loss",
    "The task does not follow the loss, so that the loss cannot predict it",
    prevents="forecasts no better than chance",
    size="39% of 46 tasks can be foretold; one was 10 points off; single tasks miss by 25.7%",
    source="Lourie et al. 2025; Bhagia et al. 2024; Gadre et al. 2024",
    do="Fit loss, then task from loss; leave out the tasks that fail here, and say so.",
)
def foretellable(e: Evidence) -> Judgement:
    """Take Spearman's correlation of the task with the loss, and the task's range over its scatter about a line in the
    loss.
    """
    from scipy.stats import spearmanr

    task = task_of(e)
    rho = float(spearmanr(e.loss, task).statistic)
    scatter = float(np.std(task - np.polyval(np.polyfit(e.loss, task, 2), e.loss)))
    signal = float(np.ptp(task) / max(scatter, 1e-12))
    told = f"the task follows the loss with rho = {rho:.3f}; its range is {signal:.3g} times its scatter"
    return either(rho >= MONOTONE and signal >= SIGNAL, told)


@rule(
    "E7",
    "warning",
    "Tasks have a continuous metric",
    "The task has no continuous metric",
    prevents="emergence made by the metric",
    size="bits per byte of the answer raise right decisions from 77 to 83.7%",
    source="Heineman et al. 2025 (signal and noise)",
    do="Record the bits per byte of the right answer (loss_task_bits_per_byte).",
)
def continuous(e: Evidence) -> Judgement:
    """Look for a continuous metric beside the share of right answers."""
    if any(e.has(name) for name in CONTINUOUS):
        return holds(f"the bits per byte of the answer are recorded in {len(e.kept)} rows")
    task_of(e)
    return fails("the share of right answers alone")


@rule(
    "E8",
    "warning",
    "A law that picks data does better than ranking at one scale",
    "A law that picks data does worse than ranking at one scale",
    prevents="a law that is worse than no law",
    size="ranking 25 corpora at 150M parameters picks the winner at 1B in 80% of pairs; none of 8 laws does better",
    source="DataDecide 2025",
    do="Pick by the ranking at the largest affordable scale.",
)
def beats_ranking(e: Evidence) -> Judgement:
    """Hold the largest size out; foretell which arm of every pair wins there by a law each, and by the ranking at the
    next size.
    """
    arm = arm_of(e)
    names, sizes = np.unique(arm), np.unique(e.size)
    common = [s for s in sizes if all(((e.size == s) & (arm == n)).any() for n in names)]
    if len(names) < 3 or len(common) < 4:
        raise Lacking("three arms that share four sizes")
    top, below = common[-1], common[-2]
    actual, ranked = (_best_losses(e, arm, names, size) for size in (top, below))
    said = np.array([_foretold(e, arm == n, top) for n in names])
    if not np.isfinite(said).all():
        raise Lacking("rows enough to fit every arm below its largest size")
    by_law, by_rank = _right(said, actual), _right(ranked, actual)
    told = (
        f"of the pairs of {len(names)} arms laws get {by_law:.0%} right, the ranking at N = {below:.3g} {by_rank:.0%}"
    )
    return either(by_law >= by_rank, told)


def _best_losses(e: Evidence, arm, names, size: float) -> np.ndarray:
    return np.array([e.loss[(arm == n) & (e.size == size)].min() for n in names])


def _foretold(e: Evidence, rows: np.ndarray, size: float) -> float:
    """Least loss of an arm at a size, by the law of its smaller ones."""
    try:
        found = e.refit(rows & (e.size < size))
    except (FitError, PointsError):
        return float("nan")
    return float(found.evaluate(N=size, D=e.tokens[rows & (e.size == size)].max()))


def _right(said: np.ndarray, actual: np.ndarray) -> float:
    pairs = list(combinations(range(len(actual)), 2))
    return float(np.mean([(said[i] < said[j]) == (actual[i] < actual[j]) for i, j in pairs]))


@rule(
    "E9",
    "warning",
    "Tasks are predicted from the loss for one training text at a time",
    "One curve of task over loss is used for training texts that differ",
    prevents="a correspondence of loss and task that another text breaks",
    size="curves of task over loss differ by text in six corpora",
    source="Brandfonbrener et al. 2024; Lourie et al. 2026",
    do="Fit the second step for each training text alone.",
)
def one_text(e: Evidence) -> Judgement:
    """Compare the scatter of the task about one curve in the loss with that about a curve for every text."""
    task, text = task_of(e), e.kept[e.one_of("train_set")]
    names = np.unique(text)
    if len(names) == 1:
        return holds(f"{len(text)} rows of one training text ({names[0]})")
    whole = _scatter(e.loss, task)
    apart = float(np.sqrt(np.mean([_scatter(e.loss[text == n], task[text == n]) ** 2 for n in names])))
    told = f"{len(names)} texts: the scatter about one curve is {whole:.4f}, about a curve each {apart:.4f}"
    return either(whole < SHIFTED * apart, told)


def _scatter(loss: np.ndarray, task: np.ndarray) -> float:
    return float(np.std(task - np.polyval(np.polyfit(loss, task, 2), loss))) if len(loss) > 3 else 0.0


@rule(
    "E10",
    "warning",
    "Models to be quantised, distilled or tuned are not far over-trained",
    "Models are trained far beyond the optimal ratio of tokens to parameters",
    prevents="more tokens that make the served model worse",
    size="the loss that quantising adds grows with D; 3e12 tokens serve worse than 2.3e12 after tuning",
    source="Kumar et al. 2024; Springer et al. 2025",
    do="Measure the loss after quantising or tuning at two horizons before training longer.",
)
def not_overtrained(e: Evidence) -> Judgement:
    """Compare D/N of the plans, or of the target, with that of the fitted law's optimum at the same compute."""
    asked = [(plan.params.value, plan.tokens.value) for plan in e.plans]
    asked += [(e.target["N"], e.target["D"])] if {"N", "D"} <= set(e.target) else []
    if not asked:
        raise Lacking("a plan, or a target N and D (--target N=1e9,D=2e12)")
    v = e.fit.values
    scale = optimal_scale(e.fit)
    over = [d / n / (n * d / (scale * (n * d) ** split_exponent(v)) ** 2) for n, d in asked]
    return either(max(over) <= OVERTRAINED, f"D/N is up to {max(over):.3g} times that of the optimum")


RULES = (fair_arms, foretellable, continuous, beats_ranking, one_text, not_overtrained)
