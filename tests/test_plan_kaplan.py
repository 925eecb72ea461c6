"""Kaplan et al. 2020, appendix B and table 6: printed and derived values, and the facts behind them."""

import numpy as np
import pytest
from scipy.optimize import brentq

from scalinglaws.plan import kaplan
from scalinglaws.quantities import PF_DAY

K = kaplan.TABLE_3
RATIO_TEN = {**K, "alpha_N": 0.076, "alpha_S": 0.76}


def loss_b3(params, flops, k=K):
    """Eq B.3, implicit in L: L = (N_c/N)^aN + (6 B_* S_c N / (L^(1/aB) C))^aS."""

    def gap(loss):
        steps = flops / (6 * params * kaplan.critical_batch(loss, k))
        return (k["N_c"] / params) ** k["alpha_N"] + (k["S_c"] / steps) ** k["alpha_S"] - loss

    return brentq(gap, 1e-3, 1e4, xtol=1e-14, rtol=1e-14)


def test_the_compute_exponent_is_what_b7_gives_and_not_the_0_054_of_eq_6_4():
    assert kaplan.loss_exponent({**K, "alpha_N": 0.076}) == pytest.approx(0.05199, abs=5e-6)
    assert kaplan.loss_exponent(K) == pytest.approx(0.05245, abs=5e-6)
    assert kaplan.loss_exponent(K) != pytest.approx(0.054, abs=1e-3)


def test_one_pf_day_by_b8_to_b10():
    assert kaplan.compute_scale(K) / PF_DAY == pytest.approx(1.533e8, rel=1e-3)
    assert kaplan.params_at(PF_DAY, K) == pytest.approx(6.04e8, rel=1e-3)
    assert kaplan.steps_at(PF_DAY, K) == pytest.approx(1.3205e4, rel=1e-3)
    loss = kaplan.loss_at(PF_DAY, K)
    assert loss == pytest.approx(2.6876, rel=1e-4)
    assert kaplan.critical_batch(loss, K) == pytest.approx(1.805e6, rel=1e-3)


@pytest.mark.parametrize("pf_days", [1e-6, 1e-2, 1.0, 1e3])
def test_the_least_loss_of_b3_over_sizes_is_b6_at_b9(pf_days):
    flops = pf_days * PF_DAY
    best = kaplan.params_at(flops, K)
    assert loss_b3(best, flops) == pytest.approx(kaplan.loss_at(flops, K), rel=1e-9)
    sizes = best * np.exp([-0.02, 0.02])
    assert all(loss_b3(size, flops) > kaplan.loss_at(flops, K) for size in sizes)
    slope = np.diff([loss_b3(best * np.exp(x), flops) for x in (-1e-3, 1e-3)])[0] / 2e-3
    assert abs(slope) < 1e-6


def test_compute_is_six_n_times_batch_times_steps():
    flops = 0.37 * PF_DAY
    batch = kaplan.critical_batch(kaplan.loss_at(flops, K), K)
    assert 6 * kaplan.params_at(flops, K) * batch * kaplan.steps_at(flops, K) == pytest.approx(flops, rel=1e-12)


def test_stopping_at_10_against_2_percent_above_converged():
    size, steps, compute = kaplan.stopped_at(0.10, 0.02, RATIO_TEN)
    assert (size, steps, compute) == pytest.approx((2.7007, 0.13288, 0.35887), rel=1e-4)


def test_other_sizes_cost_what_b16_and_b17_say():
    ratios = [2.2, 0.6, 2.0, 0.5]
    assert kaplan.excess_compute(ratios, RATIO_TEN) == pytest.approx([1.2035, 1.1645, 1.1597, 1.3927], abs=5e-5)
    assert kaplan.excess_steps(2.2, RATIO_TEN) == pytest.approx(0.5470, abs=5e-5)
    assert kaplan.excess_compute(1.0, K) == 1.0
    too_small = (1 + RATIO_TEN["alpha_N"] / RATIO_TEN["alpha_S"]) ** (-1 / RATIO_TEN["alpha_N"])
    assert too_small == pytest.approx(0.285, abs=1e-3)
    assert kaplan.excess_compute(0.99 * too_small, RATIO_TEN) == np.inf


def test_excess_compute_is_the_compute_that_b3_needs_for_the_same_loss():
    flops = PF_DAY
    loss, best = kaplan.loss_at(flops, K), kaplan.params_at(flops, K)
    needed = brentq(lambda x: loss_b3(2 * best, flops * np.exp(x)) - loss, -1, 2)
    assert kaplan.excess_compute(2.0, K) == pytest.approx(np.exp(needed), rel=1e-9)


def test_table_6():
    for pf_days, params in ((1e-4, 1.563e6), (1.0, 1.3e9), (100.0, 3.749e10)):
        assert kaplan.table_6(pf_days * PF_DAY)["params"] == pytest.approx(params, rel=1e-3)
    low, high = kaplan.table_6(1e-4 * PF_DAY), kaplan.table_6(100 * PF_DAY)
    assert (low["batch_tokens"], high["batch_tokens"]) == pytest.approx((2.193e5, 6.040e6), rel=1e-3)
    assert (low["steps_min"], high["steps_min"]) == pytest.approx((4096, 6200), rel=1e-3)
    assert (low["tokens"], high["tokens"]) == pytest.approx((1.664e9, 6.935e10), rel=1e-3)
    one = kaplan.table_6(PF_DAY)
    assert 6 * one["params"] * one["batch_tokens"] * one["steps_min"] / PF_DAY == pytest.approx(0.975, rel=1e-3)


def test_the_laws_contradict_each_other_at_1e4_pf_days():
    k = {"C_c": 3.1e8 * PF_DAY, "alpha_C": 0.050, "D_e": 2e10, "p_D": 0.27, "D_c": 5.4e13, "alpha_D": 0.095}
    found = kaplan.contradiction({**k, "N_e": 1.3e9, "p_N": 0.73})
    assert found["flops"] / PF_DAY == pytest.approx(1.119e4, rel=1e-2)
    assert found["params"] == pytest.approx(1.174e12, rel=1e-2)
    assert found["tokens"] == pytest.approx(2.48e11, rel=1e-2)
    assert found["loss_nats"] == pytest.approx(1.668, rel=1e-2)


def test_training_at_the_critical_batch_costs_twice_the_least_compute_and_steps():
    critical = kaplan.efficient(2 * PF_DAY, K, "critical")
    small = kaplan.efficient(PF_DAY, K, "small-batch")
    assert critical.flops_min == pytest.approx(PF_DAY, rel=1e-12)
    assert critical.steps == pytest.approx(2 * critical.steps_min, rel=1e-12)
    assert critical.params == pytest.approx(small.params, rel=1e-12)
    assert 6 * critical.params * critical.tokens == pytest.approx(2 * PF_DAY, rel=1e-12)


def test_at_a_fixed_batch_the_same_sizes_reach_the_same_losses_for_more_compute():
    batch = 2.0**19
    fixed = kaplan.efficient(PF_DAY, K, "fixed", batch)
    assert 6 * fixed.params * batch * fixed.steps == pytest.approx(PF_DAY, rel=1e-9)
    assert fixed.flops_min * (1 + batch / fixed.critical_batch) == pytest.approx(PF_DAY, rel=1e-9)
    assert fixed.params == pytest.approx(kaplan.params_at(fixed.flops_min, K), rel=1e-12)
    assert fixed.flops_min < PF_DAY
