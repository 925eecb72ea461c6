"""Group B: how the runs were trained and evaluated: warm-up, decay, checkpoints, outliers, evaluation."""

import numpy as np

from ..errors import FitError, PointsError, argument
from ..points.which_rows import points_of_checkpoints
from ..records.numbers_in_text import interval
from .evidence import SAME, Evidence, Lacking, levels
from .rule import Judgement, by_interval, either, fails, holds, rule, unknown
from .scatter import in_units_of, scatter_by_squares

LONG_WARMUP, TOO_LONG_WARMUP = 0.10, 0.20
MATCHED = 1.25  # planned over trained steps: beyond it a loss is read before the decay (Hoffmann et al., figure A1)
EARLY = 0.10  # first share of a run whose losses say nothing of its end (Choshen et al. 2024)
BLUNT = 1.0  # standard error of a loss over the scatter about the law


@rule(
    "B1",
    "error",
    "Warm-up takes at most a tenth of every run",
    "Warm-up takes more than a tenth of some runs, or more tokens than they have parameters",
    prevents="small runs that never train at their full learning rate",
    size="a shorter warm-up moves a from 0.706 to 0.602, the largest change after the count of FLOPs",
    source="Porian et al. 2024",
    do="Scale the warm-up with the run (a tenth of the steps or less), or leave out the runs that it covers.",
)
def short_warmup(e: Evidence) -> Judgement:
    """Divide the warm-up by the steps of every row, and the tokens of the warm-up by N."""
    share = warmup_shares(e)
    worst, many = float(share.max()), int((share > LONG_WARMUP).sum())
    told = f"warm-up takes {share.min():.1%} to {worst:.1%} of a run"
    if many:
        severity = "error" if worst > TOO_LONG_WARMUP else "warning"
        return fails(f"{told}; over {LONG_WARMUP:.0%} in {many} of {len(share)} rows", severity)
    over = e.tokens * share / e.size
    if over.max() > 1:
        rows = int((over > 1).sum())
        return fails(
            f"{told}, but up to {over.max():.3g} tokens per parameter, more than one in {rows} rows", "warning"
        )
    return holds(f"{told} and up to {over.max():.2g} tokens per parameter")


def warmup_shares(e: Evidence) -> np.ndarray:
    """Give the share of every row's run that its warm-up takes.

    Raises:
        Lacking: the table does not say.
    """
    if e.has("warmup_share"):
        return e.kept["warmup_share"]
    if not e.has("warmup_steps"):
        raise Lacking("the columns warmup_steps and steps")
    return e.kept["warmup_steps"] / e.need("steps")[0]


@rule(
    "B2",
    "error",
    "The learning rate has decayed where a loss is read, or is constant in all rows",
    "Some losses are read before the learning rate has decayed",
    prevents="losses that are read in the middle of a decay and lie too high",
    size="a schedule that is longer than the run by over 25% raises the loss; a schedule that matches the run moves a "
    "from 0.602 to 0.571; a full decay reduces the error of the law by 98%",
    source="Hoffmann et al. 2022, figure A1; Porian et al. 2024; Lourie et al. 2026",
    do="Lay the schedule out for the run, or branch cooldowns off a constant rate; keep only decayed readings "
    f"({argument(keep='decayed')}).",
)
def decayed(e: Evidence) -> Judgement:
    """Compare the steps that the schedule was planned for with the steps trained. Then call every row decayed, hot (at
    a constant rate) or in the middle of a decay, by its schedule and by its learning rates.
    """
    told, wrong = [], []
    if e.has("planned_steps"):
        ratio = e.kept["planned_steps"] / e.need("steps")[0]
        bad = int((ratio > MATCHED).sum())
        told.append(f"schedules are {ratio.min():.3g} to {ratio.max():.3g} times as long as the steps read")
        wrong += [f"{bad} of {len(ratio)} rows read before the decay"] if bad else []
    status = _status(e)
    kinds = {kind: int((status == kind).sum()) for kind in ("decayed", "hot", "mid-decay") if (status == kind).any()}
    if not told and not kinds:
        raise Lacking("the column lr_schedule, planned_steps, or a rate lr along each run")
    told.append(", ".join(f"{many} rows {kind}" for kind, many in kinds.items()) or "no schedule is named")
    if "mid-decay" in kinds:
        wrong.append("rows in the middle of a decay take part")
    if {"decayed", "hot"} <= kinds.keys():
        wrong.append("rows at a constant rate stand beside decayed ones")
    return either(not wrong, "; ".join(told + wrong))


def _status(e: Evidence) -> np.ndarray:
    points = e.kept if e.has("tokens") or e.has("steps") else e.kept.replace(tokens=e.tokens)
    if "lr_schedule" in points:
        points = points.replace(schedule_set=points["lr_schedule"])
    if not np.isin(["run_id"], list(points.columns)).any():
        points = points.replace(run_id=e.runs)
    return points_of_checkpoints(points, keep="all")["checkpoint"]


@rule(
    "B3",
    "error",
    "Losses along a run take part only where its rate was constant or had decayed",
    "Losses take part that were read early in a run, or where its rate was still changing",
    prevents="one run that is counted many times, with a bias",
    size="a law of the schedule predicts checkpoints with a mean error of 0.11-0.17%; without such a law they are "
    "biased",
    source="Luo et al. 2025; Choshen et al. 2024",
    do=f"Keep the last row of each run ({argument(keep='final')}), or hot checkpoints after the first tenth "
    f"({argument(burn_in=0.1)}).",
)
def honest_checkpoints(e: Evidence) -> Judgement:
    """Count the rows that are not the end of their run, those of them whose rate was still to decay, and those that
    were read in the first tenth of their run.
    """
    runs = e.runs
    if len(np.unique(runs)) == len(runs):
        return holds(f"{len(runs)} rows, one per run")
    if "run_id" not in e.kept:
        return unknown("a column run_id: which rows are of one run is not said")
    status = _status(e)
    progress = e.tokens
    _, index = np.unique(runs, return_inverse=True)
    end = np.zeros(index.max() + 1)
    np.maximum.at(end, index, progress)
    early = int((progress < EARLY * end[index]).sum())
    inside = int(np.isin(status, ("mid-decay", "intermediate")).sum())
    told = f"{len(runs)} rows of {len(end)} runs: {inside} inside a run that was to decay or whose schedule is unknown"
    return either(not inside and not early, f"{told}, {early} in the first {EARLY:.0%} of their run")


@rule(
    "B9",
    "warning",
    "No run that diverged, was cut short or lies far off the fit takes part",
    "Runs take part that diverged, were cut short or lie far off the fit",
    prevents="a law that a few outliers decide",
    size="5 of 245 points move B from 2085 to 12850, and D/N at 5.76e23 FLOPs from 17.9 to 6.8",
    source="Besiroglu et al. 2024, recomputed",
    do="Look at the runs named; give them a reason in the column excluded_because.",
)
def whole_runs(e: Evidence) -> Judgement:
    """Count the rows whose outcome is not "finished", those that are marked as cut short, and those that lie over
    twelve robust standard deviations off the fit of the others.
    """
    told, wrong = [], []
    if e.has("outcome"):
        bad = int((e.kept["outcome"] != "finished").sum())
        told.append(f"{len(e.kept) - bad} of {len(e.kept)} rows finished")
        wrong += [f"{bad} did not finish"] if bad else []
    for name in ("complete",):
        if e.has(name) and (e.kept[name] == 0).any():
            wrong.append(f"{int((e.kept[name] == 0).sum())} rows are marked as cut short")
    try:
        wild = [w.message for w in e.fit.warnings if w.id == "wild-points"]
        told += [] if wild else ["no row lies 12 robust standard deviations off the fit"]
        wrong += wild
    except (FitError, PointsError):
        told += []
    if not told and not wrong:
        raise Lacking("the column outcome, or points that can be fitted")
    return either(not wrong, "; ".join(told + wrong))


@rule(
    "B10",
    "warning",
    "Sizes share their data, context and evaluation, whose error is known and small",
    "Sizes differ in data, context or evaluation, or its error is large",
    prevents="noise, or a change of recipe, that is taken for a law",
    size="a change of the data loader alone made the earlier losses of one project incomparable with the later ones",
    source="nanochat 2026",
    do="Train all sizes on one text with one context length; evaluate on more tokens, and record loss_nats_sem.",
)
def one_recipe(e: Evidence) -> Judgement:
    """Look for contexts, texts and tokenizers that differ between sizes, and divide the median standard error of a loss
    by the scatter about the law. The standard errors are facts of the table; the ratio is judged by the interval of the
    scatter.
    """
    mixed = [n for n in ("n_ctx", "train_set", "tokenizer") if e.has(n) and _changes_with_size(e, n)]
    if not e.has("loss_nats_sem"):
        if mixed:
            return fails(f"{', '.join(mixed)} differs between sizes")
        raise Lacking("the column loss_nats_sem, the standard error of a loss from its test set")
    error = float(np.median(e.kept["loss_nats_sem"] / e.loss))
    blunt = in_units_of(scatter_by_squares(e.fit, e.level), error)
    told = (
        f"the median standard error of a loss is {error:.2%}, the scatter about the law {e.fit.rms_log:.2%}: "
        f"{interval(blunt, '.3g')} times as much"
    )
    if mixed:
        return fails(f"{told}; {', '.join(mixed)} differs between sizes")
    return by_interval(blunt, told, high=BLUNT)


def _changes_with_size(e: Evidence, name: str) -> bool:
    """Whether some value of a column occurs at some of the sizes only."""
    column, sizes = e.kept[name], np.round(np.log(e.size) / SAME)
    values = np.unique(column)
    return len(values) > 1 and any(levels(np.exp(SAME * sizes[column == v])) < levels(e.size) for v in values)


RULES = (short_warmup, decayed, honest_checkpoints, whole_runs, one_recipe)
