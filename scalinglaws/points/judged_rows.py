"""Rows that stand for no finished run, by what the table itself says: left out of every fit, with the reason."""

import re

import numpy as np

from ..errors import argument, counted
from ..quantities import playing
from .points import Points

_COLUMNS = ("outcome", "state", "status", "run_state")
_FAILED = (
    *"crash fail diverge killed preempt abort error nan running pending queued ongoing unfinished incomplete".split(),
    *("in flight", "in progress"),
)
_ENDED = 0.98  # share of the planned steps from which a run counts as finished
_SEVERAL = 3  # rows of a run from which they lie along it
_RATES = ("lr", "lr_schedule", "schedule", "schedule_set", "decay", "checkpoint")


def judged(points: Points) -> tuple[Points, list[str]]:
    """Leave out the rows of failed runs, of attempts that were given up, and of runs cut short; say how many and why.

    Rows that lie along runs of which nothing says whether the rate had fallen stay, and a note says so.
    """
    notes: list[str] = []
    for reasons in (_failures, _abandoned, _cut_short):
        points, said = _left_out(points, reasons(points))
        notes += said
    return points, notes + _along_runs(points)


def _left_out(points: Points, reasons: dict[int, tuple[str, str]]) -> tuple[Points, list[str]]:
    """Give rows their reasons, unless all would go; the second text of each is what the note counts."""
    if not reasons or len(reasons) == len(points):
        return points, [f"every row: {next(iter(reasons.values()))[1]}"] if reasons else []
    because = points["excluded_because"].tolist() if "excluded_because" in points else [""] * len(points)
    for i, (reason, _) in reasons.items():
        because[i] = because[i] or reason
    kinds = list(dict.fromkeys(kind for _, kind in reasons.values()))
    note = f"{len(reasons)} of {counted(len(points), 'row')} take no part: {'; '.join(kinds)}"
    return points.replace(excluded_because=because), [note]


def _failures(points: Points) -> dict[int, tuple[str, str]]:
    """Find the rows of runs that are called crashed, failed, diverged or still running."""
    found: dict[int, tuple[str, str]] = {}
    for name in (name for name in points.columns if re.split(r"[./]", name)[-1].lower() in _COLUMNS):
        if points[name].dtype.kind != "U":
            continue
        words = points[name].tolist()
        failed = [i for i, word in enumerate(words) if word.strip().lower().startswith(_FAILED)]
        kind = f"{name} is {', '.join(sorted({words[i] for i in failed}))}"
        for i in failed:
            found.setdefault(i, (f"{name}: {words[i]}", kind))
    return found


def _runs(points: Points) -> list[np.ndarray]:
    """Group the rows of each named run that agree in every label, in the order of the table; runs of few rows are left.

    Text that differs in most rows, such as a time, is no label.
    """
    if "run_id" not in points:
        return []
    key = np.zeros(len(points), dtype=np.int64)
    for name, values in points.columns.items():
        if values.dtype.kind == "U":
            names, code = np.unique(values, return_inverse=True)
            if name == "run_id" or 2 * len(names) <= len(points):
                key = np.unique(key * len(names) + code.reshape(-1), return_inverse=True)[1].reshape(-1)
    order = np.argsort(key, kind="stable")
    order = order[points["run_id"][order] != ""]
    groups = np.split(order, np.flatnonzero(np.diff(key[order])) + 1)
    return [rows for rows in groups if len(rows) >= _SEVERAL]


def _progress(points: Points) -> np.ndarray | None:
    return next((points[name] for name in ("steps", "tokens") if name in points), None)


def _abandoned(points: Points) -> dict[int, tuple[str, str]]:
    """Find the rows that a restart from an earlier step replaced: the run goes back, and passes their steps again.

    A run in which most rows go back is not a log in the order of time, and is left as it is; so is a row that the later
    part of the run repeats with the same loss.
    """
    progress, found = _progress(points), {}
    loss = next((points[name] for name in playing("loss") if name in points), None)
    if progress is None or loss is None:
        return {}
    for rows in _runs(points):
        steps = progress[rows]
        back = np.flatnonzero(np.diff(steps) <= 0) + 1
        if not len(back) or len(rows) < _SEVERAL + 1 or len(back) > 0.1 * len(rows) + 1:
            continue
        for at in back.tolist():
            later = set(zip(steps[at:].tolist(), loss[rows[at:]].tolist(), strict=True))
            for i in rows[:at][steps[:at] >= steps[at]].tolist():
                if (progress[i], loss[i]) in later:
                    continue
                reason = f"abandoned: the run went back to {steps[at]:,.0f} and passed it again"
                found[i] = (reason, "a run went back, and its first attempt from there on was given up")
    return found


def _cut_short(points: Points) -> dict[int, tuple[str, str]]:
    """Find the rows of runs that ended well before the steps for which their schedule was planned."""
    if not {"steps", "planned_steps"} <= set(points.columns):
        return {}
    share = points["steps"] / points["planned_steps"]
    run = np.unique(points.clusters(), return_inverse=True)[1].reshape(-1)
    reached = np.zeros(run.max() + 1 if len(run) else 0)
    np.maximum.at(reached, run, np.where(np.isfinite(share), share, 1.0))
    short = np.flatnonzero(reached[run] < _ENDED)
    reason = "cut short: the run ended at {:.0%} of its planned steps"
    return {int(i): (reason.format(reached[run[i]]), "runs cut short of their planned steps") for i in short}


def _along_runs(points: Points) -> list[str]:
    """Warn of several rows per run where no schedule and no rate says which of them are ends."""
    progress = _progress(points.kept)
    if progress is None or any(name in points for name in _RATES):
        return []
    rows = [rows for rows in _runs(points.kept) if len(rows) >= _SEVERAL and len(np.unique(progress[rows])) >= _SEVERAL]
    lie = sum(map(len, rows))
    if 2 * lie < len(points.kept):
        return []
    runs = len(set(points.kept["run_id"][np.concatenate(rows)].tolist())) if rows else 0
    return [
        f"{lie} rows lie along {counted(runs, 'run')}, and nothing says whether the learning rate had fallen there. "
        f"Before the end of a decay a loss is above that of a run which ended there: {argument(keep='final')} keeps "
        "the ends."
    ]
