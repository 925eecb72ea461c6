"""Numbers that decide what is said: each is tried just inside and just outside, so that none can move unseen."""

from dataclasses import replace

import numpy as np
import pytest

from scalinglaws.comparing.backtest import LEAST_HELD, default_cuts
from scalinglaws.comparing.compare import _warnings, compare
from scalinglaws.errors import PointsError
from scalinglaws.fitting.diagnose import alone, loose_exponents, model_covariance
from scalinglaws.fitting.fit import fit
from scalinglaws.points.points import Points
from scalinglaws.predicting.noise import replicate_noise, spread_of_repeats
from scalinglaws.results.tested import SeedSpread
from scalinglaws.run.run import RunSpec
from scalinglaws.run.schedule import evaluation_steps, phase
from scalinglaws.run.shape import Shape
from scalinglaws.studying.seed_spread import lack_of_fit
from scalinglaws.uncertainty.draws import draws

SIZES = (1e6, 3e6, 1e7, 3e7, 1e8, 3e8)
FOUR_HUNDRED = 64 * 400  # tokens of as many steps
SPEC = RunSpec(
    Shape(n_layer=1, d_model=8, n_heads=1, n_ctx=16, n_vocab=256),
    *("synthetic", "bytes", "0"),
    tokens=FOUR_HUNDRED,
    batch=4,
    lr=1e-3,
    warmup=20,
)


def hoffmann(params, tokens, noise=0.01, seed=0) -> Points:
    """Points of Hoffmann's law."""
    rng = np.random.default_rng(seed)
    loss = (1.69 + 406.4 / params**0.34 + 410.7 / tokens**0.28) * np.exp(noise * rng.standard_normal(len(params)))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": loss})


def grid(ratios=(5.0, 20.0, 80.0)) -> Points:
    params, ratio = (side.ravel() for side in np.meshgrid(SIZES, ratios))
    return hoffmann(params, params * ratio)


@pytest.fixture(scope="module")
def fitted():
    return fit("chinchilla", grid())


@pytest.mark.parametrize(("off", "refused"), [(0.049, True), (0.051, False)])
def test_points_within_a_twentieth_of_one_ray_are_on_it(off, refused):
    params = np.geomspace(1e6, 1e9, 12)
    points = hoffmann(params, 20 * params * np.exp(off * np.resize([1.0, -1.0], 12)))
    if refused:
        with pytest.raises(PointsError, match="one ray"):
            fit("chinchilla", points)
    else:
        assert fit("chinchilla", points).n == 12


@pytest.mark.parametrize(("error", "loose"), [(0.49, False), (0.51, True)])
def test_an_exponent_is_loose_from_a_standard_error_of_half_its_logarithm(fitted, error, loose):
    problem, i = fitted.problem, fitted.problem.coordinates.free.index("alpha")
    own = _relative_error(fitted, problem, i)
    times = error / own
    predicted = np.log(problem.coordinates.value(fitted.z[None], problem.inputs)[0])
    louder = replace(
        problem,
        target=predicted + times * (problem.target - predicted),
        loss=replace(problem.loss, scale=times * problem.loss.scale),
    )
    assert ("alpha" in loose_exponents(louder, fitted.z)) is loose


def _relative_error(fitted, problem, i) -> float:
    return float(np.sqrt(model_covariance(problem, fitted.z)[i, i]) / fitted.z[i])


@pytest.mark.parametrize(("repeats", "known"), [(2, False), (3, True)])
def test_three_repeats_and_no_fewer_say_what_the_noise_of_a_run_is(repeats, known):
    params = np.concatenate([np.repeat(SIZES, 2), SIZES[:repeats]])
    tokens = params * np.concatenate([np.tile([10.0, 40.0], len(SIZES)), np.full(repeats, 10.0)])
    assert (replicate_noise(fit("chinchilla", hoffmann(params, tokens))) > 0) is known


def test_the_spread_of_repeats_is_pooled_over_settings_whatever_their_means():
    spread, degrees = spread_of_repeats(
        np.array([[1.0], [2.0], [1.0], [2.0], [2.0], [3.0]]), np.array([1, 5, 3, 5, 8, 9.0])
    )
    assert (spread, degrees) == (pytest.approx(np.sqrt((2 + 6) / 3)), 3)
    assert spread_of_repeats(np.array([[1.0], [2.0]]), np.array([1.0, 2.0]))[1] == 0


@pytest.mark.parametrize(("times", "told"), [(1.99, False), (2.01, True)])
def test_a_misfit_of_twice_the_spread_of_seeds_is_a_lack_of_fit(fitted, times, told):
    sd = fitted.rms_log / times
    spread = SeedSpread(1e6, 2e7, (3.0, 3.1), 3 * sd, sd)
    assert bool(lack_of_fit(draws(fitted, method="sandwich", draws=10), spread)) is told


@pytest.mark.parametrize(("coverage", "warned"), [(0.79, True), (0.81, False)])
def test_coverage_below_four_fifths_is_warned_of(coverage, warned):
    best = compare(grid(), ["gadre", "kaplan-nd"], draws=20, folds=2, resamples=20).laws[0]
    told = _warnings([replace(best, coverage=coverage)], (), 9)
    assert any("Predict without naming a law" in one for one in told) is warned


@pytest.mark.parametrize(("agreeing", "warned"), [(0.09, True), (0.11, False)])
def test_an_optimum_that_a_tenth_of_the_starts_found_is_not_alone(agreeing, warned):
    assert bool(alone(agreeing, 1.0, 30)) is warned


@pytest.mark.parametrize(("above", "cut"), [(LEAST_HELD - 1, False), (LEAST_HELD, True)])
def test_a_cut_leaves_five_points_above(above, cut):
    scale = np.concatenate([np.ones(20), np.full(above, 2.0)])
    assert bool(default_cuts(scale, 4)) is cut


def test_a_phase_ends_with_its_last_step():
    assert SPEC.decay_start == 320
    at = {step: phase(SPEC, step) for step in (20, 21, 320, 321)}
    assert at == {20: "warm-up", 21: "constant", 320: "constant", 321: "decay"}


def test_a_branch_is_evaluated_a_quarter_as_often():
    assert [len(evaluation_steps(replace(SPEC, evaluations=many, parent="trunk"))) for many in (8, 16, 32)] == [2, 4, 8]


def test_the_fingerprint_of_points_hangs_on_the_names_of_their_columns():
    one = {"params_total": [1e6, 2e6], "tokens": [1e8, 2e8], "loss_nats": [3.0, 2.9]}
    other = {"params_nonembedding": one["params_total"]} | {k: one[k] for k in ("tokens", "loss_nats")}
    assert Points(one).fingerprint != Points(other).fingerprint
