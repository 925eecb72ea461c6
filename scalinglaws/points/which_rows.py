"""Checkpoints: which rows of a table with several rows per run stand for a run of their own, and why the others do not.

The loss of a run before its learning rate has decayed is higher than that of a run that ends there; half-way along a
cosine, by enough to change the exponents of Kaplan et al. 2020 (Hoffmann et al. 2022, section 2 and figure A1). The end
of a constant rate, and any point on it after warm-up, is a run of its own except for the missing decay (Hagele et al.
2024): comparable with others of its kind, but not with decayed runs.
"""

import re

import numpy as np

from ..errors import MisuseError, PointsError, argument
from ..records.arguments import checked
from .distinct import distinct
from .points import Points
from .row_kinds import kept_again, left_for

KEEP = ("final", "decayed", "all")
STATUSES = ("decayed", "hot", "mid-decay", "final", "intermediate")
SCHEDULE_COLUMNS = "schedule schedule_set lr_schedule decay scheduler lr_scheduler lr_scheduler_type".split()
BRANCH_WORDS = ("cooldown", "anneal")  # every row is the end of a branch that decayed
HOT_WORDS = ("hot", "const", "stable", "no_decay", "trunk")
WHOLE_WORDS = ("stable_decay", "stable-decay", "constant_decay")  # a schedule that ends in a decay, by its full name
DECAY_WORDS = ("cosine", "linear", "wsd", "decay", "inverse", "cool")
FALLEN = 0.5  # fraction of the run's highest rate, below which the rate has begun to decay
ENDED = 0.2  # fraction of the run's highest rate, below which a decay counts as complete
SAME_RATE = 1e-3  # relative range of a rate that is recorded once per run


@checked
def points_of_checkpoints(points: Points, *, burn_in: float | str = 0.0, keep: str = "final") -> Points:
    """Classify every row as a kind of checkpoint, and exclude those that do not stand for a run, with a reason.

    Adds the columns `checkpoint` (one of `STATUSES`), `run_id` if the table has none (see `detected_runs`), and
    `excluded_because`, in which existing reasons are kept. If a fit uses several rows per run, the rows of one `run_id`
    are one cluster.

    The evidence, in this order: a schedule column ("cosine", "hot", "cooldown" ...), and a rate `lr` that changes
    within a run. decayed: the end of a decay. hot: at a constant rate. mid-decay: a row of a run before its rate
    has decayed. final, intermediate: the last and the other rows of runs whose schedule is unknown.

    Args:
        burn_in: how much of the start of every run is excluded: a fraction of its last token count (0.1), or "warmup",
            up to the column `warmup_steps`.
        keep: "final": the last row of every run and every end of a decay. "decayed": only ends of a decay. "all":
            every row; those in the middle of a decay are marked, but not excluded.

    Raises:
        MisuseError: burn_in or keep has another value.
        PointsError: no column of tokens or steps says how far a run had come.
    """
    _check(burn_in, keep)
    points = points if "run_id" in points else points.replace(run_id=detected_runs(points))
    points = kept_again(points, "mid-decay") if keep == "all" else points
    progress = _progress(points)
    run = numbers_of_runs(points)
    highest = np.full(run.max() + 1, -np.inf)
    np.fmax.at(highest, run, np.where(left_for(points, "abandoned", "overfit"), -np.inf, progress))
    last = progress >= highest[run] * (1 - 1e-9)
    status = status_of(points, run, progress, last)
    reasons = _told(points, _early(points, burn_in, progress / highest[run]), *_unwanted(status, last, keep))
    return points.replace(checkpoint=status, excluded_because=reasons)


def _check(burn_in, keep) -> None:
    if keep not in KEEP:
        raise MisuseError(f"keep is {keep!r}; it must be one of {', '.join(KEEP)}.")
    if burn_in != "warmup" and not (isinstance(burn_in, int | float) and 0 <= burn_in < 1):
        raise MisuseError(
            f"burn_in is {burn_in!r}; give a fraction of the run's tokens below 1, such as 0.1, or 'warmup'."
        )


def detected_runs(points: Points) -> np.ndarray:
    """Number the runs of a table without run_id: consecutive rows of one size whose tokens rise are one run.

    Rows with another label (arm, schedule, seed) are other runs. This is a guess: name the column of runs if there is
    one.
    """
    progress = _progress(points)
    new = np.r_[True, np.diff(progress) <= 0] if len(points) else np.zeros(0, dtype=bool)
    for name, column in points.columns.items():
        if name in ("arm", "seed", *SCHEDULE_COLUMNS) or name.startswith("params"):
            new[1:] |= column[1:] != column[:-1]
    return np.array([f"detected {number}" for number in np.cumsum(new)], dtype=str)


def _progress(points: Points) -> np.ndarray:
    for name in ("tokens", "steps"):
        if name in points:
            return points[name]
    raise PointsError(
        "no column 'tokens' or 'steps' says how far a run had come: name one with "
        f"{argument(map={'tokens': 'COLUMN'})} or {argument(map={'steps': 'COLUMN'})}."
    )


def _schedule(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """Give the different schedules in lower case, and the place of each row's among them."""
    plain = {re.split(r"[./]", name)[-1].lower(): name for name in reversed(list(points.columns))}
    for name in (plain[name] for name in SCHEDULE_COLUMNS if name in plain):
        if points[name].dtype.kind == "U":
            names, place = points.distinct(name)
            return np.char.lower(names), place
    return np.array([""]), np.zeros(len(points), dtype=np.intp)


def numbers_of_runs(points: Points) -> np.ndarray:
    """Number the runs of the rows by name and schedule: a trunk and its decayed branches often share a name."""
    schedules, place = _schedule(points)
    return distinct(points.distinct("run_id")[1] * len(schedules) + place)[1]


def _has(words, schedule: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    names, place = schedule
    return np.any([np.char.find(names, word) >= 0 for word in words], axis=0)[place]


def status_of(points: Points, run, progress, last) -> np.ndarray:
    """Classify every row by its rate if that was recorded, otherwise by the name of its schedule."""
    schedule = _schedule(points)
    branch, hot, falling = (_has(words, schedule) for words in (BRANCH_WORDS, HOT_WORDS, DECAY_WORDS))
    hot &= ~_has(WHOLE_WORDS, schedule)
    status = np.where(last, "final", "intermediate").astype("U12")
    status[falling] = np.where(last, "decayed", "mid-decay")[falling]
    status[hot] = "hot"
    status[branch] = "decayed"
    if "lr" in points:
        _classify_by_rate(status, points["lr"], run, progress, last)
    return status


def _classify_by_rate(status, rate, run, progress, last) -> None:
    """Classify the rows of runs whose recorded rate changes; it does not where it is a peak rate."""
    order = np.lexsort((progress, run))
    for rows in np.split(order, np.flatnonzero(np.diff(run[order])) + 1):
        own = rate[rows]
        if np.isfinite(own).all() and np.ptp(own) > SAME_RATE * own.max():
            status[rows] = _one_run(own, last[rows])


def _one_run(rate: np.ndarray, last: np.ndarray) -> np.ndarray:
    peak = rate.max()
    if rate[-1] > FALLEN * peak:  # a warm-up alone
        return np.full(len(rate), "hot", dtype="U12")
    flat = np.abs(rate - peak) <= SAME_RATE * peak
    status = np.where(flat & (flat.sum() >= max(2, 0.2 * len(rate))), "hot", "mid-decay").astype("U12")
    status[: np.argmax(rate)] = "mid-decay"  # warm-up of a run that decays
    if rate[-1] <= ENDED * peak:
        status[last] = "decayed"
    return status


def _told(points: Points, *reasons: tuple[np.ndarray, str]) -> np.ndarray:
    """Give every row its first reason: what the table says, then the text of the first mask that marks it."""
    found = points["excluded_because"] if "excluded_because" in points else np.full(len(points), "", dtype=str)
    for rows, text in reasons:
        rows = rows & (found == "")
        if rows.any():
            found = found.astype(f"U{max(found.dtype.itemsize // 4, len(text))}")
            found[rows] = text
    return found


def _early(points: Points, burn_in: float | str, share: np.ndarray) -> tuple[np.ndarray, str]:
    if burn_in != "warmup":
        return share < burn_in, f"burn-in: in the first {burn_in:.0%} of the run's tokens"
    for name in ("warmup_steps", "steps"):
        if name not in points:
            raise PointsError(f"burn_in='warmup' needs a column {name!r}. Give a fraction instead: burn_in=0.1.")
    return points["steps"] <= points["warmup_steps"], "burn-in: still in the rate's warm-up"


def _unwanted(status: np.ndarray, last: np.ndarray, keep: str) -> list[tuple[np.ndarray, str]]:
    if keep == "all":
        return []
    reasons = [
        (status == "mid-decay", "mid-decay: its rate had not decayed, so it is not the end of a shorter run"),
        (~last & (status != "decayed"), "intermediate: not the last row of its run"),
    ]
    if keep == "decayed":
        reasons += [
            (status == "hot", "hot: its rate never decayed"),
            (status == "final", "unknown whether its rate decayed"),
        ]
    return reasons
