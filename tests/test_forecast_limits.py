"""A forecast between the entropy of a text and a uniform guess: it ends there, and does not shrink to a point."""

import dataclasses

import numpy as np
import pytest

from scalinglaws.points.points import Points
from scalinglaws.predicting.above_floor import above_floor
from scalinglaws.predicting.forecast import forecaster

HALF = 1.959964


def interval(middle, spread, floor=0.0):
    middle = np.asarray(middle)
    return above_floor(middle, middle - HALF * spread, middle + HALF * spread, floor, 0.95)


@pytest.mark.parametrize("middle", [-1.0, -0.02, 0.0, 0.005, 0.02, 0.1])
def test_the_interval_holds_what_the_forecast_expects_of_losses_above_the_floor(middle):
    rng, spread = np.random.default_rng(0), 0.01
    truth = max(middle, 0.0) + spread * rng.standard_normal(200_000)
    truth = truth[truth > 0]
    value, low, high = interval(middle, spread)
    assert np.mean((truth >= low) & (truth <= high)) >= 0.948
    assert np.mean(truth < value) == pytest.approx(0.5, abs=0.005)
    assert low >= 0


def test_a_forecast_far_above_the_floor_is_left_as_it_is():
    assert interval(1.0, 0.01) == pytest.approx((1.0, 1 - HALF * 0.01, 1 + HALF * 0.01), abs=1e-12)


def test_the_further_below_the_floor_the_forecast_lies_the_surer_it_is_not():
    at_floor, below = interval(0.0, 0.01), interval(-0.5, 0.01)
    assert np.array(below) == pytest.approx(np.array(at_floor))
    assert below[2] - below[1] > HALF * 0.01


def test_unequal_sides_keep_their_own_widths():
    value, low, high = above_floor(np.array(1.0), np.array(0.99), np.array(1.1), 0.0, 0.95)
    assert (value, low, high) == pytest.approx((1.0, 0.99, 1.1), abs=1e-9)


def made_of(**columns):
    n, d = (grid.ravel() for grid in np.meshgrid(np.geomspace(3e3, 5e4, 6), np.geomspace(1e6, 2e7, 6)))
    losses = 0.9 + 20 * n**-0.5 + 60 * d**-0.5
    more = {name: np.full(len(n), value) for name, value in columns.items()}
    return forecaster(Points({"params_nonembedding": n, "tokens": d, "loss_nats": losses, **more}))


def test_a_forecaster_of_a_text_of_known_entropy_keeps_its_width_at_the_floor():
    made = made_of()
    far = {"N": 1e6, "D": 1e9}
    free = made.ask(far)
    above = dataclasses.replace(made, floor=float(free.high) * 0.999).ask(far)
    assert above.low == pytest.approx(float(free.high) * 0.999)
    assert above.high / above.low > 1 + 0.9 * (free.high / free.value - 1)
    untouched = dataclasses.replace(made, floor=0.1).ask(far)
    assert (untouched.value, untouched.low, untouched.high) == pytest.approx((free.value, free.low, free.high))


def test_a_forecast_worse_than_a_uniform_guess_keeps_its_width_below_it():
    early = {"N": 100.0, "D": 1e3}
    free, limited = made_of().ask(early), made_of(n_vocab=8.0).ask(early)
    top = np.log(8.0)
    assert free.low > top
    assert (limited.value, limited.high) == pytest.approx((top, top))
    assert limited.low / limited.value == pytest.approx(free.low / free.value)
