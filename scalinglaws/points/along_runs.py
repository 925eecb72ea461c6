"""Rows that lie along a run: replaced by a restart, after the minimum of the loss, or before the end of a schedule."""

import numpy as np

from ..errors import argument, counted
from ..quantities import playing
from .distinct import distinct
from .points import Points
from .which_rows import numbers_of_runs, status_of

Reasons = dict[int, tuple[str, str]]  # row -> its reason, and what a note counts
SEVERAL = 3  # rows of a run from which they lie along it
ENDED = 0.98  # share of the planned steps from which a run counts as finished
ONE_SIZE = 1.02  # largest ratio of the sizes of one run
LEAST_TURN = 6  # rows of a run from which its loss can be seen to turn up
TURN = 0.01  # rise of ln L above its minimum from which a loss turned up
TURN_IN_SCATTER = 5.0  # the same rise in standard deviations of the rows about a smooth curve
LEAST_SHARE = 0.1  # of the rows, along runs of unknown schedule, from which there is a warning


def progress_of(points: Points) -> np.ndarray | None:
    """Give how far each row's run had come, in steps or tokens; None where the table does not say."""
    return next((points[name] for name in ("steps", "tokens") if name in points), None)


def groups(points: Points) -> list[np.ndarray]:
    """Group the rows of each named run that agree in every label, in the order of the table; runs of few rows are left.

    Text that differs in most rows, such as a time, is no label.
    """
    if "run_id" not in points:
        return []
    key = np.zeros(len(points), dtype=np.int64)
    for name, values in points.columns.items():
        if values.dtype.kind == "U":
            names, code = points.distinct(name)
            if name == "run_id" or 2 * len(names) <= len(points):
                key = np.unique(key * len(names) + code, return_inverse=True)[1].reshape(-1)
    order = np.argsort(key, kind="stable")
    names, code = points.distinct("run_id")
    order = order[(names != "")[code[order]]]
    found = np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
    return [rows for rows in found if len(rows) >= SEVERAL]


def abandoned(points: Points) -> Reasons:
    """Find the rows that a restart from an earlier step replaced: the run goes back, and passes their steps again.

    A run in which most rows go back is not a log in the order of time, and is left as it is; so is a row that the later
    part of the run repeats with the same loss.
    """
    progress, found = progress_of(points), {}
    loss = next((points[name] for name in playing("loss") if name in points), None)
    if progress is None or loss is None:
        return {}
    for rows in groups(points):
        steps = progress[rows]
        back = np.flatnonzero(np.diff(steps) <= 0) + 1
        if not len(back) or len(rows) < SEVERAL + 1 or len(back) > 0.1 * len(rows) + 1:
            continue
        for at in back.tolist():
            later = set(zip(steps[at:].tolist(), loss[rows[at:]].tolist(), strict=True))
            for i in rows[:at][steps[:at] >= steps[at]].tolist():
                if (progress[i], loss[i]) in later:
                    continue
                reason = f"the run went back to {steps[at]:,.0f} and passed it again"
                found[i] = (reason, "a run went back, and its first attempt from there on was given up")
    return found


def overfit(points: Points) -> Reasons:
    """Find the rows after the minimum of a run whose held-out loss turned up: the minimum stands for the run.

    So Kaplan et al. 2020 (section 4) stop a run that overfits. A rise counts from 1% of the loss, and from five
    standard deviations of the rows about a smooth curve; none counts within the first pass over the text.
    """
    progress, loss = progress_of(points), _held_out(points)
    once = {"tokens", "tokens_unique"} <= set(points.columns)
    if progress is None or loss is None:
        return {}
    found: Reasons = {}
    for rows in groups(points):
        rows = rows[np.argsort(progress[rows], kind="stable")]
        least = _turn(progress[rows], loss[rows])
        if once and least is not None and points["tokens"][rows[-1]] <= points["tokens_unique"][rows[-1]]:
            continue
        if least is not None:
            reason = f"the loss of its run turned up after its minimum at {progress[rows[least]]:.4g}"
            kind = "the held-out loss of their run had turned up, and its minimum stands for the run"
            found |= dict.fromkeys(rows[least + 1 :].tolist(), (reason, kind))
    return found


def _held_out(points: Points) -> np.ndarray | None:
    """Give the column of a loss on held-out text; None if there is none."""
    name = next((name for name in ("loss_nats", "loss_bits_per_byte") if name in points), None)
    if name is None or (
        "loss_split" in points and (np.char.find(np.char.lower(points["loss_split"]), "train") >= 0).any()
    ):
        return None
    return points[name]


def _turn(progress: np.ndarray, loss: np.ndarray) -> int | None:
    """Give the place of a run's minimum if its loss turned up after it."""
    if len(loss) < LEAST_TURN or (np.diff(progress) <= 0).any() or not (np.isfinite(loss) & (loss > 0)).all():
        return None
    log = np.log(loss)
    least, rough = int(log.argmin()), np.abs(np.diff(log, 3))
    scatter = 1.4826 * float(np.median(rough[len(rough) // 3 :])) / np.sqrt(20)  # of a third difference of noise
    rise = float(log[-2:].min() - log[least])
    return least if least < len(log) - 2 and rise > max(TURN, TURN_IN_SCATTER * scatter) else None


def cut_short(points: Points, turned: np.ndarray) -> Reasons:
    """Find the rows of runs that ended well before the steps for which their schedule was planned.

    Args:
        turned: of every row, whether its run was ended by its minimum, as by early stopping.
    """
    share = planned_share(points)
    if share is None:
        return {}
    run = distinct(points.clusters())[1]
    reached = np.zeros(run.max() + 1 if len(run) else 0)
    np.maximum.at(reached, run, np.where(np.isfinite(share) & ~turned, share, 1.0))
    short = np.flatnonzero(reached[run] < ENDED)
    reason = "the run ended at {:.0%} of its planned steps"
    return {int(i): (reason.format(reached[run[i]]), "runs cut short of their planned steps") for i in short}


def planned_share(points: Points) -> np.ndarray | None:
    """Give how much of its planned steps each row had trained; None where the table does not say."""
    if not {"steps", "planned_steps"} <= set(points.columns):
        return None
    with np.errstate(all="ignore"):
        return points["steps"] / points["planned_steps"]


def mid_decay(points: Points, turned: np.ndarray) -> Reasons:
    """Find the rows of named runs that were read before the end of a schedule, by its name, its rates or its length.

    A row at a constant rate stays, as does the row that reached the steps that its schedule was planned for, and the
    minimum of a run that overfits. So does every row of a name that several sizes share: it names no run.
    """
    progress = progress_of(points)
    if "run_id" not in points or progress is None or not len(points):
        return {}
    (status, last), share = _status(points, progress), planned_share(points)
    early = status == "mid-decay"
    if share is not None:
        early |= (status == "intermediate") & (share < ENDED)
        early &= ~(share >= ENDED)
    early &= ~(turned & last) & (points["run_id"] != "") & ~_of_several_sizes(points)
    if early[last].all():  # no rate falls to a fifth of its peak: so far their schedules go
        early &= ~last | _continued(points, progress)
    reason = "before the end of its schedule"
    kind = "read before the end of their schedule, where a loss is above that of a run that ends there"
    return dict.fromkeys(np.flatnonzero(early).tolist(), (reason, kind))


def _continued(points: Points, progress: np.ndarray) -> np.ndarray:
    """Mark the last rows of runs that another run of their size takes up, at the next step and the next lower rate."""
    found = np.zeros(len(points), dtype=bool)
    size = next((points[name] for name in playing("params") if name in points), None)
    if size is None or "lr" not in points:
        return found
    runs = [rows[np.argsort(progress[rows], kind="stable")] for rows in groups(points) if len(rows) > 1]
    begun = [(rows[0], progress[rows[1]] - progress[rows[0]]) for rows in runs]
    late = [(first, step) for first, step in begun if progress[first] > 1.5 * step]  # no run of its own begins so
    for last in (rows[-1] for rows in runs):
        for first, step in late:
            is_next = 0 < progress[first] - progress[last] < 1.5 * step and size[first] == size[last]
            found[last] |= is_next and 0.5 < points["lr"][first] / points["lr"][last] <= 1.0
    return found


def _status(points: Points, progress: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the kind of checkpoint of every row, and whether it is the last of its run."""
    run = numbers_of_runs(points)
    highest = np.full(run.max() + 1, -np.inf)
    np.fmax.at(highest, run, progress)
    last = progress >= highest[run] * (1 - 1e-9)
    return status_of(points, run, progress, last), last


def _of_several_sizes(points: Points) -> np.ndarray:
    """Mark the rows whose name of a run is that of models of several sizes."""
    name = next((name for name in playing("params") if name in points), None)
    if name is None:
        return np.zeros(len(points), dtype=bool)
    run = points.distinct("run_id")[1]
    low, high = np.full(run.max() + 1, np.inf), np.full(run.max() + 1, -np.inf)
    np.fmin.at(low, run, points[name])
    np.fmax.at(high, run, points[name])
    return (high > ONE_SIZE * low)[run]


def names_of_no_run(points: Points) -> list[str]:
    """Say that a name of a run stands for models of several sizes: it names no run, and no row is judged by it."""
    if "run_id" not in points or not len(points):
        return []
    shared = sorted(set(points["run_id"][_of_several_sizes(points) & (points["run_id"] != "")].tolist()))
    if not shared:
        return []
    many, stand = counted(len(shared), "name"), "stands" if len(shared) == 1 else "stand"
    return [
        f"{many} in run_id, such as {shared[0]!r}, {stand} for models of several sizes, and so for no run: name the "
        f"column of runs with {argument(map={'run_id': 'COLUMN'})}."
    ]


def untold(points: Points) -> list[str]:
    """Warn of rows along runs that take part although nothing says whether the learning rate had fallen there."""
    kept = points.kept
    progress = progress_of(kept)
    if progress is None or "checkpoint" in kept or "run_id" not in kept or not len(kept):
        return []
    unknown = np.isin(_status(kept, progress)[0], ("intermediate", "final"))
    rows = [rows for rows in groups(kept) if len(np.unique(progress[rows])) >= SEVERAL and unknown[rows].any()]
    lie = sum(map(len, rows))
    if not rows or lie < LEAST_SHARE * len(kept):
        return []
    runs = len(set(kept["run_id"][np.concatenate(rows)].tolist()))
    return [
        f"{lie} rows lie along {counted(runs, 'run')}, and nothing says whether the learning rate had fallen there. "
        f"Before the end of a decay a loss is above that of a run which ended there: {argument(keep='final')} keeps "
        "the ends."
    ]
