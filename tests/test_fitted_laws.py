"""What a study says of points that a known law made."""

from dataclasses import replace

import numpy as np
import pytest

from scalinglaws.errors import StoreError
from scalinglaws.points.points import Points
from scalinglaws.predicting.forecast import forecaster
from scalinglaws.results.tested import LawTrial, SeedSpread
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.studying.fitted_laws import infer
from scalinglaws.studying.predictor import alike
from scalinglaws.studying.seed_spread import lack_of_fit, seed_spread
from scalinglaws.studying.tested_prediction import (
    compare_with_measured,
    keep_prediction,
    predict_held_out,
    set_aside,
    try_laws,
)

TRUTH = {"E": 1.2, "A": 60.0, "B": 900.0, "alpha": 0.35, "beta": 0.45}
SIZES = [768, 3072, 6144, 13824, 24576, 55296, 147456]
HORIZONS = [2.5e5, 5e5, 1e6, 2e6, 4e6]


def loss(n, d):
    return TRUTH["E"] + TRUTH["A"] / n ** TRUTH["alpha"] + TRUTH["B"] / d ** TRUTH["beta"]


def made(noise=0.003, seed=0):
    rng = np.random.default_rng(seed)
    rows = [(n, d, s) for n in SIZES for s in range(3 if n == 6144 else 1) for d in HORIZONS]
    n, d, s = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    losses = loss(n, d) * np.exp(noise * rng.standard_normal(len(n)))
    lineage = [f"{int(a)}-{int(b)}" for a, b in zip(n, s, strict=True)]
    return Points(
        {
            "run_id": [f"{x}-{int(h)}" for x, h in zip(lineage, d, strict=True)],
            "lineage": lineage,
            "seed": s,
            "tokens_unique": d,
            "params_nonembedding": n,
            "tokens": d,
            "flops_exact": 6 * n * d,
            "loss_nats": losses,
            "excluded_because": [""] * len(n),
        }
    )


def curves(points):
    steps = points["tokens"] / 512
    return points.replace(steps=steps, batch_tokens=np.full(len(points), 512.0))


@pytest.fixture(scope="module")
def found():
    points = made()
    return infer(points, curves(points), draws=300)


def test_the_joint_law_returns_the_constants_that_made_the_points(found):
    law = next(f for f in found.fits if f.law == "chinchilla" and f.loss.startswith("huber"))
    for name, value in TRUTH.items():
        estimate = law.values[name]
        assert estimate.low <= value <= estimate.high, name
    assert law.values["alpha"].value == pytest.approx(TRUTH["alpha"], abs=0.03)
    assert law.columns == {"N": "params_nonembedding", "D": "tokens", "L": "loss_nats"}


def test_every_law_of_the_report_is_fitted_once_or_says_why_not(found):
    names = {f.law for f in found.fits}
    assert {"kaplan-n", "kaplan-d", "kaplan-c", "kaplan-nd", "kaplan-ns", "chinchilla", "henighan-n"} <= names
    assert len({fit.law for fit in found.fits}) == len(found.fits)  # one constant has one interval on a page
    assert not [note for note in found.notes if " on " in note]


def test_lines_of_the_report_lie_on_the_law_and_mark_where_the_points_end(found):
    lines = [band for band in found.bands["L(N,D)"] if band.law == "chinchilla"]
    assert [band.colour_value for band in lines] == SIZES
    for band in lines:
        x, y = np.array(band.x), np.array(band.y)
        inside = (x >= band.fitted_to[0]) & (x <= band.fitted_to[1])
        assert np.allclose(y[inside], loss(band.colour_value, x[inside]), rtol=0.01)
        assert all(low <= value <= high for low, value, high in zip(band.low, band.y, band.high, strict=True))


def test_one_variable_laws_take_the_rows_they_speak_of(found):
    points = made()
    size_rows = found.bands["L(N)"][0].rows
    assert set(points["tokens"][list(size_rows)]) == {4e6}
    data_rows = found.bands["L(D)"][0].rows
    assert set(points["params_nonembedding"][list(data_rows)]) == {147456.0}
    efficient = points.take(np.array(found.bands["L(C)"][0].rows))
    order = np.argsort(efficient["flops_exact"])
    assert (np.diff(efficient["loss_nats"][order]) < 0).all()


def test_the_frontier_grows_as_the_law_that_made_it(found):
    a = TRUTH["beta"] / (TRUTH["alpha"] + TRUTH["beta"])
    assert found.frontier.params_exponent.value == pytest.approx(a, abs=0.1)


def test_the_spread_of_seeds_is_the_noise_that_was_put_in():
    spread = [seed_spread(made(seed=s)).sd_log ** 2 for s in range(200)]
    assert np.sqrt(np.mean(spread)) == pytest.approx(0.003, rel=0.1)
    assert seed_spread(made().take(np.arange(5))) is None


def test_a_law_of_the_wrong_form_is_said_to_miss_by_more_than_seeds_explain(found):
    missing = [note for note in found.notes if "times the spread over seeds" in note]
    assert [note.split()[0] for note in missing] == ["kaplan-nd"]


def test_seeds_that_make_no_difference_measure_no_misfit(found):
    spread = SeedSpread(6144.0, 4e6, (3.0, 3.0), 0.0, 0.0)
    assert lack_of_fit(found.draws["kaplan-nd"], spread) == ""


def test_too_few_points_are_a_note_and_no_failure():
    few = made().take(np.arange(4))
    found = infer(few, curves(few), draws=50)
    assert not [f for f in found.fits if f.law == "chinchilla"]
    assert any("chinchilla" in note for note in found.notes)


@pytest.fixture
def specs():
    return [RunSpec(Shape(3, 96, 6, 64, 256), "text", "bytes", "d", 4_000_000, 8, 0.003, 100, seed) for seed in (0, 1)]


COLUMNS = {"N": "params_nonembedding", "D": "tokens"}


def test_laws_are_tried_one_size_ahead_and_the_one_that_made_the_points_comes_first():
    trials = try_laws(["kaplan-nd", "chinchilla"], made(), level=0.95, columns=COLUMNS)
    assert [trial.law for trial in trials] == ["chinchilla", "kaplan-nd"]
    assert trials[0].foretold == 3 * len(HORIZONS)
    assert trials[0].rms_log < 0.01 < trials[1].rms_log
    assert trials[0].coverage > 0.8
    assert try_laws(["chinchilla"], made().take(np.arange(15)), level=0.95, columns=COLUMNS) == ()


def test_a_prediction_for_a_larger_model_holds_and_says_its_reach(found, specs):
    test = predict_held_out([found.draws["chinchilla"]], specs, 10**7, level=0.95)
    assert test.predicted.low < loss(331776, test.tokens) < test.predicted.high
    assert test.reach == pytest.approx(331776 * test.tokens / (147456 * 4e6))
    measured = Points({"run_id": [s.id for s in specs], "loss_nats": [test.predicted.value, test.predicted.high]})
    done = compare_with_measured(test, measured)
    assert done.held
    assert done.measured_mean == pytest.approx((test.predicted.value + test.predicted.high) / 2)
    worse = Points({"run_id": [s.id for s in specs], "loss_nats": [2 * test.predicted.high] * 2})
    assert compare_with_measured(test, worse).held is False
    assert compare_with_measured(test, measured.take(np.array([0]))).held is None


def test_the_standard_error_of_the_measured_loss_pools_all_seeds(found, specs):
    test = predict_held_out([found.draws["chinchilla"]], specs[:1], 10**7, level=0.95)
    measured = Points({"run_id": [specs[0].id], "loss_nats": [2.0]})
    assert compare_with_measured(test, measured).measured_sem is None
    spread = SeedSpread(6144.0, 4e6, (3.0, 3.1, 3.2), 0.1, 0.03)
    assert compare_with_measured(test, measured, spread).measured_sem == pytest.approx(2.0 * 0.03)
    both = predict_held_out([found.draws["chinchilla"]], specs, 10**7, level=0.95)
    pair = Points({"run_id": [s.id for s in specs], "loss_nats": [2.0, 2.1]})
    squares = 2 * (np.log(2.1 / 2.0) / 2) ** 2
    sem = compare_with_measured(both, pair, spread).measured_sem
    assert sem == pytest.approx(2.05 * np.sqrt((squares + 2 * 0.03**2) / 3 / 2))


def test_the_interval_of_a_chosen_law_contains_those_of_the_laws_it_was_chosen_from(found, specs):
    alone = predict_held_out([found.draws["chinchilla"]], specs, 10**7, level=0.95).predicted
    other = predict_held_out([found.draws["kaplan-nd"]], specs, 10**7, level=0.95).predicted
    chosen = predict_held_out([found.draws[law] for law in ("chinchilla", "kaplan-nd")], specs, 10**7, level=0.95)
    assert chosen.law == "chinchilla"
    assert chosen.predicted.value == alone.value
    assert chosen.predicted.ends == (min(alone.low, other.low), max(alone.high, other.high))


def test_laws_are_alike_up_to_half_as_much_error_again():
    trials = [LawTrial(law, 9, error, 1.0) for law, error in (("a", 0.010), ("b", 0.014), ("c", 0.016))]
    assert alike(trials, "a") == ["a", "b"]
    assert alike(trials, None) == []


def test_the_forecast_predicts_a_held_out_size_and_is_tried_on_the_sizes_below(specs):
    points = made()
    known = forecaster(points, columns={"N": "params_nonembedding"})
    test = predict_held_out(known, specs, 10**7, level=0.95)
    assert test.law == "forecast (prior: field)"
    assert test.fingerprint == known.fingerprint != forecaster(made(seed=1), columns=COLUMNS).fingerprint
    assert test.predicted.low < loss(331776, test.tokens) < test.predicted.high
    at = int(np.argmin(np.abs(np.log(np.array(test.line.x) / test.params_nonembedding))))
    assert test.line.low[at] < test.predicted.value < test.line.high[at]
    assert test.line.high[-1] <= np.log(specs[0].shape.n_vocab)
    trials = try_laws(["chinchilla"], points, level=0.95, columns=COLUMNS, unasked=True)
    assert {trial.law for trial in trials} == {"chinchilla", test.law}
    assert all(trial.foretold == 3 * len(HORIZONS) and trial.coverage > 0.8 for trial in trials)


def test_no_forecast_of_a_text_of_known_entropy_lies_below_it():
    known = forecaster(made(), columns={"N": "params_nonembedding"})
    at = {"N": 331776, "D": 4e6}
    free, bound = known.ask(at), replace(known, floor=known.ask(at).value).ask(at)
    assert bound.low == pytest.approx(free.value)
    assert free.low < bound.low
    half = np.log(free.high / free.value)
    assert 0.3 * half < np.log(bound.value / bound.low) < 0.4 * half  # the median of what lies above: 0.674 of 1.96 sd
    assert half < np.log(bound.high / bound.low) < 1.2 * half  # its width is kept: 2.24 of 1.96 sd


def test_one_line_of_sizes_and_tokens_lets_the_forecast_predict_nothing_off_it(specs):
    sizes = np.geomspace(1e4, 1e5, 12)
    ray = Points({"params_nonembedding": sizes, "tokens": 20 * sizes, "loss_nats": loss(sizes, 20 * sizes)})
    test = predict_held_out(forecaster(ray), specs, 10**7, level=0.95)
    assert test.no_news.startswith(("they do not determine it", "its interval is wider than"))


def test_a_prediction_is_written_once_and_never_after_the_runs(found, specs, tmp_path):
    path = tmp_path / "prediction.json"
    first = predict_held_out([found.draws["chinchilla"]], specs, 10**7, level=0.95)
    assert keep_prediction(path, first, trained=False) == first
    later = predict_held_out([found.draws["chinchilla"]], specs, 10**7, level=0.5)
    assert keep_prediction(path, later, trained=True) == first
    by_forecast = predict_held_out(forecaster(made(), columns=COLUMNS), specs, 10**7, level=0.95)
    assert keep_prediction(path, by_forecast, trained=True) == first  # that of the law was the one made in advance
    one = predict_held_out([found.draws["chinchilla"]], specs[:1], 10**7, level=0.5)
    assert keep_prediction(path, one, trained=True) == replace(first, run_ids=(specs[0].id,))
    points = made(seed=1)
    other = predict_held_out([infer(points, curves(points), draws=50).draws["chinchilla"]], specs, 10**7, level=0.95)
    with pytest.raises(StoreError, match="made from other points"):
        keep_prediction(path, other, trained=True)
    assert set_aside(path, first, trained=True) == set_aside(path, other, trained=False) == ""
    said = set_aside(path, other, trained=True)
    (kept,) = tmp_path.glob("earlier-prediction-*.json")
    assert kept.name in said and "the prediction shown is made after its runs" in said and not path.exists()
    assert keep_prediction(path, other, trained=True).is_late
    assert set_aside(path, other, trained=True) == ""


def test_the_law_of_size_takes_the_longest_horizon_that_two_thirds_of_the_sizes_have():
    """Every size up to one compute: all seven have 2.5e5 tokens, five have 1e6, four have 2e6."""
    points = made(noise=0.0)
    cap = 13824 * 2.1e6
    some = points.take(np.flatnonzero(points["params_nonembedding"] * points["tokens"] <= cap))
    found = infer(some, None, draws=50)
    law = next(one for one in found.fits if one.law == "kaplan-n")
    at = some["tokens"][list(found.bands["L(N)"][0].rows)]
    assert set(at) == {1e6}
    assert "two thirds of the sizes" in law.loss
