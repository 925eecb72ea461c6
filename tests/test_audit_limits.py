"""Rules judged in units of the scatter, over draws of the law or by paired runs: outcomes at their limits, coverage."""

import numpy as np
import pytest
from audit_tables import case, curves, isoflop, plan, scaled, sound

from scalinglaws.auditing.audit import audit
from scalinglaws.auditing.bakeoff import Form
from scalinglaws.auditing.evidence import Evidence
from scalinglaws.auditing.form import curse_over_noise
from scalinglaws.auditing.forms_compared import range_of_forecasts, ratios_of_errors
from scalinglaws.auditing.scatter import (
    VarianceComponent,
    in_units_of,
    robust_scatter,
    root_of_sum,
    scatter_by_squares,
)
from scalinglaws.results.fitted import Estimate

SOUND = sound()
EIGHT = (2.0, 6.0, 20.0, 60.0, 200.0, 600.0, 2000.0, 6000.0)


def printed(share):
    """Constants of the sound table, printed with beta off by a share."""
    values = dict(Evidence(SOUND).fit.values)
    return case(SOUND, printed=values | {"beta": values["beta"] * (1 + share)})


def blunt(factor):
    """Standard errors of the losses, times a factor."""
    return case(scaled(SOUND, loss_nats_sem=factor))


def wide(half):
    """IsoFLOP budgets of 21 sizes, from 1/half to half of sizes that drift from the best one."""
    return case(isoflop(noise=0.002, sizes=21, half=half, shift=1.6))


def cheap(factor):
    """An L of small runs whose compute is multiplied by a factor, and larger runs besides."""
    made = sound(repeats=0, widths=(1024, 1408, 1920, 2560), ratios=EIGHT).kept
    ratio, size = made["tokens"] / made["params_nonembedding"], made["params_nonembedding"]
    corner = (ratio < 3) | (size == size.min())
    made = made.replace(flops=made["flops_exact"] * np.where(corner, factor, 1.0))
    return case(made.take(corner | (ratio > 1000)))


def crowded(noise):
    """Learning curves of sizes that lie close together."""
    return case(curves(noise=noise, sizes=np.geomspace(1e7, 1e8, 14)))


def quoted(half):
    """A plan whose interval is this wide on each side."""
    return case(SOUND, plans=(plan(loss_nats=Estimate(1.99, 1.99 - half, 1.99 + half)),))


# rule, case, its number and outcome just inside and just outside
EDGES = [
    ("A4", printed, (4.69e-5, "passed"), (4.72e-5, "undecided")),
    ("A4", printed, (9.95e-5, "undecided"), (1.02e-4, "failed")),
    ("B10", blunt, (3.265, "passed"), (3.28, "undecided")),
    ("B10", blunt, (5.115, "undecided"), (5.14, "failed")),
    ("C6", wide, (26.0, "passed"), (28.0, "undecided")),
    ("C6", wide, (30.0, "undecided"), (34.0, "failed")),
    ("C7", cheap, (4.25, "passed"), (4.04, "undecided")),
    ("C7", cheap, (4.04, "undecided"), (3.85, "failed")),
    ("D11", crowded, (0.0022, "passed"), (0.0023, "undecided")),
    ("D11", crowded, (0.0122, "undecided"), (0.0129, "failed")),
    pytest.param(*("E2", quoted, (0.0080, "passed"), (0.0078, "undecided")), marks=pytest.mark.slow),
    pytest.param(*("E2", quoted, (0.00512, "undecided"), (0.00502, "failed")), marks=pytest.mark.slow),
]


@pytest.mark.parametrize(("id", "made", "inside", "outside"), EDGES)
def test_the_outcome_changes_where_the_interval_meets_its_limit(id, made, inside, outside):
    for number, outcome in (inside, outside):
        one = made(number)
        found = audit(one.points, only=[id], **one.claims).findings[0]
        assert found.outcome == outcome, found.found


def forms(*pairs):
    """Forms of these errors and forecasts."""
    return [Form(str(i), error, forecast, None, ()) for i, (error, forecast) in enumerate(pairs)]


@pytest.mark.parametrize(("ends", "low", "high"), [((1.2, 1.4), 0.05, 0.05), ((1.4, 1.6), 0, 0.05), ((1.6, 2), 0, 0)])
def test_only_forms_that_are_surely_good_raise_the_lower_end_of_the_range(ends, low, high):
    two = forms((0.01, 2.0), (0.013, 2.0 * np.exp(0.05)))
    ratios = [Estimate(1.0, 1.0, 1.0), Estimate(np.mean(ends), *ends)]
    found = range_of_forecasts(two, ratios, np.zeros((2, 9)), 1.5, 0.95)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-6)
    assert found.value == pytest.approx(0.05 if np.mean(ends) <= 1.5 else 0)


def test_the_ratio_of_two_errors_contains_the_truth_in_95_of_100_tables():
    """Absolute errors of normal misses, twice as large for the second form, three quarters of them shared."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(600):
        shared, own = np.abs(rng.standard_normal((2, 25)))
        scores = np.stack([shared, 2 * (0.75 * shared + 0.25 * own)]) / 25
        worse = ratios_of_errors(scores, 0.95)[1]
        inside += worse.low <= 2 <= worse.high
    assert 0.92 <= inside / 600 <= 0.98


@pytest.mark.parametrize("degrees", [(3, 40), (1, 2, 30), (20, 20, np.inf)])
def test_the_interval_of_a_root_of_squares_contains_the_truth_in_95_of_100_tables(degrees):
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(1000):
        sds = [float(np.sqrt(rng.chisquare(d) / d)) if np.isfinite(d) else 1.0 for d in degrees]
        found = root_of_sum([VarianceComponent(sd, d) for sd, d in zip(sds, degrees, strict=True)], 0.95)
        inside += found.low <= np.sqrt(len(degrees)) <= found.high
    assert 0.91 <= inside / 1000 <= 0.99


@pytest.mark.slow
def test_the_intervals_of_the_scatter_contain_the_noise_in_95_of_100_tables():
    noise, found = 0.002, []
    for seed in range(100):
        one = Evidence(sound(noise=noise, seed=seed)).fit
        found.append([s.low <= noise <= s.high for s in (scatter_by_squares(one, 0.95), robust_scatter(one, 0.95))])
    assert np.all(np.mean(found, axis=0) >= 0.9)


def test_a_known_number_in_units_of_a_scatter_has_its_ends_in_reverse():
    assert in_units_of(Estimate(2.0, 1.0, 4.0), 8.0) == Estimate(4.0, 2.0, 8.0)


def test_a_curse_without_noise_is_that_of_the_lowest_of_normal_numbers_where_losses_are_equal():
    """The mean of the largest of three normal numbers is 3 / (2 pi^0.5)."""
    found = curse_over_noise(np.zeros(3), np.ones(3), Estimate(0.01, 0.008, 0.013), 0)
    assert found.low < 1.5 / np.sqrt(np.pi) < found.high
    assert found.half < 0.2
