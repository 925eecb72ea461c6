"""S21: the critical batch depends on the loss alone, and the gradient noise scale measures it."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .claim import Part, claim, said
from .evidence import Evidence
from .joining import once

FACTOR = 2.0
ORDER = 10.0


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
def turnings(evidence: Evidence) -> list[Turning]:
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
    """Read the noise scale at a loss off every run that passes it; their geometric mean."""
    logs = []
    for run in np.unique(curves["run_id"]):
        rows = np.flatnonzero((curves["run_id"] == run) & (curves["noise_scale"] > 0))
        losses = np.log(curves["loss_nats"][rows])
        if len(rows) > 1 and losses.min() <= np.log(loss_nats) <= losses.max():
            order = np.argsort(losses)
            logs.append(np.interp(np.log(loss_nats), losses[order], np.log(curves["noise_scale"][rows])[order]))
    return float(np.exp(np.mean(logs))) if logs else None


@claim(
    "S21",
    "at equal loss the critical batches of the largest and the smallest size agree within a factor 2; the noise scale "
    "lies within a factor 10 of the critical batch (geometric mean over the losses)",
)
def batch_of_loss(evidence):
    """The best batch is a function of the loss alone, and the gradient noise scale tells it."""
    rows = cache(lambda: [one for one in turnings(evidence) if not one.reason])

    def independent() -> Part:
        found = evidence.critical
        if found.size_effect is None:
            raise Lacking("family F-B with two sizes that reach the same losses")
        effect = found.size_effect
        text = f"B_crit of the largest over the smallest size at equal loss: {said(effect)}"
        return Part(1 / FACTOR <= effect.value <= FACTOR, text, f"B_crit differs by a factor {effect.value:.3g}")

    def power_of_loss() -> Part:
        found = evidence.critical
        if found.alpha_B is None:
            raise Lacking(f"family F-B with a law B_crit(L): {' '.join(found.warnings)}")
        text = f"B_crit = {said(found.B_star)} tokens / L^(1/alpha_B), alpha_B {said(found.alpha_B)}"
        return Part(found.alpha_B.value > 0, text, "the critical batch does not grow as the loss falls")

    def noise_scale() -> Part:
        ratios = np.array([one.noise / one.critical.value for one in rows() if one.noise])
        if not len(ratios):
            raise Lacking("family F-B with a noise scale (0 of its losses have one)")
        middle = float(np.exp(np.log(ratios).mean()))
        ends = f"from {ratios.min():.3g} to {ratios.max():.3g} at {len(ratios)} losses"
        text = f"noise scale over B_crit {middle:.3g}, {ends}"
        return Part(1 / ORDER <= middle <= ORDER, text, f"the noise scale is {middle:.3g} times the critical batch")

    return [independent, power_of_loss, noise_scale]


CLAIMS = (batch_of_loss,)
