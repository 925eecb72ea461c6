"""Measured points that the paper's figures show and no table of the findings lists: curves cut at equal cost."""

import numpy as np

from ..frontiers.isoquants import LEAST_BATCHES, targets_of
from ..results.attempt import attempt
from .family_tables import COLUMNS, FamilyTables
from .lines_to_draw import slices
from .powers import largest_subsets
from .repeats import without
from .sheet import Sheet

LOSSES = 12  # at which the batch scan is read, as `critical_batch` reads it


def points_to_draw(evidence: FamilyTables) -> tuple[Sheet, ...]:
    """Make the tables of these points that the runs allow."""
    made = [attempt(lambda make=make: make(evidence), lambda why: None) for make in MAKERS]  # type: ignore[misc]
    return tuple(sheet for sheet in made if sheet is not None)


def _cut(evidence: FamilyTables, column: str, name: str, letter: str) -> Sheet:
    """Interpolate ln L of every size in ln of a column at a few values; only sizes whose curve passes the value."""
    points = evidence.least
    rows = []
    for value in slices(points[column]):
        for n in np.unique(points["params_nonembedding"]):
            read = []
            for run in np.unique(points["run_id"][points["params_nonembedding"] == n]):
                one = points.take(points["run_id"] == run)
                order = np.argsort(one[column])
                x, y = np.log(one[column][order]), np.log(one["loss_nats"][order])
                if x[0] <= np.log(value) <= x[-1]:
                    read.append(float(np.interp(np.log(value), x, y)))
            if read:
                rows.append((float(value), float(n), float(np.exp(np.mean(read))), float(len(read))))
    about = f"Learning curves of the families of sizes, interpolated in ln L at equal {letter}; means over runs."
    return Sheet(name, f"Loss by size at equal {letter}", about, (letter, "N", "loss", "runs"), tuple(rows))


def cut_at_compute(evidence: FamilyTables) -> Sheet:
    """Losses of all sizes at equal C_min (figure 11 left)."""
    return _cut(evidence, "flops_min", "cut-compute", "C_min")


def cut_at_steps(evidence: FamilyTables) -> Sheet:
    """Losses of all sizes at equal S_min (figure 11 right)."""
    return _cut(evidence, "steps_min", "cut-steps", "S_min")


def isoquants(evidence: FamilyTables) -> Sheet:
    """Steps and tokens that each batch takes to a loss, of each size of the batch scan (figure 18)."""
    points = without(evidence.curves_of("F-B"), "loss_train_nats").kept
    evidence.family("F-B")
    rows = [
        (one.params, one.loss, float(batch), float(steps), float(batch * steps))
        for one in targets_of(points, COLUMNS, LOSSES)
        if len(one.batch) >= LEAST_BATCHES
        for batch, steps in sorted(zip(one.batch, one.steps, strict=True))
    ]
    about = "The first step at which the best run of each batch reaches a loss, interpolated in ln S."
    return Sheet(
        "isoquants", "Steps and tokens to a loss", about, ("N", "loss", "batch", "steps", "tokens"), tuple(rows)
    )


def data_trend(evidence: FamilyTables) -> Sheet:
    """The points of L(D): the largest model on each subset (figure 1)."""
    points = largest_subsets(evidence)
    rows = zip(*(points[n].tolist() for n in ("params_nonembedding", "dataset_tokens", "loss_nats")), strict=True)
    about = "The largest model of F-ND on each subset that its epochs allow to fit."
    return Sheet("data-trend", "Loss by data", about, ("N", "D", "loss"), tuple(sorted(rows)))


def size_trend(evidence: FamilyTables) -> Sheet:
    """The points of L(N): every size at the longest horizon that all have (figures 1 and 23)."""
    points = evidence.longest
    rows = zip(*(points[n].tolist() for n in ("params_nonembedding", "tokens", "loss_nats")), strict=True)
    about = "Every size of F-N at the longest horizon that all have; means over seeds."
    return Sheet("size-trend", "Loss by size", about, ("N", "tokens", "loss"), tuple(sorted(rows)))


MAKERS = (cut_at_compute, cut_at_steps, isoquants, data_trend, size_trend)
