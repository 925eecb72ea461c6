"""Measured tables of the cost of a loss: steps, tokens and compute, at the trained batch and minimal; batch sizes."""

import numpy as np

from ..laws.kaplan2020.efficient import excess_compute, excess_steps, flops_min, steps_min, tokens_min
from ..laws.kaplan2020.loss import critical_batch
from ..records.numbers_in_text import interval
from ..results.attempt import UNFIT, Lacking
from .critical_batches import turnings
from .family_tables import FamilyTables
from .noise_line import noise_along, noise_line
from .sheet import Sheet
from .size_curves import Reached, reached


def costs_of_losses(evidence: FamilyTables) -> Sheet:
    """Steps, tokens and compute to fixed losses."""
    rows = [
        (one.loss_nats, *row)
        for one in reached(evidence)
        for row in zip(one.params, one.steps, one.tokens, one.flops, strict=True)
    ]
    about = "From the curves at constant rate, at the trained batch size; C = 6 N D."
    return Sheet("equal-loss", "Cost of a loss at each size", about, ("loss", "N", "steps", "tokens", "C"), tuple(rows))


def least_costs(evidence: FamilyTables) -> Sheet:
    """S_min, E_min and C_min to fixed losses, by the measured B_crit at each (figure 19)."""
    turning, (low, high) = evidence.critical_constants, evidence.critical_range
    rows = []
    for one in reached(evidence):
        critical = critical_batch(one.loss_nats, **turning)
        batch = one.tokens / one.steps
        outside = "" if low <= one.loss_nats <= high else "a loss outside those of the batch scan"
        rows += [
            (one.loss_nats, n, critical, steps, tokens, flops, outside)
            for n, steps, tokens, flops in zip(
                one.params,
                steps_min(one.steps, batch, critical),
                tokens_min(one.tokens, batch, critical),
                flops_min(one.flops, batch, critical),
                strict=True,
            )
        ]
    about = "Pointwise, from the trained batch size: S_min = S / (1 + B_crit / B), E_min = E / (1 + B / B_crit), "
    about += "C_min = C / (1 + B / B_crit) (eq 5.4, 5.5), "
    about += f"B_crit = {turning['B_star']:.3g} / L^{1 / turning['alpha_B']:.3g}."
    columns = ("loss", "N", "B_crit", "S_min", "E_min", "C_min", "outside")
    return Sheet("least-cost", "Minimum cost of a loss at each size", about, columns, tuple(rows))


def off_the_best(evidence: FamilyTables) -> Sheet:
    """Compute and steps of sizes off the cheapest, beside eq B.16 and B.17 (figure 12)."""
    found = [(one, best) for one in reached(evidence) if (best := cheapest(one))]
    if not found:
        raise Lacking("family F-N with a loss whose cheapest size lies between two others")
    k = _exponents(evidence)
    rows = []
    for one, (size, steps, flops) in found:
        for n, s, c in zip(one.params / size, one.steps / steps, one.flops / flops, strict=True):
            law = (None, None) if k is None else (excess_compute(n, **k), excess_steps(n, **k))
            rows.append((one.loss_nats, n, c, law[0], s, law[1]))
    about = "At the trained batch size. N_eff and C_eff are the minimum of a parabola of ln C in ln N through the "
    about += (
        "cheapest size and its neighbours: approximate if sizes lie far apart. The law is eq B.16 and B.17 with the "
    )
    about += "measured alpha_N and alpha_S; empty for sizes that never reach the loss by it."
    columns = ("loss", "N / N_eff", "C / C_eff", "by the law", "S / S_eff", "by the law")
    return Sheet("off-the-best", "Sizes off the cheapest", about, columns, tuple(rows))


def _exponents(evidence: FamilyTables) -> dict[str, float] | None:
    try:
        law = evidence.steps_law.fit.values
    except UNFIT:
        return None
    return {name: law[name] for name in ("alpha_N", "alpha_S")}


def cheapest(one: Reached) -> tuple[float, float, float] | None:
    """Give the size of least compute at a loss, with its steps and compute; None where it is the first or the last."""
    at = int(one.flops.argmin())
    if not 0 < at < len(one.params) - 1:
        return None
    near = slice(at - 1, at + 2)
    x, y = np.log(one.params[near]), np.log(one.flops[near])
    bend, slope, level = np.polyfit(x - x[1], y, 2)
    size, flops = np.exp(x[1] - slope / (2 * bend)), np.exp(level - slope**2 / (4 * bend))
    each = one.flops[at] / (one.params[at] * one.steps[at])
    return float(size), float(flops / (each * size)), float(flops)


def critical_batches(evidence: FamilyTables) -> Sheet:
    """B_crit(L) of each size beside the noise scale."""
    rows = [
        (
            one.params, one.loss_nats, one.critical.value, one.critical.low, one.critical.high, one.batches,
            ", ".join(f"{batch:g}" for batch in one.edge), one.steps_min, one.noise,
            one.noise and one.noise / one.critical.value, one.reason,
        )
        for one in turnings(evidence)
    ]  # fmt: skip
    columns = ("N", "loss", "B_crit", "low", "high", "batches", "of them with the best rate at an end", "S_min",
               "noise scale", "noise scale / B_crit", "not used")  # fmt: skip
    effect = evidence.critical.size_effect
    about = "Batches in tokens, each at its best rate, at losses that at least four batches reach. If that rate is the "
    about += "first or the last that was tried, another may need fewer steps: B_crit is then too low for a large batch."
    if effect is not None:
        about += f" Largest size over the smallest at equal loss: {interval(effect)}."
    return Sheet("critical-batch", "Critical batch and gradient noise scale", about, columns, tuple(rows))


def noise_scales(evidence: FamilyTables) -> Sheet:
    """The noise scale of each size along its loss (the dots of figure 10)."""
    rows = [(one.params, one.loss_nats, one.noise, one.sem, one.measured) for one in noise_along(evidence)]
    line = noise_line(evidence)
    about = (
        "Gradient noise scale in tokens at a constant rate: means over bins of ln loss, weighted by the steps "
        f"measured. Over all sizes B_simple = {interval(line.at_middle)} (L / {line.middle:.3g})^-"
        f"{interval(line.slope)}, so alpha_B {interval(line.alpha_B)}."
    )
    if line.of_size:
        about += (
            f" Exponent of N in addition to the loss: {interval(line.of_size)}; zero if it depends on the loss alone."
        )
    columns = ("N", "loss", "noise scale", "standard error", "steps measured")
    return Sheet("noise-scale", "Gradient noise scale along the loss", about, columns, tuple(rows))


SHEETS = (costs_of_losses, least_costs, off_the_best, critical_batches, noise_scales)
