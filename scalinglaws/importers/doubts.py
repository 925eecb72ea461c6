"""What looks wrong in a table that can be read: swapped columns, counts in millions, tokens that are steps."""

import numpy as np

from ..points import Points
from ..quantities import playing


def doubts(points: Points) -> tuple[str, ...]:
    """List, in sentences, what a person should look at before a fit; the points are left as they are."""
    params = _first(points, "params")
    tokens = _first(points, "tokens")
    found: list[str] = []
    if "run_id" in points and tokens:
        found += _about_evaluations(points, tokens)
    if params:
        found += _about_params(points, params)
    if params and tokens:
        found += _about_ratio(points, params, tokens)
        found += _about_flops(points, params, tokens)
    return tuple(found)


def _first(points: Points, role: str) -> str | None:
    return next((name for name in playing(role) if name in points and np.isfinite(points[name]).any()), None)


def _about_evaluations(points: Points, tokens: str) -> list[str]:
    loss = next((name for name in playing("loss") if name in points), None)
    if loss is None:
        return []
    run = np.unique(points["run_id"], return_inverse=True)[1].reshape(-1)
    order = np.lexsort((points[tokens], run))
    starts = np.flatnonzero(np.r_[True, (np.diff(run[order]) != 0) | (np.diff(points[tokens][order]) != 0)])
    counts = np.diff(np.r_[starts, len(order)])
    repeated = int((counts > 1).sum())
    if repeated < 0.2 * len(counts):
        return []
    most = int(np.argmax(counts))
    run_id = str(points["run_id"][order[starts[most]]])
    return [
        f"{repeated} of {len(counts)} pairs of run and {tokens} hold several losses (run {run_id!r}: {counts[most]}): "
        "if they are of several test sets, choose one with --where."
    ]


def _about_params(points: Points, params: str) -> list[str]:
    largest = float(np.nanmax(points[params]))
    if largest < 1e4:
        return [f"the largest {params} is {largest:g}: if the table counts in millions, say --unit {params}=millions."]
    return []


def _about_ratio(points: Points, params: str, tokens: str) -> list[str]:
    ratio = float(np.nanmedian(points[tokens] / points[params]))
    if "batch_tokens" in points and np.nanmax(points[tokens]) < np.nanmedian(points["batch_tokens"]):
        return [f"{tokens} never exceeds one batch: if it holds steps, say --unit {tokens}=steps."]
    if ratio < 0.2:
        return [
            f"the median of {tokens}/{params} is {ratio:.2g}: are the two swapped, is {tokens} counted in steps, "
            f"or in millions or billions? Say --map or --unit {tokens}=steps|millions|billions."
        ]
    return []


def _about_flops(points: Points, params: str, tokens: str) -> list[str]:
    flops = next((name for name in ("flops", "flops_exact", "flops_6nd_total", "flops_6nd") if name in points), None)
    if flops is None:
        return []
    ratio = points[flops] / (6 * points[params] * points[tokens])
    ratio = ratio[np.isfinite(ratio)]
    if len(ratio) and not 0.2 < np.median(ratio) < 50:
        return [
            f"the median of {flops} / (6 {params} {tokens}) is {np.median(ratio):.2g}, and should be near 1: "
            "check the units of the three (--unit) and which columns they are (--map)."
        ]
    return []
