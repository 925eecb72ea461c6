"""Kaplan et al. 2020, appendix B and section 5.1: the facts that hold between its formulas, whatever the constants."""

import numpy as np
import pytest
from scipy.optimize import brentq

from scalinglaws.errors import LawError
from scalinglaws.laws import LAWS
from scalinglaws.laws.kaplan2020 import efficient as kaplan
from scalinglaws.quantities import PF_DAY

K = kaplan.TABLE_3
JOINT = LAWS["kaplan-nc"].constants


def loss_b3(params, flops):
    """Eq B.3 solved by bisection: L = (N_c/N)^aN + (6 B_* S_c N / (L^(1/aB) C))^aS."""

    def gap(loss):
        steps = flops / (6 * params * K["B_star"] / loss ** (1 / K["alpha_B"]))
        return (K["N_c"] / params) ** K["alpha_N"] + (K["S_c"] / steps) ** K["alpha_S"] - loss

    return brentq(gap, 1e-3, 1e8, xtol=1e-15, rtol=1e-15)


@pytest.mark.parametrize("params", [768.0, 1e6, 1.5e9, 1e13])
@pytest.mark.parametrize("pf_days", [1e-9, 1e-4, 1.0, 1e6])
def test_newton_solves_the_implicit_law(params, pf_days):
    found = LAWS["kaplan-nc"].evaluate(np.array(params), np.array(pf_days * PF_DAY), **JOINT)
    assert found == pytest.approx(loss_b3(params, pf_days * PF_DAY), rel=1e-12)


@pytest.mark.parametrize("pf_days", [1e-6, 1e-2, 1.0, 1e3])
def test_the_least_loss_over_sizes_is_b6_at_b9_a_tenth_above_converged(pf_days):
    flops = pf_days * PF_DAY
    best = kaplan.params_at(flops, K)
    loss = LAWS["kaplan-nc"].evaluate(best * np.exp([-0.02, 0.0, 0.02]), flops, **JOINT)
    assert loss[1] == pytest.approx(kaplan.loss_at(flops, K), rel=1e-12)
    assert (loss[[0, 2]] > loss[1]).all()
    converged = (K["N_c"] / best) ** K["alpha_N"]
    assert loss[1] / converged - 1 == pytest.approx(kaplan.above_converged(K), rel=1e-12)  # eq B.5


def test_compute_is_six_n_times_batch_times_steps():
    flops = 0.37 * PF_DAY
    spent = 6 * kaplan.params_at(flops, K) * kaplan.critical_batch_at(flops, K) * kaplan.steps_at(flops, K)
    assert spent == pytest.approx(flops, rel=1e-12)


def test_excess_compute_is_the_compute_that_b15_asks_of_both_sizes():
    flops = PF_DAY
    loss, best = kaplan.loss_at(flops, K), kaplan.params_at(flops, K)
    assert kaplan.flops_to_reach(loss, best, K) == pytest.approx(flops, rel=1e-12)
    ratios = np.array([0.4, 0.6, 2.0, 10.0])
    needed = kaplan.flops_to_reach(loss, ratios * best, K) / flops
    alphas = {"alpha_N": K["alpha_N"], "alpha_S": K["alpha_S"]}
    assert kaplan.excess_compute(ratios, **alphas) == pytest.approx(needed, rel=1e-12)
    assert kaplan.flops_to_reach(loss, 0.99 * kaplan.least_size_ratio(K) * best, K) == np.inf


@pytest.mark.parametrize("name", ["kaplan-excess-compute", "kaplan-excess-steps"])
def test_a_model_too_small_to_get_there_is_refused(name):
    law = LAWS[name]
    least = kaplan.least_size_ratio(law.constants)
    assert least == pytest.approx(0.285, abs=1e-3)
    assert law.at(law.constants, r=1.01 * least) > 1
    with pytest.raises(LawError, match="undefined at r ="):
        law.at(law.constants, r=0.99 * least)


def test_small_batch_units_lie_below_what_was_spent_and_keep_the_steps_times_tokens():
    # section 5.1: S_min <= S and C_min <= C, monotone in B; E_min S_min is one number along the hyperbola
    critical, batch = 1e6, np.geomspace(1e3, 1e9, 25)
    steps, tokens = 7e3 * (1 + critical / batch), 7e9 * (1 + batch / critical)
    assert kaplan.steps_min(steps, batch, critical) == pytest.approx(np.full(25, 7e3), rel=1e-12)
    assert kaplan.tokens_min(tokens, batch, critical) == pytest.approx(np.full(25, 7e9), rel=1e-12)
    assert (np.diff(kaplan.flops_min(1.0, batch, critical)) < 0).all()
    assert (np.diff(kaplan.steps_min(1.0, batch, critical)) > 0).all()
    assert kaplan.flops_min(1.0, critical, critical) == kaplan.steps_min(1.0, critical, critical) == 0.5
