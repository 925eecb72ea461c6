"""What looks wrong in a table that can be read: swapped columns, wrong units, steps for tokens, mixed definitions."""

import re

import numpy as np

from ..points import Points
from ..quantities import QUANTITIES, playing

# columns of text by which a table says how it counted, or what on; ours is `loss_split`, others are in common use
_LABELS = {
    "params": ("param_count", "params_count", "params_kind", "count_params"),
    "loss": ("loss_split", "loss_unit", "loss_kind", "eval_set"),
}
_BITS_A_BYTE = re.compile(r"(?<![a-z])bpb(?![a-z])|bits?[ _/-]*(per|a)?[ _/-]*byte", re.IGNORECASE)
_SHOWN = 4  # labels that a sentence lists


def doubts(points: Points) -> tuple[str, ...]:
    """List, in sentences, what a person should look at before a fit; the points are left as they are."""
    params = _first(points, "params")
    tokens = _first(points, "tokens")
    found = _about_labels(points)
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


def _about_labels(points: Points) -> list[str]:
    found = []
    for role, names in _LABELS.items():
        counted = _first(points, role)
        for name in names:
            if counted:
                found += _about_mixture(counted, name, _labels(points, name))
                found += _about_bits(counted, name, _labels(points, name)) if role == "loss" else []
    return found


def _labels(points: Points, name: str) -> list[str]:
    if name not in points or points[name].dtype.kind != "U":
        return []
    return sorted(set(points[name].tolist()) - {"", "nan"})


def _about_mixture(counted: str, name: str, labels: list[str]) -> list[str]:
    if len(labels) < 2:
        return []
    listed = ", ".join(labels[:_SHOWN]) + ", ..." * (len(labels) > _SHOWN)
    return [
        f"{counted} is of {len(labels)} kinds, told apart by {name} alone ({listed}): they do not compare. "
        f"Keep one with --where \"{name} == '{labels[0]}'\"."
    ]


def _about_bits(counted: str, name: str, labels: list[str]) -> list[str]:
    bits = [label for label in labels if _BITS_A_BYTE.search(label)]
    if not bits or QUANTITIES[counted].unit != "nats/token":
        return []
    return [
        f"{name} says {bits[0]!r}, bits a byte, and {counted} is read as nats a token: "
        "name it with --map loss_bits_per_byte=COLUMN, and keep rows in nats apart from it."
    ]


def _about_evaluations(points: Points, tokens: str) -> list[str]:
    loss = next((name for name in playing("loss") if name in points), None)
    if loss is None or any(len(_labels(points, name)) > 1 for name in _LABELS["loss"]):
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
