"""Predictions: value, interval, reach, and whether held-out runs fall inside."""

from dataclasses import replace

import numpy as np
import pytest
from fit_tables import EPOCH, isoflop, simulated

from scalinglaws.errors import LawError, MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import LAWS
from scalinglaws.points.points import Points
from scalinglaws.predicting.form_error import RATE
from scalinglaws.predicting.noise import run_noise
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

METHODS = ["pairs", "sandwich"]


def made(method="pairs", n=500, **more):
    return draws(fit("chinchilla", isoflop(**more)), method=method, draws=n)


@pytest.mark.parametrize("method", METHODS)
def test_the_value_is_the_fits_own_and_lies_inside_its_interval(method):
    result = predict(made(method), {"N": 1e10, "D": 2e11})
    assert result.value == pytest.approx(float(made(method).fit.evaluate(N=1e10, D=2e11)))
    assert result.low < result.value < result.high
    assert np.ndim(result.value) == 0


def test_a_new_run_is_less_certain_than_the_law():
    at = {"N": 5e8, "D": 1e10}
    drawn = made("sandwich", noise=0.01)
    run, mean = (predict(drawn, at, kind=kind) for kind in ("run", "mean"))
    assert run.high - run.low > 1.5 * (mean.high - mean.low)
    assert run.noise == pytest.approx(0.01, rel=0.4) and mean.noise == 0


def test_both_ways_to_the_interval_agree():
    at = {"N": np.geomspace(1e9, 1e11, 5), "D": 1e12}
    found = fit("chinchilla", isoflop(n=120))
    by_draws, by_slopes = (predict(draws(found, method=m, draws=4000), at) for m in METHODS)
    assert np.log(by_draws.high / by_draws.low) == pytest.approx(np.log(by_slopes.high / by_slopes.low), rel=0.2)


def test_reach_is_the_ratio_of_computes():
    drawn = made()
    largest = (drawn.fit.inputs["N"] * drawn.fit.inputs["D"]).max()
    result = predict(drawn, {"N": np.array([1e9, 1e10]), "D": 1e12})
    assert result.reach == pytest.approx(np.array([1e21, 1e22]) / largest)
    assert result.reach_of == "6ND"
    assert result.inside_domain.tolist() == [False, False]
    middle = {letter: float(np.median(column)) for letter, column in drawn.fit.inputs.items()}
    assert predict(drawn, middle).inside_domain and predict(drawn, middle).reach < 1


@pytest.mark.parametrize(
    "name, at, said",
    [("kaplan-c", {"C": 1e21}, "C"), ("kaplan-n", {"N": 3e9}, "N"), ("kaplan-ns", {"N": 3e9, "S": 1e5}, "6NBS")],
)
def test_reach_says_what_stands_for_compute(name, at, said):
    result = predict(draws(fit(name, simulated(name, noise=0.01)), draws=50), at)
    assert said in result.reach_of and result.reach > 0


def test_batch_predictions_reach_towards_lower_loss():
    found = fit("kaplan-bcrit", simulated("kaplan-bcrit", noise=0.01))
    assert predict(draws(found, draws=50), {"L": 1.5}).reach == pytest.approx(2.0)


@pytest.mark.parametrize("loss", ["huber", "ls"])
def test_the_error_of_the_form_widens_an_interval_beyond_the_points_and_never_within(loss):
    drawn = draws(fit("chinchilla", isoflop(noise=0.003), loss=loss), draws=50)
    n, d = (drawn.fit.inputs[letter] for letter in "ND")
    within, beyond = ({"N": k * np.median(n), "D": k * np.median(d)} for k in (1.0, 1e3))
    for at, sd in ((within, 0.0), (beyond, RATE * np.log(predict(drawn, beyond).reach))):
        bare, whole = (predict(drawn, at, form=form) for form in (False, True))
        assert whole.form == pytest.approx(sd, rel=1e-9)
        assert whole.value == bare.value
        halves = [np.log(one.high / one.value) for one in (bare, whole)]
        assert halves[1] == pytest.approx(np.hypot(halves[0], 1.96 * sd), rel=2e-2)


def test_a_target_beyond_the_sizes_at_less_compute_is_an_extrapolation_too():
    drawn = made()
    n = drawn.fit.inputs["N"].max()
    said = predict(drawn, {"N": 10 * n, "D": 1e6})
    assert said.reach < 1
    assert said.form == pytest.approx(RATE * np.log(10))


def test_no_form_is_doubted_of_what_is_not_a_loss():
    found = fit("kaplan-bcrit", simulated("kaplan-bcrit", noise=0.01))
    said = predict(draws(found, draws=50), {"L": 0.2})
    assert said.form == 0
    assert "does not include that uncertainty" in said.warnings[-1]


def test_a_higher_level_contains_a_lower_one():
    drawn, at = made(), {"N": 1e10, "D": 1e12}
    inner, outer = (predict(drawn, at, level=level) for level in (0.8, 0.99))
    assert outer.low < inner.low < inner.high < outer.high


def test_repeated_runs_tell_the_noise_that_a_lucky_fit_hides():
    # 12 sizes, 3 seeds each: the pooled spread of the seeds is the least noise a new run can have
    rng = np.random.default_rng(0)
    size = np.repeat(np.geomspace(1e6, 1e9, 12), 3)
    loss = LAWS["kaplan-n"].evaluate(size, **LAWS["kaplan-n"].constants) * np.exp(0.02 * rng.standard_normal(36))
    found = fit("kaplan-n", Points({"params_nonembedding": size, "loss_nats": loss}))
    assert predict(draws(found, draws=50), {"N": 1e10}).noise == pytest.approx(0.02, rel=0.35)


def test_the_noise_of_a_new_run_counts_bad_runs_but_not_a_diverged_one():
    points = isoflop(noise=0.003, n=60, seed=4)
    loss = points["loss_nats"].copy()
    loss[::15] *= np.exp(0.02)  # 4 bad runs in 60: root mean square .003 -> .006
    bad = fit("chinchilla", points.replace(loss_nats=loss))
    assert bad.noise < 0.0045 and run_noise(bad) == pytest.approx(np.hypot(0.003, 0.02 * (4 / 60) ** 0.5), rel=0.25)
    loss[7] *= 20.0
    diverged = fit("chinchilla", points.replace(loss_nats=loss))
    assert run_noise(diverged) < 2 * run_noise(bad)


def test_held_out_larger_runs_fall_inside_where_the_law_is_right():
    inside = total = 0
    for seed in range(15):
        points = isoflop(noise=0.003, n=60, seed=seed)
        compute = points["params_total"] * points["tokens"]
        small = compute < np.quantile(compute, 0.7)
        held = points.take(~small)
        result = predict(
            draws(fit("chinchilla", points.take(small)), method="sandwich", draws=10),
            {"N": held["params_total"], "D": held["tokens"]},
            form=False,
        )
        inside += ((held["loss_nats"] >= result.low) & (held["loss_nats"] <= result.high)).sum()
        total += len(held)
    assert 0.88 <= inside / total <= 0.995


def test_a_wrong_law_is_caught_by_held_out_runs():
    # negative control: a pure power law fitted to losses that have a floor
    points = isoflop(noise=0.001, n=60)
    compute = 6 * points["params_total"] * points["tokens"]
    table = points.replace(flops_6nd=compute)
    small = compute < np.quantile(compute, 0.6)
    held = table.take(~small)
    found = fit("kaplan-n", table.take(small), columns={"N": "params_total"})
    result = predict(draws(found, draws=200), {"N": held["params_total"]})
    inside = (held["loss_nats"] >= result.low) & (held["loss_nats"] <= result.high)
    assert inside.mean() < 0.8


@pytest.mark.parametrize(
    "at, more, error, said",
    [
        ({"N": 1e9}, {}, LawError, "needs a value for D"),
        ({"N": 1e9, "D": 1e9, "M": 1}, {}, LawError, "not 'M'"),
        ({"N": np.nan, "D": 1e9}, {}, LawError, "cannot be"),
        ({"N": -1e9, "D": 1e9}, {}, LawError, "positive"),
        ({"N": 1e9, "D": 1e9}, {"kind": "seed"}, MisuseError, "'run'"),
        ({"N": 1e9, "D": 1e9}, {"level": 95}, MisuseError, "between 0 and 1"),
    ],
)
def test_misuse_is_told_in_words(at, more, error, said):
    with pytest.raises(error, match=said):
        predict(made(n=20), at, **more)


def test_the_truth_of_the_simulation_is_inside_at_a_hundredfold():
    drawn = made(n=1000, seed=4)
    truth = LAWS["chinchilla"].evaluate(1e11, 1e12, **EPOCH)
    result = predict(drawn, {"N": 1e11, "D": 1e12}, kind="mean")
    assert result.low < truth < result.high and result.reach > 50


def few_runs(noise=0.01):
    params = np.array([1e6, 1e6, 1e7, 1e7, 1e8, 1e8, 3e8])
    tokens = params * np.array([10, 100, 10, 100, 10, 100, 30])
    error = np.exp(noise * np.random.default_rng(5).standard_normal(7))
    return Points({"params_total": params, "tokens": tokens, "loss_nats": (1.8 + 4e2 / params**0.34) * error})


@pytest.mark.parametrize("loss", ["ls", "ls-log", "huber", "student-t"])
@pytest.mark.parametrize("method", METHODS)
def test_no_end_of_an_interval_of_a_loss_lies_below_zero(loss, method):
    points = isoflop(n=14, noise=0.05, seed=3)
    drawn = draws(fit("chinchilla", points, loss=loss), method=method, draws=100)
    said = predict(drawn, {"N": np.geomspace(1e9, 1e20, 6), "D": 1e15}, level=0.999999)
    assert (said.low > 0).all() and (said.low < said.value).all() and (said.value < said.high).all()
    assert np.isfinite(said.high).all()


def test_the_interval_of_a_plain_fit_is_relative_to_first_order():
    drawn = draws(fit("chinchilla", isoflop(noise=0.003), loss="ls"), method="sandwich", draws=50)
    said = predict(drawn, {"N": 1e9, "D": 2e10})
    up, down = said.high / said.value - 1, 1 - said.low / said.value
    assert up == pytest.approx(down, rel=2 * up) and np.log(1 + up) == pytest.approx(-np.log(1 - down), rel=1e-9)


def test_no_interval_reaches_beyond_a_guess_among_all_tokens():
    drawn = made("sandwich", n=20)
    at = {"N": 1e7, "D": 1e9}
    wide = predict(drawn, at)
    ceiling = float((wide.value + wide.high) / 2)
    assert predict(drawn, at, ceiling=ceiling).high == ceiling
    above = predict(drawn, at, ceiling=2.0)
    assert above.high > above.value > 2.0 and "uniform guess" in above.warnings[-1]


def test_an_interval_wider_than_all_losses_fitted_is_said_to_predict_nothing():
    drawn = draws(fit("chinchilla", isoflop(noise=0.003), loss="huber"), draws=100)
    losses, at = drawn.fit.target, {"N": 2e9, "D": 4e10}
    sound, vague = predict(drawn, at), predict(drawn, {"N": 1e60, "D": 1e61})
    assert sound.informative and not sound.warnings
    assert not vague.informative and vague.high / vague.low > losses.max() / losses.min()
    assert "allow no prediction" in vague.warnings[0] and f"{losses.max() / losses.min():.3g}" in vague.warnings[0]


def test_an_interval_holds_its_value_where_all_draws_lie_on_one_side():
    drawn = draws(fit("chinchilla", isoflop(noise=0.01, n=60), loss="ls-log"), draws=20)
    lower = replace(drawn, values=np.minimum(drawn.values, [drawn.fit.values[name] * 0.99 for name in drawn.names]))
    told = predict(lower, {"N": 1e9, "D": 1e11})
    assert told.low <= told.value <= told.high
    for name, (low, high) in lower.interval().items():
        assert low <= drawn.fit.values[name] <= high
