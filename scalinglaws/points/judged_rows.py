"""Which rows stand for runs, by what the table itself says: the others are left out of every fit, with the reason."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from ..errors import argument, counted
from .along_runs import Reasons, abandoned, cut_short, mid_decay, names_of_no_run, overfit
from .points import Points
from .row_kinds import OF_BATCHES, OF_CURVES, kept_again, kinds_asked, left_for
from .sweeps import untuned

_COLUMNS = ("outcome", "state", "status", "run_state")
_FAILED = (
    *"crash fail diverge killed preempt abort error nan running pending queued ongoing unfinished incomplete".split(),
    *("in flight", "in progress"),
)
_STOPPED_EARLY = ("early stop", "early_stop", "early-stop", "stopped early")


def judged(
    points: Points, keep_rows: str | Iterable[str] = (), best_of: Sequence[str] = ()
) -> tuple[Points, list[str]]:
    """Leave out the rows that stand for no run of their own; say how many, why, and how to keep them.

    In this order: rows of failed runs, of attempts that were given up, after the minimum of a run that overfits, of
    runs cut short, before the end of a schedule, and of settings that lost a sweep; see `row_kinds.KINDS`. A judgement
    that leaves no row is not applied, and a note says so.

    Args:
        keep_rows: kinds of rows that stay, or "all"; but for "untuned" where `best_of` is given.
        best_of: columns whose best value is taken in each cell of one size and tokens; see `sweeps.untuned`.
    """
    kept = [kind for kind in kinds_asked(keep_rows) if kind != OF_BATCHES or not best_of]
    points, notes = kept_again(points, *kept), []
    judges: dict[str, Callable[[Points], Reasons]] = {
        "failed": _failures,
        "abandoned": abandoned,
        "overfit": overfit,
        "cut-short": lambda some: cut_short(some, _turned(points, some)),
        OF_CURVES: lambda some: mid_decay(some, _turned(points, some)),
        "untuned": partial(untuned, best_of=best_of),
    }
    for kind in (kind for kind in judges if kind not in kept):
        points, said = _left_out(points, kind, judges[kind])
        notes += said
    return points, notes + names_of_no_run(points)


def _left_out(points: Points, kind: str, judge: Callable[[Points], Reasons]) -> tuple[Points, list[str]]:
    """Give the rows that a judge names its reasons, unless none would be left; a note counts them."""
    reasons = judge(points.kept)
    if not reasons:
        return points, []
    because = points["excluded_because"] if "excluded_because" in points else np.full(len(points), "", dtype=str)
    taking, why = np.flatnonzero(because == ""), "; ".join(dict.fromkeys(told for _, told in reasons.values()))
    if len(reasons) == len(taking):
        return points, [f"every row is {kind} and takes part all the same: {why}"]
    rows, number = taking[list(reasons)], len(reasons)
    texts = {reason: f"{kind}: {reason}" for reason, _ in reasons.values()}
    told = np.array([texts[reason] for reason, _ in reasons.values()], dtype=object)
    del reasons  # of a large table as large as a column
    because = because.astype(f"U{max(because.dtype.itemsize // 4, *map(len, texts.values()))}")
    because[rows] = told
    curves = "; laws of curves and the envelope use them" if kind == OF_CURVES else ""
    note = f"{number:,} of {counted(len(points), 'row')} take no part: {why}{curves}"
    return points.replace(excluded_because=because), [f"{note}. To keep them: {argument(keep_rows=[kind])}"]


def _failures(points: Points) -> Reasons:
    """Find the rows of runs that are called crashed, failed, diverged or still running."""
    found: Reasons = {}
    for name in _states(points):
        words = [word for word in points.distinct(name)[0].tolist() if word.strip().lower().startswith(_FAILED)]
        kind = f"{name} is {', '.join(words)}"
        for i in np.flatnonzero(np.isin(points[name], words)).tolist():
            found.setdefault(i, (f"{name} is {points[name][i]}", kind))
    return found


def _states(points: Points) -> list[str]:
    """List the columns of text that say how a run ended."""
    ends = [name for name in points.columns if re.split(r"[./]", name)[-1].lower() in _COLUMNS]
    return [name for name in ends if points[name].dtype.kind == "U"]


def _turned(points: Points, some: Points) -> np.ndarray:
    """Mark the rows of runs that end at their minimum: rows after it are left out, or the run is said to stop early."""
    after = left_for(points, "overfit")
    found = np.isin(some.clusters(), points.clusters()[after]) if after.any() else np.zeros(len(some), dtype=bool)
    for name in _states(some):
        words = [word for word in some.distinct(name)[0].tolist() if word.strip().lower().startswith(_STOPPED_EARLY)]
        found |= np.isin(some[name], words)
    return found
