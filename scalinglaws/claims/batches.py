"""S21: the critical batch depends on the loss alone, and the gradient noise scale measures it."""

from ..measurements.critical_batches import noise_over_critical, turnings
from ..records.numbers_in_text import interval
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
    """The best batch size depends on the loss alone and can be measured by the gradient noise scale."""

    def independent() -> Part:
        effect = evidence.critical.size_effect
        if effect is None:
            raise Lacking("family F-B with two sizes that reach the same losses")
        what = "B_crit of the largest over the smallest size at equal loss"
        return Part(what, effect, 1 / FACTOR, FACTOR, f"{what}: {interval(effect)}")

    def power_of_loss() -> Part:
        found = evidence.critical
        if found.alpha_B is None:
            raise Lacking(f"family F-B with a law B_crit(L): {' '.join(found.warnings)}")
        text = f"B_crit = {interval(found.B_star)} tokens / L^(1/alpha_B), alpha_B {interval(found.alpha_B)}"
        return Part("alpha_B", found.alpha_B, 0.0, text=text)

    def noise_scale() -> Part:
        ratios = [one.noise / one.critical.value for one in turnings(evidence) if one.noise and not one.reason]
        if not ratios:
            raise Lacking("family F-B with a noise scale (0 of its losses have one)")
        middle = noise_over_critical(evidence)
        ends = f"from {min(ratios):.3g} to {max(ratios):.3g} at {len(ratios)} losses"
        text = f"noise scale over B_crit {middle.value:.3g}, {ends}"
        return Part("the noise scale over B_crit", middle, 1 / ORDER, ORDER, text)

    return [independent, power_of_loss, noise_scale]


CLAIMS = (batch_of_loss,)
