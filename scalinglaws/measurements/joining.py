"""Evaluations joined to their runs, and results kept for the claims that share them."""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import numpy as np

from ..points.points import Points

if TYPE_CHECKING:
    from .family_tables import FamilyTables

Asked = ParamSpec("Asked")
Made = TypeVar("Made")

JOINED = ("seed", "d_model", "n_heads", "d_ff", "n_vocab", "tokenizer", "excluded_because", "family", "lr")


def joined(curves: Points, runs: Points, kept: np.ndarray) -> Points:
    """Add to every evaluation the columns of its run, or of its lineage where it belongs to a trunk.

    They include other counts of N and C: params_total and flops_exact. `run_kept` marks rows that take part in fits.
    """
    if not len(runs):
        return curves.take(np.zeros(len(curves), dtype=bool))
    place = {lineage: i for i, lineage in reversed(list(enumerate(runs["lineage"])))}
    place |= {run_id: i for i, run_id in enumerate(runs["run_id"])}
    named = zip(curves["run_id"], curves["lineage"], strict=True)
    found = np.array([place.get(run, place.get(lineage, -1)) for run, lineage in named], dtype=int)
    curves = curves.take(found >= 0)
    row = found[found >= 0]
    more = {name: runs[name][row] for name in JOINED if name in runs and name not in curves}
    more |= {name: runs[name][row] for name in ("warmup_steps", "planned_steps", "lr_schedule", "params_total")}
    exact = curves["tokens"] * (runs["flops_exact"] / runs["tokens"])[row]
    together = curves.replace(**more, lr_peak=runs["lr"][row], run_kept=kept[row], flops_exact=exact)
    return together.across(*together.columns)


def once(
    make: Callable[Concatenate["FamilyTables", Asked], Made],
) -> Callable[Concatenate["FamilyTables", Asked], Made]:
    """Keep the result of a function of the evidence, so that every claim and table uses the same."""

    @wraps(make)
    def asked(evidence: "FamilyTables", *args: Asked.args, **options: Asked.kwargs) -> Made:
        key = (make, args, tuple(options.items()))
        if key not in evidence.made:
            evidence.made[key] = make(evidence, *args, **options)
        return evidence.made[key]

    return asked
