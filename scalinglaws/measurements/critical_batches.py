"""The critical batch of each size along its loss, with the noise scale measured there."""

from dataclasses import dataclass

import numpy as np

from ..results.fitted import Estimate
from .family_tables import FamilyTables
from .intervals import between
from .joining import once


@dataclass(frozen=True)
class Turning:
    """The critical batch of one size at one loss, and the noise scale measured there.

    Attributes:
        noise: geometric mean over the runs of the scan at this size, interpolated in ln loss; None where none has one.
        reason: why the critical batch cannot be used; empty where it can.
        edge: batches whose best rate was the first or the last that was tried.
    """

    params: float
    loss_nats: float
    critical: Estimate
    steps_min: float
    batches: int
    noise: float | None
    reason: str
    edge: tuple[float, ...] = ()


@once
def turnings(evidence: FamilyTables) -> list[Turning]:
    """List the isoquants of the batch scan, each with the noise scale at its loss."""
    curves = evidence.curves_of("F-B")
    found = []
    for iso in evidence.critical.isoquants:
        rows = curves.take(np.abs(np.log(curves["params_nonembedding"] / iso.params)) < 0.02)
        noise = noise_at(rows, iso.loss_nats)
        numbers = iso.critical_batch, iso.steps_min, iso.batches, noise, iso.reason, iso.edge
        found.append(Turning(iso.params, iso.loss_nats, *numbers))
    return found


def noise_at(curves, loss_nats: float) -> float | None:
    """Interpolate the noise scale at a loss in every run that passes it, and give the geometric mean."""
    logs = []
    for run in np.unique(curves["run_id"]):
        rows = np.flatnonzero((curves["run_id"] == run) & (curves["noise_scale"] > 0))
        losses = np.log(curves["loss_nats"][rows])
        if len(rows) > 1 and losses.min() <= np.log(loss_nats) <= losses.max():
            order = np.argsort(losses)
            logs.append(np.interp(np.log(loss_nats), losses[order], np.log(curves["noise_scale"][rows])[order]))
    return float(np.exp(np.mean(logs))) if logs else None


def noise_over_critical(evidence: FamilyTables) -> Estimate:
    """Give the geometric mean of the noise scale over the critical batch, over the losses that have both.

    Its interval is the mean of those of the critical batches: they share their runs, and so their errors may be
    correlated.
    """
    rows = [(one.noise, one.critical) for one in turnings(evidence) if one.noise and not one.reason]

    def mean(batches: list[float]) -> float:
        if not np.isfinite(batches).all():
            return np.nan
        return float(np.exp(np.mean([np.log(noise / b) for (noise, _), b in zip(rows, batches, strict=True)])))

    middle = mean([critical.value for _, critical in rows])
    low, high = (mean([critical.ends[end] for _, critical in rows]) for end in (1, 0))
    return between(middle, low, high, evidence.level)
