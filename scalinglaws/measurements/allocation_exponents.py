"""The exponents of compute-optimal training: derived from the fitted laws, and of the frontier itself."""

import numpy as np

from ..frontiers.budgets import Line
from ..laws.kaplan2020.efficient import loss_exponent
from ..laws.kaplan2020.loss import critical_batch
from ..results.attempt import Lacking
from ..results.fitted import Estimate
from .family_tables import COLUMNS, FamilyTables
from .intervals import between, jackknife, least_of, scaled, simultaneous
from .joining import once
from .powers import Settled, nearest_size, settled

EXPONENTS = ("p_N", "p_B", "p_S", "p_D", "alpha_Cmin")


@once
def derived(evidence: FamilyTables) -> dict[str, Estimate]:
    """Derive the exponents of eq 1.7 and 1.8 from alpha_N, alpha_S of eq 1.6 and alpha_B of eq 1.4, with intervals.

    The draws of 1/alpha_B are normal with the width of its interval, independent of the learning curves'.
    """
    from scipy.special import ndtri

    law, alpha_B = evidence.steps_law, evidence.alpha_B
    value = {**law.fit.values, "alpha_B": alpha_B.value}
    rng = np.random.default_rng(evidence.seed)
    low, high = alpha_B.ends
    if not np.isfinite([low, high]).all():
        raise Lacking("family F-B with an interval of alpha_B")
    wide = (1 / low - 1 / high) / (2 * ndtri((1 + evidence.level) / 2))
    drawn = dict(zip(law.names, law.values.T, strict=True))
    drawn["alpha_B"] = 1 / (1 / alpha_B.value + abs(wide) * rng.standard_normal(len(law)))
    point, cloud = _exponents(value), _exponents(drawn)
    return {name: evidence.estimate(float(point[name]), cloud[name]) for name in EXPONENTS}


def _exponents(k) -> dict:
    top = loss_exponent(k)
    found = {"p_N": top / k["alpha_N"], "p_B": top / k["alpha_B"], "p_S": top / k["alpha_S"], "alpha_Cmin": top}
    return found | {"p_D": found["p_B"] + found["p_S"]}


@once
def empirical(evidence: FamilyTables) -> dict[str, Estimate]:
    """Take the exponents of the frontier over C_min; that of S_min from the measured steps, not as the remainder."""
    found = settled(evidence.c_min)
    return {
        "p_N": found.params.exponent,
        "p_B": _batch_of(found).exponent,
        "p_S": measured_steps(evidence).tokens.exponent,
        "p_D": found.tokens.exponent,
        "alpha_Cmin": scaled(found.loss.exponent, -1.0),
    }


def _batch_of(found: Settled) -> Line:
    if found.batch is None:
        raise Lacking("a frontier over C_min, which has a batch at each of its optima")
    return found.batch


@once
def measured_steps(evidence: FamilyTables) -> Settled:
    """Find the same frontier with the measured S_min of each evaluation instead of its tokens."""
    columns = {**COLUMNS, "tokens": "steps_min", "flops": "flops_min"}
    return settled(evidence.frontier("envelope", evidence.least, columns))


@once
def totals(evidence: FamilyTables) -> Settled:
    """Find the frontier with every parameter and every FLOP counted: embeddings, attention, head."""
    columns = {**COLUMNS, "params": "params_total", "flops": "flops_exact"}
    return settled(evidence.frontier("envelope", evidence.along, columns))


def above_converged_at(evidence: FamilyTables) -> np.ndarray:
    """f = L / L(N, inf) - 1 at every optimum between sizes that were trained, L(N, inf) from the fitted L(N, S_min)."""
    k = evidence.steps_law.fit.values
    optima = settled(evidence.c_min).optima
    return np.array([b.loss_nats / (k["N_c"] / b.params) ** k["alpha_N"] - 1 for b in optima])


@once
def above_converged(evidence: FamilyTables) -> tuple[Estimate, Estimate]:
    """Give the mean of f over the optima, and the lowest f, whose interval holds for all optima at once.

    They include the uncertainty of L(N, inf), by the draws of the fitted law, and of the loss, by the sd of a seed:
    the optima nearest to one size share it.
    """
    drawn, sigma = evidence.steps_law, evidence.sigma
    params, loss = np.array([(b.params, b.loss_nats) for b in settled(evidence.c_min).optima]).T
    sizes = nearest_size(evidence, params)
    rng = np.random.default_rng(evidence.seed)
    k = dict(zip(drawn.names, drawn.values.T[..., None], strict=True))
    seeds = sigma.log * rng.standard_t(sigma.seeds - 1, size=(len(drawn), int(sizes.max()) + 1))
    draws = loss * np.exp(seeds[:, sizes]) / (k["N_c"] / params) ** k["alpha_N"] - 1
    f = above_converged_at(evidence)
    return evidence.estimate(float(f.mean()), draws.mean(axis=1)), least_of(simultaneous(f, draws, evidence.level))


def share_of_size(evidence: FamilyTables) -> Estimate:
    """Give the share of p_N in p_N + p_D of the frontier, for any dependence between the two."""
    found = empirical(evidence)
    n, d = found["p_N"], found["p_D"]
    value, (n_low, n_high), (d_low, d_high) = n.value / (n.value + d.value), n.ends, d.ends
    if not np.isfinite([n_low, n_high, d_low, d_high]).all() or min(n_low + d_high, n_high + d_low) <= 0:
        return Estimate(value, level=n.level)
    return between(value, n_low / (n_low + d_high), n_high / (n_high + d_low), n.level)


def product_error(evidence: FamilyTables) -> tuple[float, Estimate]:
    """Compare the growth of N, B_crit and the measured S_min, multiplied, with that of C_min: (span, product/span - 1).

    C_min = 6 N B_crit S_min holds for every evaluation, whatever its noise; what is uncertain is how the optima,
    interpolated between sizes, scatter about a line. The interval leaves out the optima nearest to one size at a time.
    """
    found, steps = settled(evidence.c_min), measured_steps(evidence)
    flops = [b.flops for b in found.optima]
    span = max(flops) / min(flops)
    power = sum(line.exponent.value for line in (found.params, _batch_of(found), steps.tokens)) - 1
    measured = {b.flops: b.tokens for b in steps.optima}
    rows = [(b.flops, b.params, b.loss_nats, measured[b.flops]) for b in found.optima if b.flops in measured]
    c, n, loss, s = np.array(rows).T
    product = np.log(n * critical_batch(loss, **evidence.critical_constants) * s / c)
    slope = lambda kept: float(np.polyfit(np.log(c[kept]), product[kept], 1)[0])  # noqa: E731
    scatter = jackknife(slope, nearest_size(evidence, n), evidence.level)
    half = scatter.ends[1] - scatter.value
    value, low, high = (float(span**p - 1) for p in (power, power - half, power + half))
    return span, between(value, low, high, evidence.level)
