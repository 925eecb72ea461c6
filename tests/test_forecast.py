"""The default forecast: its parts against closed forms, what it says of poor designs, and its limits."""

from pathlib import Path

import numpy as np
import pytest
from fit_tables import isoflop
from public_tables import real

import scalinglaws as sl
from scalinglaws.errors import FitError, LawError, MisuseError, PointsError
from scalinglaws.predicting.band import _quantile, ends, factor, ratios, unit
from scalinglaws.predicting.discrepancy import Discrepancy
from scalinglaws.predicting.evidence import Normal, Observed, component
from scalinglaws.predicting.forecast import forecaster
from scalinglaws.predicting.learning import learn
from scalinglaws.predicting.lengths import by_evidence
from scalinglaws.predicting.means import SmoothMaximum
from scalinglaws.predicting.mixture import WeightedMean, posterior
from scalinglaws.predicting.origins import PastStudy, origins
from scalinglaws.predicting.prior import field_prior, read_prior, vague_prior
from scalinglaws.studying.forecasts import forecast

TRUTH = np.array([0.6, -2.0, 0.55, -2.0, 0.6, -0.5])


def runs(seed=0, noise=0.002, constants=TRUTH, tilt=0.0):
    """Runs of the smooth-maximum law on a grid of sizes and tokens; `tilt` adds what no such law has."""
    N, D = (column.ravel() for column in np.meshgrid(np.geomspace(1e7, 1e9, 6), np.geomspace(1e9, 3e10, 5)))
    x = np.column_stack([np.log(N), np.log(D)])
    rng = np.random.default_rng(seed)
    ln_loss = SmoothMaximum().value_and_slopes(constants, x)[0] + noise * rng.standard_normal(len(N))
    return N, D, np.exp(ln_loss + tilt * np.sin(x[:, 0] * 1.3))


def table(N, D, loss, **more):
    return sl.Points({"params_total": N, "tokens": D, "loss_nats": loss, **more})


def ray(seed=0):
    """Sixteen runs at twenty tokens per parameter."""
    N = np.geomspace(1e7, 1e9, 16)
    x = np.column_stack([np.log(N), np.log(20 * N)])
    noise = 0.003 * np.random.default_rng(seed).standard_normal(16)
    return table(N, 20 * N, np.exp(SmoothMaximum().value_and_slopes(TRUTH, x)[0] + noise))


def test_the_smooth_maximum_is_the_law_of_its_paper_and_its_slopes_are_exact():
    N, D, _ = runs()
    x, mean = np.column_stack([np.log(N), np.log(D)]), SmoothMaximum()
    floor, a, alpha, b, beta, ln_k = TRUTH
    value, slopes = mean.value_and_slopes(TRUTH, x)
    k, E = np.exp(ln_k), np.exp(floor)
    A, B = E ** (1 / k) * np.exp(a) * 1e9**alpha, E ** (1 / k) * np.exp(b) * 2e10**beta
    known = sl.LAWS["skaling"].evaluate(N, D, E=E, A=A, B=B, alpha=alpha, beta=beta, k=k)
    assert np.exp(value) == pytest.approx(known, rel=1e-12)
    for i in range(6):
        step = 1e-6 * np.eye(6)[i]
        up, down = (mean.value_and_slopes(TRUTH + side * step, x)[0] for side in (1, -1))
        assert slopes[i] == pytest.approx((up - down) / 2e-6, rel=1e-6, abs=1e-8)


def test_conditioning_a_normal_is_that_of_the_textbook():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((3, 3))
    joint = Normal(rng.standard_normal(3), root @ root.T)
    given = joint.given(2, 0.5)
    inverse = np.linalg.inv(joint.covariance)[:2, :2]  # the precision of the rest is a block of the whole precision
    assert np.linalg.inv(given.covariance) == pytest.approx(inverse)


def test_with_the_law_known_what_is_left_is_regression_on_a_gaussian_process():
    N, D, loss = runs(tilt=0.02)
    x = np.column_stack([np.log(N), np.log(D)])
    seen, shape = Observed(x, np.log(loss), np.zeros(len(N))), Discrepancy((6.0, 3.0), (np.nan, np.nan))
    known = Normal(TRUTH, 1e-12 * np.eye(6))
    made = component(SmoothMaximum(), known, seen, shape.covariance(x, x), 0.03, TRUTH)
    whole = 0.03**2 * shape.covariance(x, x) + np.diag(made.noise**2 / made.weights)
    target = x[:4] + 0.3
    cross = 0.03**2 * shape.covariance(target, x)
    law = SmoothMaximum().value_and_slopes(TRUTH, x)[0], SmoothMaximum().value_and_slopes(TRUTH, target)[0]
    mean = law[1] + cross @ np.linalg.solve(whole, seen.y - law[0])
    variance = 0.03**2 - np.einsum("ij,ji->i", cross, np.linalg.solve(whole, cross.T))
    found = made.at(target, shape.covariance(target, x), shape.scale(target) ** 2)
    assert found[0] == pytest.approx(mean, abs=1e-7) and found[1] == pytest.approx(variance, rel=1e-3)


def test_a_noise_that_repeats_tell_outweighs_what_few_residuals_say_by_the_runs_it_counts_as():
    N, D, loss = runs(noise=0.002)
    x, known = np.column_stack([np.log(N), np.log(D)])[::6], Normal(TRUTH, 1e-12 * np.eye(6))
    found = []
    for counts in (0.0, 5.0, 1e6):
        seen = Observed(x, np.log(loss)[::6], np.zeros(5), usual=(0.03, counts))
        found.append(component(SmoothMaximum(), known, seen, np.eye(5), 0.0, TRUTH).noise)
    alone, even, told = found
    assert alone < 0.01 and told == pytest.approx(0.03, rel=1e-3)
    assert even == pytest.approx(np.sqrt((alone**2 + told**2) / 2), rel=0.05)  # five runs, and told of as many


@pytest.mark.parametrize("tilt, structured", [(0.0, False), (0.03, True)])
def test_the_evidence_finds_a_discrepancy_where_there_is_one(tilt, structured):
    N, D, loss = runs(tilt=tilt)
    post = forecaster(table(N, D, loss)).posterior
    assert (post.amplitude > 0.015) == structured


def test_a_forecast_is_near_the_truth_of_its_own_law_and_its_interval_grows_with_reach():
    N, D, loss = runs()
    target = np.array([[1e9, 3e10], [1e10, 3e11], [1e11, 3e12]])
    made = forecast(table(N, D, loss), {"N": target[:, 0], "D": target[:, 1]})
    truth = np.exp(SmoothMaximum().value_and_slopes(TRUTH, np.log(target))[0])
    assert made.value == pytest.approx(truth, rel=0.01)
    widths = np.log(made.high / made.low)
    assert (np.diff(widths) > 0).all() and ((made.low < truth) & (truth < made.high)).all()
    assert made.determined.all() and made.reach == pytest.approx([1, 100, 1e4])


def test_a_ray_does_not_determine_what_lies_off_it():
    made = forecast(ray(), {"N": np.array([3e9, 1e10]), "D": np.array([6e10, 2e13])})
    off = forecast(ray(), {"N": 1e9, "D": 1e13})
    assert not off.determined and np.isnan(off.value) and off.low < off.high
    assert "not determined by these runs" in str(off) and made.field_share[1] > made.field_share[0]


def test_an_isoflop_grid_determines_its_forecast():
    made = forecast(isoflop(noise=0.003), {"N": 1e10, "D": 2e11})
    assert made.determined and 0 <= made.field_share < 0.5


def test_no_interval_leaves_what_is_possible():
    N, D, loss = runs()
    made = forecast(table(N[:6], D[:6], loss[:6], n_vocab=np.full(6, 50257.0)), {"N": 1e3, "D": 1e5})
    assert 0 < made.low <= made.high <= np.log(50257)


def test_reach_beyond_what_was_tested_is_said():
    N, D, loss = runs()
    made = forecast(table(N, D, loss), {"N": 1e14, "D": 1e16})
    assert any("nothing supports it beyond" in sentence for sentence in made.warnings)


def test_a_new_run_is_less_certain_than_the_mean_and_a_level_moves_the_ends():
    points, at = table(*runs(noise=0.02)), {"N": 1e9, "D": 3e10}
    run, mean, narrow = (forecast(points, at, **how) for how in ({}, {"kind": "mean"}, {"level": 0.5}))
    assert run.high / run.low > mean.high / mean.low and run.high > narrow.high > narrow.value == run.value


@pytest.mark.parametrize(
    "at, how, error, words",
    [
        ({"N": 1e9}, {}, LawError, "'D' is missing"),
        ({"N": 1e9, "D": -1.0}, {}, LawError, "positive number"),
        ({"N": 1e9, "D": 1e10}, {"prior": "fields"}, MisuseError, "there is no prior 'fields'"),
        ({"N": 1e9, "D": 1e10}, {"kind": "best"}, MisuseError, "kind is 'best'"),
        ({"N": 1e9, "D": 1e10}, {"level": 1.5}, MisuseError, "level is 1.5"),
    ],
)
def test_what_cannot_be_asked_is_refused(at, how, error, words):
    with pytest.raises(error, match=words):
        forecast(table(*runs()), at, **how)


def test_two_runs_are_refused():
    with pytest.raises(PointsError, match="2 different points: a forecast needs 3"):
        forecast(table(*(column[:2] for column in runs())), {"N": 1e9, "D": 1e10})


def test_a_prior_travels_through_a_file(tmp_path: Path):
    field_prior().write(tmp_path / "mine.json")
    kept = read_prior(str(tmp_path / "mine.json"))
    assert kept.band == field_prior().band and kept.covariance == pytest.approx(field_prior().covariance)
    (tmp_path / "bad.json").write_text('{"format": "something else"}')
    with pytest.raises(MisuseError, match="cannot be used"):
        read_prior(str(tmp_path / "bad.json"))


def test_a_prior_learns_the_constants_that_studies_share():
    rng = np.random.default_rng(0)
    spread = np.array([0.3, 0.05, 0.3, 0.05, 0.1])
    made = []
    for i in range(4):
        constants = TRUTH + np.array([0.0, *(spread * rng.standard_normal(5))])
        made.append(PastStudy(f"study {i}", f"family {i}", *runs(seed=i, constants=constants)))
    found = learn(made, vague_prior())
    assert found.mean == pytest.approx(TRUTH[1:], abs=0.5) and found.families == 4
    assert np.sqrt(np.diag(found.covariance))[1] < 0.2
    one = learn(made[:1], vague_prior(), before=field_prior())
    assert one.band == field_prior().band and not np.allclose(one.mean, field_prior().mean)


def test_the_band_is_the_quantile_that_held_and_families_count_equally():
    ratios = {"many": [np.full(1000, 1.0)], "few": [np.full(10, 3.0)]}
    assert factor(ratios) == 3.0
    assert unit(np.array([0.03]), 0.0, 0.05)[0] == pytest.approx(np.hypot(0.03, 0.005))
    assert unit(np.array([0.0]), 0.0, 0.0)[0] == pytest.approx(0.001)


def test_the_ends_are_quantiles_of_the_mixture_and_give_back_their_band():
    halves, shares = np.array([[0.1], [0.1]]), np.array([0.5, 0.5])
    assert _quantile(shares, np.array([[-1.0], [1.0]]), halves, 0.975)[0] == pytest.approx(1 + 0.1 * 1.6449, abs=1e-4)
    made = forecaster(table(*runs())).posterior
    x = np.log([[1e10, 2e11], [3e9, 1e11]])
    for end in ends(made, x, 1.9, 0.95, made.noise):
        assert ratios(made, x, end) == pytest.approx(1.9, rel=1e-6)
    assert (ratios(made, x, made.at(x)[0]) < 0.5).all()


def test_origins_ask_only_for_larger_runs():
    one = PastStudy("grid", "grid", *runs())
    found = list(origins(one))
    assert found and all((origin.reach > 1.2).all() and len(origin.fitted.loss) >= 10 for origin in found)


def test_a_component_that_fits_worse_has_a_smaller_share():
    N, D, loss = runs()
    seen = table(N, D, loss)
    good = field_prior().alternatives(float(loss.min()))[0]
    wrong = WeightedMean(good.mean, Normal(good.prior.mean + 3.0, 1e-4 * np.eye(6)))
    known = forecaster(seen).seen.observed
    shape = Discrepancy((6.0, 3.0), tuple(known.x.max(axis=0)))
    post = posterior([good, wrong], known, shape, {0.003: 1.0})
    assert post.shares[0] > 0.999


def test_on_chinchillas_runs_above_1e20_it_is_closer_than_the_plain_law():
    left_out = "note != 'excluded in published fit (5 highest losses)'"
    points = sl.read_points(real("chinchilla_epoch.csv"), where=left_out).points
    compute = 6 * points["params_total"] * points["tokens"]
    small, large = points.take(compute < 1e20), points.take(compute >= 1e20)
    at = {"N": large["params_total"], "D": large["tokens"]}
    made, plain = forecast(small, at), sl.fit("chinchilla", small).evaluate(**at)
    error, old = (np.sqrt(np.mean(np.log(large["loss_nats"] / one) ** 2)) for one in (made.value, plain))
    held = (made.low <= large["loss_nats"]) & (large["loss_nats"] <= made.high)
    assert error < old and held.mean() > 0.9


def test_a_run_that_was_left_behind_is_named_and_hardly_moves_the_forecast():
    N, D, loss = runs()
    names = np.array([f"run {i}" for i in range(len(N))])
    clean, spoilt = table(N, D, loss, run_id=names), loss.copy()
    spoilt[12] *= 1.08
    at = {"N": 3e9, "D": 6e10}
    before, after = (forecast(one, at) for one in (clean, table(N, D, spoilt, run_id=names)))
    assert not any("of the noise off" in said for said in before.warnings)
    [said] = [said for said in after.warnings if "of the noise off" in said]
    assert said.startswith("1 of 30 points lies over 12") and "run 12 (+" in said
    assert after.value == pytest.approx(before.value, rel=0.003)
    assert said in forecaster(table(N, D, spoilt, run_id=names)).seen.odd


def test_correlation_lengths_follow_the_evidence():
    N, D, loss = runs(noise=0.001, tilt=0.05)
    seen = forecaster(table(N, D, loss)).seen.observed
    means = field_prior().alternatives(float(loss.min()))[:1]
    start = Discrepancy((50.0, 3.0), (np.nan, np.nan), growth=0.0)
    found, made = by_evidence(means, seen, start, {0.03: 1.0})
    assert found.lengths[0] < 20 and made.log_evidence > posterior(means, seen, start, {0.03: 1.0}).log_evidence


def test_a_loss_that_does_not_fall_with_size_is_refused_a_best_size_in_words():
    size, tokens = (x.ravel() for x in np.meshgrid(np.geomspace(1e3, 2e4, 6), [5e4, 1e5, 2e5]))
    loss = (1.3 + 20 / tokens**0.25 * (size / 1e3) ** 0.05) * np.exp(
        0.002 * np.random.default_rng(0).standard_normal(18)
    )
    made = forecaster(sl.Points({"params_nonembedding": size, "tokens": tokens, "loss_nats": loss}))
    with pytest.raises(FitError, match=r"no best size: .* does not fall with N"):
        sl.plan(made, 1e12)
