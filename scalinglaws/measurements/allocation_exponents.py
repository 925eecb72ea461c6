"""The exponents of compute-optimal training: derived from the fitted laws, and read off the frontier."""

import numpy as np

from ..frontiers.budgets import Frontier
from ..frontiers.frontier import frontier
from ..laws.kaplan2020.efficient import loss_exponent
from ..results.fitted import Estimate
from .family_tables import COLUMNS, FamilyTables
from .joining import once
from .powers import settled

EXPONENTS = ("p_N", "p_B", "p_S", "p_D", "alpha_Cmin")


@once
def derived(evidence: FamilyTables) -> dict[str, Estimate]:
    """Derive the exponents of eq 1.7 and 1.8 from alpha_N, alpha_S of eq 1.6 and alpha_B of eq 1.4, with intervals.

    The draws of 1/alpha_B are normal with the width of its interval, independent of the learning curves'.
    """
    from scipy.special import ndtri

    law, batch = evidence.steps_law, evidence.critical
    alpha_B = batch.alpha_B
    value = {**law.fit.values, "alpha_B": alpha_B.value}
    rng = np.random.default_rng(evidence.seed)
    wide = (1 / alpha_B.low - 1 / alpha_B.high) / (2 * ndtri((1 + evidence.level) / 2))
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
    """Read the exponents off the frontier over C_min; that of S_min from the measured steps, not as a remainder."""
    found = settled(evidence.c_min)
    top = found.loss.exponent
    return {
        "p_N": found.params.exponent,
        "p_B": found.batch.exponent,
        "p_S": measured_steps(evidence).tokens.exponent,
        "p_D": found.tokens.exponent,
        "alpha_Cmin": Estimate(-top.value, -top.high, -top.low, top.level)
        if top.low is not None
        else Estimate(-top.value),
    }


@once
def measured_steps(evidence: FamilyTables) -> Frontier:
    """Find the same frontier with the measured S_min of each evaluation in the place of its tokens."""
    columns = {**COLUMNS, "tokens": "steps_min", "flops": "flops_min"}
    points = evidence.least
    return settled(
        frontier("envelope", points, columns=columns, draws=evidence.draws, level=evidence.level, seed=evidence.seed)
    )


@once
def totals(evidence: FamilyTables) -> Frontier:
    """Find the frontier with every parameter and every FLOP counted: embeddings, attention, head."""
    columns = {**COLUMNS, "params": "params_total", "flops": "flops_exact"}
    return settled(
        frontier(
            "envelope", evidence.along, columns=columns, draws=evidence.draws, level=evidence.level, seed=evidence.seed
        )
    )


def above_converged_at(evidence: FamilyTables) -> np.ndarray:
    """f = L / L(N, inf) - 1 at every optimum between sizes that were trained, L(N, inf) from the fitted L(N, S_min)."""
    k = evidence.steps_law.fit.values
    optima = settled(evidence.c_min).optima
    return np.array([b.loss_nats / (k["N_c"] / b.params) ** k["alpha_N"] - 1 for b in optima])
