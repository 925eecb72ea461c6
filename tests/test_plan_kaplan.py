"""Spending a compute by Kaplan et al. 2020: what each batch policy costs and where it arrives."""

import numpy as np
import pytest

from scalinglaws.laws.kaplan2020.efficient import TABLE_3, params_at
from scalinglaws.planning import kaplan
from scalinglaws.quantities import PF_DAY


def test_training_at_the_critical_batch_costs_twice_the_least_compute_and_steps():
    critical = kaplan.efficient(2 * PF_DAY, TABLE_3, "critical")
    small = kaplan.efficient(PF_DAY, TABLE_3, "small-batch")
    assert critical.flops_min == pytest.approx(PF_DAY, rel=1e-12)
    assert critical.steps == pytest.approx(2 * critical.steps_min, rel=1e-12)
    assert critical.params == pytest.approx(small.params, rel=1e-12)
    assert 6 * critical.params * critical.tokens == pytest.approx(2 * PF_DAY, rel=1e-12)


def test_at_a_fixed_batch_the_same_sizes_reach_the_same_losses_for_more_compute():
    batch = 2.0**19
    fixed = kaplan.efficient(PF_DAY, TABLE_3, "fixed", batch)
    assert 6 * fixed.params * batch * fixed.steps == pytest.approx(PF_DAY, rel=1e-9)
    assert fixed.flops_min * (1 + batch / fixed.critical_batch) == pytest.approx(PF_DAY, rel=1e-9)
    assert fixed.params == pytest.approx(params_at(fixed.flops_min, TABLE_3), rel=1e-12)
    assert fixed.flops_min < PF_DAY


def test_every_draw_is_spent_by_its_own_constants():
    drawn = {name: value * np.array([1.0, 1.1]) for name, value in TABLE_3.items()}
    both = kaplan.efficient(PF_DAY, drawn, "fixed", 2.0**19)
    one = kaplan.efficient(PF_DAY, {name: 1.1 * value for name, value in TABLE_3.items()}, "fixed", 2.0**19)
    assert both.params[1] == pytest.approx(one.params, rel=1e-9)
    assert both.params[0] != pytest.approx(both.params[1], rel=1e-3)
