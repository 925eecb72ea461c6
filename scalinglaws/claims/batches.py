"""S21: the critical batch depends on the loss alone, and the gradient noise scale measures it."""

from functools import cache

import numpy as np

from ..measurements.critical_batches import turnings
from ..measurements.sheet import said
from ..results.attempt import Lacking
from .claim import Part, claim

FACTOR = 2.0
ORDER = 10.0


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
