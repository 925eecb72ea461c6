"""Learning rates at known steps."""

from dataclasses import replace
from itertools import pairwise

import pytest

from scalinglaws.errors import StudyError
from scalinglaws.run.run import RunSpec
from scalinglaws.run.schedule import evaluation_steps, learning_rate
from scalinglaws.run.shape import Shape

KAPLAN = RunSpec(
    Shape(12, 768, 12, 1024, 50257),
    "webtext2",
    "bpe:50257",
    "none",
    250_000 * 2**19,
    512,
    1e-3,
    3000,
    schedule="cosine",
)


def test_the_papers_schedule_warms_up_in_3000_steps_and_ends_at_zero():
    """T43 of the paper's check values: peak, half and sum of lr for 3000 steps of warm-up and cosine to 2.5e5."""
    assert KAPLAN.steps == 250_000
    assert learning_rate(KAPLAN, 0) == pytest.approx(1e-3 / 3000)
    assert learning_rate(KAPLAN, 2999) == pytest.approx(1e-3)
    assert learning_rate(KAPLAN, 3000) == pytest.approx(1e-3)
    assert learning_rate(KAPLAN, 126_500) == pytest.approx(0.5e-3)
    assert learning_rate(KAPLAN, 249_999) == pytest.approx(0, abs=1e-12)
    assert learning_rate(KAPLAN, 250_000) == 0.0
    assert sum(learning_rate(KAPLAN, s) for s in range(250_000)) == pytest.approx(125, rel=1e-4)


def test_linear_falls_evenly_and_constant_stays():
    linear, constant = replace(KAPLAN, schedule="linear"), replace(KAPLAN, schedule="constant")
    assert learning_rate(linear, 126_500) == pytest.approx(0.5e-3)
    assert learning_rate(constant, 249_999) == 1e-3


def test_wsd_is_constant_until_its_last_fifth_and_then_falls_to_zero():
    wsd = replace(KAPLAN, schedule="wsd", decay=0.2)
    assert wsd.decay_start == 200_000
    assert learning_rate(wsd, 199_999) == learning_rate(wsd, 200_000) == 1e-3
    assert learning_rate(wsd, 225_000) == pytest.approx(0.5e-3)
    assert learning_rate(wsd, 249_999) == pytest.approx(1e-3 / 50_000)


# Eight schedules for Kaplan et al. 2020, Figure 22; share of the peak at 126,500 steps, half-way after the warm-up.
SCHEDULES = {
    "cosine": ({"schedule": "cosine"}, 0.5),
    "linear": ({"schedule": "linear"}, 0.5),
    "constant": ({"schedule": "constant"}, 1.0),
    "wsd": ({"schedule": "wsd"}, 1.0),
    "inverse-sqrt": ({"schedule": "inverse-sqrt"}, (3000 / 126_501) ** 0.5),
    "cosine that falls faster": ({"schedule": "cosine", "decay_power": 2.0}, 0.25),
    "linear that falls slower": ({"schedule": "linear", "decay_power": 0.5}, 0.5**0.5),
    "cosine to a tenth": ({"schedule": "cosine", "lr_end": 0.1}, 0.55),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_stands_half_way_where_its_formula_says(name):
    changes, share = SCHEDULES[name]
    spec = replace(KAPLAN, **changes)
    assert learning_rate(spec, 126_500) == pytest.approx(share * 1e-3)
    rates = [learning_rate(spec, step) for step in range(3000, 250_001, 50)]
    assert max(rates) == pytest.approx(1e-3, rel=1e-3)
    assert all(a >= b for a, b in pairwise(rates))


def test_no_two_schedules_are_the_same():
    sums = [sum(learning_rate(replace(KAPLAN, **c), s) for s in range(0, 250_000, 500)) for c, _ in SCHEDULES.values()]
    assert len({round(total, 6) for total in sums}) == len(SCHEDULES) - 1  # cosine and linear have the same sum
    assert learning_rate(KAPLAN, 60_000) != learning_rate(replace(KAPLAN, schedule="linear"), 60_000)


@pytest.mark.parametrize("schedule", ["cosine", "linear", "wsd"])
@pytest.mark.parametrize("cooldown", ["linear", "1-sqrt"])
def test_a_schedule_ends_at_its_share_of_the_peak(schedule, cooldown):
    spec = replace(KAPLAN, schedule=schedule, cooldown=cooldown, lr_end=0.1)
    assert learning_rate(spec, 250_000) == pytest.approx(1e-4)
    assert learning_rate(replace(spec, lr_end=0.0), 250_000) == 0.0


def test_the_cooldown_1_sqrt_has_fallen_by_half_after_a_quarter():
    """Hägele et al. 2024: 1 - sqrt(z) over the decay."""
    spec = replace(KAPLAN, schedule="wsd", cooldown="1-sqrt")
    assert learning_rate(spec, 200_000) == 1e-3
    assert learning_rate(spec, 212_500) == pytest.approx(0.5e-3)
    assert learning_rate(spec, 232_000) == pytest.approx(0.2e-3)


def test_a_branch_goes_on_where_its_trunk_stands():
    branch = replace(KAPLAN, schedule="wsd", parent="trunk")
    trunk = replace(KAPLAN, schedule="constant", tokens=branch.decay_start * KAPLAN.batch_tokens)
    assert branch.first_step == trunk.steps == 200_000
    assert learning_rate(trunk, trunk.steps - 1) == learning_rate(branch, branch.first_step)


def test_evaluations_end_at_the_horizon_and_lie_evenly_in_log_step():
    steps = evaluation_steps(KAPLAN)
    assert steps[-1] == KAPLAN.steps
    assert len(steps) == KAPLAN.evaluations
    ratios = [b / a for a, b in pairwise(steps)]
    assert max(ratios) / min(ratios) < 1.01


def test_a_schedule_that_is_not_known_is_refused():
    with pytest.raises(StudyError, match="wsd, cosine"):
        replace(KAPLAN, schedule="cosin")
