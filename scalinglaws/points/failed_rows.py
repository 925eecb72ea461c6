"""Rows of runs that did not end as they should: left out of fits, by what the table itself says of them."""

import re

import numpy as np

from .points import Points

_COLUMNS = ("outcome", "state", "status", "run_state")
_FAILED = (
    *"crash fail diverge killed preempt abort error nan running pending queued ongoing unfinished incomplete".split(),
    *("in flight", "in progress"),
)


def without_failures(points: Points) -> tuple[Points, list[str]]:
    """Leave out the rows whose run is called crashed, failed, diverged or still running; say how many and why."""
    because = points["excluded_because"].tolist() if "excluded_because" in points else [""] * len(points)
    notes = []
    for name in (name for name in points.columns if re.split(r"[./]", name)[-1].lower() in _COLUMNS):
        if points[name].dtype.kind != "U":
            continue
        failed = [i for i, word in enumerate(points[name].tolist()) if word.strip().lower().startswith(_FAILED)]
        words = np.unique(points[name][failed]).tolist()
        for i in failed:
            because[i] = because[i] or f"{name}: {points[name][i]}"
        if failed:
            notes.append(f"{len(failed)} of {len(points)} rows take no part: {name} is {', '.join(words)}")
    return (points.replace(excluded_because=because) if notes else points), notes
