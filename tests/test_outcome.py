"""An outcome follows from an interval and its limits; the intervals that claims rest on hold what they promise."""

from types import SimpleNamespace

import numpy as np
import pytest

from scalinglaws.measurements.intervals import (
    between,
    difference,
    independent_difference,
    jackknife,
    largest_of,
    least_of,
    magnitude,
    r_squared,
    ratio,
    root_mean_square,
    simultaneous,
    spread_ratio,
)
from scalinglaws.measurements.noise_about_lines import explained
from scalinglaws.measurements.repeats import seed_noise
from scalinglaws.results.attempt import Lacking
from scalinglaws.results.fitted import Estimate
from scalinglaws.results.outcome import outcome_of, overall

LEVEL = 0.95


@pytest.mark.parametrize(
    "low, high, limits, outcome",
    [
        (1.0, 2.0, (1.0, None), "passed"),  # the limit itself is allowed
        (0.999, 2.0, (1.0, None), "undecided"),
        (0.5, 0.999, (1.0, None), "failed"),
        (0.5, 1.0, (1.0, None), "undecided"),
        (1.0, 2.0, (None, 2.0), "passed"),
        (2.001, 3.0, (None, 2.0), "failed"),
        (0.6, 1.4, (0.5, 1.5), "passed"),
        (0.4, 1.6, (0.5, 1.5), "undecided"),
        (1.6, 1.9, (0.5, 1.5), "failed"),
        (None, 0.9, (1.0, None), "failed"),  # an interval with one end decides on that side alone
        (None, 1.1, (1.0, None), "undecided"),
        (1.1, None, (1.0, None), "passed"),
        (None, None, (1.0, None), "not run"),
        (0.0, 0.0, (0.0, 0.0), "passed"),  # a count
        (3.0, 3.0, (None, 0.0), "failed"),
    ],
)
def test_the_whole_interval_decides(low, high, limits, outcome):
    ends = [end for end in (low, high) if end is not None] or [1.0]
    assert outcome_of(Estimate(float(np.mean(ends)), low, high), *limits) == outcome


def test_the_value_alone_never_decides():
    for value in (0.0, 0.5, 1.0, 5.0):
        assert outcome_of(Estimate(value), 0.5) == "not run"
        assert outcome_of(Estimate(value, -1e9, 1e9), 0.5) == "undecided"
    assert outcome_of(None, 0.5) == outcome_of(Estimate(np.nan, 0.0, 1.0), 0.5) == "not run"


def test_one_failed_part_fails_the_whole_and_none_stands_for_another():
    assert overall([]) == "not run"
    assert overall(["passed", "passed"]) == "passed"
    assert overall(["passed", "undecided"]) == "undecided"
    assert overall(["undecided", "not run", "passed"]) == "not run"
    assert overall(["not run", "undecided", "failed"]) == "failed"


def _coverage(made, truth, sets=400):
    found = [made(np.random.default_rng(seed)) for seed in range(sets)]
    return float(np.mean([one.low <= truth <= one.high for one in found]))


def test_the_interval_of_r2_holds_the_r2_of_the_world():
    x = np.linspace(-1, 1, 6)
    slope, truth = 8.0, 64 * np.sum(x**2) / (64 * np.sum(x**2) + len(x))

    def made(rng):
        y = slope * x + rng.standard_normal(len(x))
        return r_squared(np.corrcoef(x, y)[0, 1] ** 2, len(x), LEVEL)

    assert _coverage(made, truth) == pytest.approx(LEVEL, abs=0.03)
    assert r_squared(0.9, 2, LEVEL).low is None  # two points always lie on a line


def test_the_interval_of_a_spread_over_that_of_a_seed_holds_their_ratio():
    def made(rng):
        noise = seed_noise([3.0 + 0.01 * rng.standard_normal(5)], LEVEL)
        return spread_ratio((0.02 * rng.standard_normal(12)).std(ddof=1) / noise.nats.value, 11, noise, LEVEL)

    assert _coverage(made, 2.0) == pytest.approx(LEVEL, abs=0.03)


def test_the_interval_of_a_root_mean_square_error_holds_it():
    assert _coverage(lambda rng: root_mean_square(0.3 * rng.standard_normal(5), LEVEL), 0.3) == pytest.approx(
        LEVEL, abs=0.03
    )


@pytest.mark.parametrize("missed", [0.0, 0.003, 0.01, 0.03])
def test_the_share_that_a_line_explains_beyond_noise_holds_that_of_the_world(missed):
    x = np.linspace(-1, 1, 7)
    bent = x**2 - np.mean(x**2)
    law = 0.2 * x + missed * bent / bent.std()
    sd = 0.0033

    def made(rng):
        seeds = seed_noise([3.0 * np.exp(sd * rng.standard_normal(8))], LEVEL)
        y = law + sd * rng.standard_normal(len(x))
        evidence = SimpleNamespace(sigma=seeds, level=LEVEL)
        return explained(evidence, np.corrcoef(x, y)[0, 1] ** 2, len(x), float(y.var()))

    truth = 1 - missed**2 / law.var()
    assert _coverage(made, truth) >= LEVEL - 0.02
    widths = [one.high - one.low for one in (made(np.random.default_rng(seed)) for seed in range(20))]
    assert np.median(widths) < 0.1


def test_losses_that_are_all_equal_leave_the_share_of_a_line_unknown():
    seeds = seed_noise([np.array([3.0, 3.01, 2.99])], LEVEL)
    with np.errstate(all="raise"):
        found = explained(SimpleNamespace(sigma=seeds, level=LEVEL), 0.0, 7, 0.0)
    assert (found.low, found.high) == (0.0, 1.0)


def test_without_seeds_all_that_a_line_misses_may_be_noise():
    class Unseeded:
        level = LEVEL

        @property
        def sigma(self):
            raise Lacking("family F-SEED")

    found = explained(Unseeded(), 0.9, 7, 0.01)
    assert found.high == 1.0 and found.low == r_squared(0.9, 7, LEVEL).low


def test_the_jackknife_of_a_mean_is_the_t_interval_and_of_groups_holds_the_truth():
    y = np.array([1.0, 2.0, 4.0, 7.0])
    found = jackknife(lambda rows: float(y[rows].mean()), np.arange(4), LEVEL)
    half = 3.182446 * y.std(ddof=1) / 2
    assert (found.low, found.high) == pytest.approx((3.5 - half, 3.5 + half), rel=1e-6)
    assert jackknife(lambda rows: float(y[rows].mean()), np.zeros(4), LEVEL).low is None

    def made(rng):
        group = np.repeat(np.arange(8), 5)
        values = rng.standard_normal(8)[group] + 0.1 * rng.standard_normal(40)
        return jackknife(lambda rows: float(values[rows].mean()), group, LEVEL)

    assert _coverage(made, 0.0) == pytest.approx(LEVEL, abs=0.03)


def test_differences_and_ratios_of_independent_normal_estimates_hold_theirs():
    def normal(rng, mean, sd):
        value = mean + sd * rng.standard_normal()
        return between(value, value - 1.96 * sd, value + 1.96 * sd, LEVEL)

    assert _coverage(lambda rng: independent_difference(normal(rng, 3, 1), normal(rng, 1, 2)), 2.0) > 0.92
    assert _coverage(lambda rng: ratio(normal(rng, 9, 0.5), normal(rng, 3, 0.3)), 3.0) > 0.92
    a, b = Estimate(3.0, 2.0, 5.0), Estimate(1.0, 0.0, 3.0)
    assert (difference(a, b).low, difference(a, b).high) == (-1.0, 5.0)


def test_intervals_of_many_hold_all_at_once_and_so_do_their_extremes():
    sd = np.array([1.0, 2.0, 0.5, 1.0, 1.0])

    def made(rng):
        values = sd * rng.standard_normal(5)
        return simultaneous(values, values + sd * rng.standard_normal((2000, 5)), LEVEL)

    found = [made(np.random.default_rng(seed)) for seed in range(300)]
    assert np.mean([all(e.low <= 0 <= e.high for e in one) for one in found]) == pytest.approx(LEVEL, abs=0.03)
    least = [least_of(one) for one in found]
    assert np.mean([e.low <= 0 <= e.high for e in least]) >= LEVEL - 0.03
    three = [Estimate(1.0, 0.0, 2.0), Estimate(3.0, 2.5, 3.5), Estimate(2.0, -1.0, None)]
    assert (least_of(three).low, least_of(three).value, least_of(three).high) == (-1.0, 1.0, 2.0)
    assert (largest_of(three).low, largest_of(three).value, largest_of(three).high) == (2.5, 3.0, None)


@pytest.mark.parametrize(
    "ends, size", [((-2.0, 1.0), (0.0, 2.0)), ((-3.0, -1.0), (1.0, 3.0)), ((1.0, 2.0), (1.0, 2.0))]
)
def test_a_size_has_no_sign(ends, size):
    found = magnitude(Estimate(sum(ends) / 2, *ends))
    assert (found.low, found.high) == size
