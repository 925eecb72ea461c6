"""The rules that judge an estimate do so by its interval: just inside and just outside of every limit."""

import re

import numpy as np
import pytest
from audit_tables import rows_of, scaled, scanned, sound, tasks, without

from scalinglaws.auditing.audit import audit
from scalinglaws.auditing.evidence import Evidence
from scalinglaws.auditing.exponents_compared import exponent_in, range_of, range_of_fits
from scalinglaws.auditing.form import p_value
from scalinglaws.auditing.pairs_of_arms import difference_of_shares, pairs_right
from scalinglaws.auditing.task_over_loss import TaskRows, range_over_scatter, rank_correlation, scatter_of_one_curve
from scalinglaws.errors import PointsError
from scalinglaws.points.points import Points
from scalinglaws.results.attempt import Lacking
from scalinglaws.results.outcome import outcome_of

SOUND = sound()
OPTIMUM = {"N": 1e9, "D": 1e11}


def noisy(noise: float) -> Points:
    """A task that follows the loss with noise."""
    return tasks(SOUND, noise=noise)


def lumped(width: float) -> Points:
    """A task that is 0 or 1 and rises once with the loss: losses of few values leave a parabola no way to follow it."""
    loss = np.concatenate([2 + width * np.linspace(0, 1, 400), [10.0, 20.0, 30.0]])
    task, ones = (np.arange(403) >= 200).astype(float), np.ones(403)
    return Points({"run_id": np.arange(403).astype(str), "loss_nats": loss, "error_top1": task, "params_total": ones})


def texts(apart: float) -> Points:
    """Two training texts whose tasks stand some way apart over the loss."""
    made = tasks(rows_of(SOUND, SOUND.replace(train_set=["web"] * len(SOUND))))
    return made.replace(error_top1=made["error_top1"] + apart * (made["train_set"] == "web"))


def scan(steepness: float) -> Points:
    """Rates about the best one, of a loss that is a parabola."""
    return scanned(steepness=steepness)


def wavy(height: float) -> Points:
    """A wave in ln N that the law has no term for."""
    return scaled(SOUND, loss_nats=1 + height * np.sin(1.2 * np.log(SOUND["params_total"])))


def counted(further: float) -> Points:
    """A second count of parameters that grows faster than the first, as its power of 1 + `further`."""
    made = without(SOUND, "params_nonembedding", "params_with_head", "n_layer", "d_model")
    return made.replace(params_nonembedding=made["params_total"] ** (1 + further))


def falling(beta: float) -> Points:
    """Runs of a law whose data term falls with this exponent."""
    return sound(truth=lambda n, d: 1.8 + 480 / n**0.35 + 0.5 * (d / 1e10) ** -beta)


# rule, table, its number and outcome just inside, the same just outside; the limit, and which end of which interval
# meets it
EDGES = [
    ("E6", noisy, (0.04450, "passed"), (0.04452, "undecided"), 0.8, "low", 0),
    ("E6", noisy, (0.11948, "undecided"), (0.11951, "failed"), 0.8, "high", 0),
    ("E6", lumped, (2.44254, "passed"), (2.44200, "undecided"), 3.0, "low", 1),
    ("E6", lumped, (1.65021, "undecided"), (1.64998, "failed"), 3.0, "high", 1),
    ("E9", texts, (0.00774, "passed"), (0.00776, "undecided"), 2.0, "high", 0),
    ("E9", texts, (0.01176, "undecided"), (0.01178, "failed"), 2.0, "low", 0),
    ("B5", scan, (0.00473, "passed"), (0.00475, "undecided"), 1.0, "high", 0),
    ("B5", scan, (0.02600, "undecided"), (0.02602, "failed"), 1.0, "low", 0),
    ("B5", scan, (-0.00850, "passed"), (-0.00852, "failed"), 0.0, "high", 0),
    ("D9", wavy, (0.00092, "passed"), (0.00093, "undecided"), 0.25, "high", 0),
    ("D9", wavy, (0.00182, "undecided"), (0.00183, "failed"), 0.01, "high", 1),
    ("D12", falling, (1.1980, "passed"), (1.1986, "undecided"), 1.2, "high", 1),
    ("D12", falling, (1.2017, "undecided"), (1.2022, "failed"), 1.2, "low", 1),
    ("A1", counted, (0.2220, "passed"), (0.2227, "undecided"), 0.05, "high", 0),
    ("A1", counted, (0.2236, "undecided"), (0.2240, "failed"), 0.05, "low", 0),
]


@pytest.mark.parametrize(("id", "table", "inside", "outside", "limit", "end", "which"), EDGES)
def test_the_outcome_changes_where_the_interval_meets_its_limit(id, table, inside, outside, limit, end, which):
    for number, outcome in (inside, outside):
        found = audit(table(number), only=[id]).findings[0]
        assert found.outcome == outcome, found.found
        intervals = re.findall(r"\[([^],]+), ([^],]+)\]", found.found)
        assert float(intervals[which][end == "high"]) == pytest.approx(limit, abs=0.012)


@pytest.mark.parametrize(("end", "outcomes"), [("high", ("passed", "undecided")), ("low", ("undecided", "failed"))])
def test_over_training_is_judged_where_its_interval_meets_ten(end, outcomes):
    """D/N over that of the optimum goes as N^-2 at one compute: an end of its interval is put at 9.99 and at 10.01."""
    start = _overtrained(1.0)[1][end == "high"]
    for asked, outcome in zip((9.99, 10.01), outcomes, strict=True):
        found, ends = _overtrained((start / asked) ** 0.5)
        assert ends[end == "high"] == pytest.approx(asked, abs=0.06)  # three digits are printed
        assert found == outcome


def _overtrained(factor: float) -> tuple[str, tuple[float, float]]:
    target = {"N": OPTIMUM["N"] * factor, "D": OPTIMUM["D"] / factor}
    found = audit(SOUND, only=["E10"], target=target).findings[0]
    low, high = re.search(r"\[([^],]+), ([^],]+)\]", found.found).groups()
    return found.outcome, (float(low), float(high))


@pytest.mark.parametrize(
    ("above", "outcome"), [(3, "failed"), (4, "undecided"), (17, "undecided"), (18, "passed"), (999, "passed")]
)
def test_a_pattern_is_shown_where_the_interval_of_its_p_value_lies_below_a_hundredth(above, outcome):
    assert outcome_of(p_value(above, 0.95), low=0.01) == outcome


def test_the_interval_of_a_p_value_is_that_of_clopper_and_pearson():
    from scipy.stats import binomtest

    exact = binomtest(12, 999).proportion_ci(0.95, "exact")
    found = p_value(12, 0.95)
    assert (found.low, found.high) == pytest.approx((exact.low, exact.high), rel=1e-9)


@pytest.mark.parametrize(("arms", "outcome"), [(3, "undecided"), (7, "undecided"), (8, "passed")])
def test_eight_arms_and_no_fewer_show_that_a_way_that_is_always_right_is_better(arms, outcome):
    right = np.ones(arms * (arms - 1) // 2, dtype=bool)
    assert outcome_of(difference_of_shares(right, ~right, arms, 0.95), low=0.0) == outcome
    worse = {"passed": "failed"}.get(outcome, outcome)
    assert outcome_of(difference_of_shares(~right, right, arms, 0.95), low=0.0) == worse


def test_two_ways_that_decide_alike_are_not_shown_to_be_equally_good():
    alike = difference_of_shares(np.ones(28, dtype=bool), np.ones(28, dtype=bool), 8, 0.95)
    assert alike.value == 0
    assert alike.high == -alike.low > 0.3


def test_what_two_fits_to_the_same_rows_share_cancels_in_the_difference_of_their_exponents():
    """N^(1 + s) in the place of N divides alpha by 1 + s and leaves beta."""
    evidence = Evidence(counted(0.2))
    one, other = (evidence.fitted(columns={"N": name}) for name in ("params_total", "params_nonembedding"))
    found = range_of_fits([one, other], 0.95, 0)
    alpha, beta = one.values["alpha"], one.values["beta"]
    assert found.value == pytest.approx(beta / (alpha / 1.2 + beta) - beta / (alpha + beta), rel=1e-6)
    assert found.half < 0.1 * range_of([exponent_in(evidence, one), exponent_in(evidence, other)]).half
    assert (range_of_fits([one, one], 0.95, 0).low, range_of_fits([one, one], 0.95, 0).high) == (0, 0)


def test_a_pair_is_right_where_the_better_arm_is_named():
    assert pairs_right(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0])).tolist() == [True, True, False]


def made_rows(n: int, rng: np.random.Generator, shift: float = 0.0, noise: float = 0.05) -> TaskRows:
    loss = rng.uniform(1, 3, n)
    return TaskRows(loss, 0.2 + 0.3 * loss + shift + noise * rng.standard_normal(n), np.arange(n))


@pytest.mark.parametrize(("n", "shift"), [(10, 0.0), (40, 0.1), (8, 1.0)])
def test_the_interval_of_one_curve_over_several_contains_the_truth_in_95_of_100_tables(n, shift):
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        groups = [made_rows(n, rng), made_rows(n, rng, shift)]
        loss = np.concatenate([one.loss for one in groups])
        offset = np.repeat([0.0, shift], n)
        left = offset - np.polyval(np.polyfit(loss, offset, 2), loss)
        truth = np.sqrt(1 + np.mean(left**2) / 0.05**2)
        found = scatter_of_one_curve(groups, 0.95)
        inside += found.low - 1e-9 <= truth <= found.high + 1e-9
    assert 0.92 <= inside / 300 <= 0.99


@pytest.mark.parametrize("n", [5, 12, 60])
def test_the_interval_of_a_range_over_its_scatter_contains_the_truth_in_95_of_100_tables(n):
    rng = np.random.default_rng(1)
    made = [made_rows(n, rng) for _ in range(300)]
    inside = [(one, range_over_scatter(one, 0.95)) for one in made]
    share = np.mean([found.low <= np.ptp(one.task) / 0.05 <= found.high for one, found in inside])
    assert 0.91 <= share <= 0.985


def test_the_interval_of_a_rank_correlation_contains_the_truth_in_95_of_100_tables():
    """Normal pairs of correlation r have rho = 6/pi asin(r/2)."""
    rng = np.random.default_rng(2)
    x, noise = rng.standard_normal((2, 300, 40))
    truth = 6 / np.pi * np.arcsin(0.8 / 2)
    found = [
        rank_correlation(TaskRows(a, 0.8 * a + 0.6 * b, np.arange(40)), 0.95) for a, b in zip(x, noise, strict=True)
    ]
    assert 0.92 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98


@pytest.mark.parametrize(("n", "outcome"), [(5, "undecided"), (6, "undecided"), (7, "passed"), (40, "passed")])
def test_few_runs_in_perfect_order_do_not_show_that_a_task_follows_the_loss(n, outcome):
    order = TaskRows(np.arange(n) + 1.0, np.arange(n) ** 2.0, np.arange(n))
    assert outcome_of(rank_correlation(order, 0.95), low=0.8) == outcome


def test_several_rows_of_a_run_are_as_certain_as_one():
    rng = np.random.default_rng(3)
    one = made_rows(10, rng)
    many = TaskRows(*(np.tile(getattr(one, name), 50) for name in ("loss", "task", "runs")))
    for statistic in (rank_correlation, range_over_scatter):
        assert statistic(many, 0.95).low == pytest.approx(statistic(one, 0.95).low)
    other = made_rows(10, rng, 0.1)
    often = TaskRows(*(np.tile(getattr(other, name), 50) for name in ("loss", "task", "runs")))
    assert scatter_of_one_curve([many, often], 0.95).low == pytest.approx(scatter_of_one_curve([one, other], 0.95).low)


@pytest.mark.parametrize(
    "statistic", [rank_correlation, range_over_scatter, lambda r, level: scatter_of_one_curve([r, r], level)]
)
def test_three_runs_say_nothing_of_a_task(statistic):
    three = TaskRows(np.array([1.0, 2.0, 3.0, 1.0]), np.array([0.1, 0.2, 0.3, 0.1]), np.array([0, 1, 2, 0]))
    with pytest.raises(Lacking, match="runs"):
        statistic(three, 0.95)
    assert issubclass(Lacking, PointsError)


def test_a_task_that_is_a_function_of_the_loss_in_every_text_has_a_finite_ratio():
    loss = np.linspace(1, 3, 20)
    groups = [TaskRows(loss, loss + shift, np.arange(20) + 20 * shift) for shift in (0, 1)]
    found = scatter_of_one_curve(groups, 0.95)
    assert 2 < found.low < found.value < found.high < 200
