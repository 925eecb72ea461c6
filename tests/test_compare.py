"""Backtests: what extrapolates, by how much bands must widen, and which runs carry a fit."""

import json
from dataclasses import replace

import numpy as np
import pytest
from frontier_tables import REFIT, additive
from public_tables import needs_tables, real

from scalinglaws.comparing.compare import compare
from scalinglaws.comparing.criteria import _CORNER, _log_norm, aicc
from scalinglaws.comparing.influence import influence
from scalinglaws.errors import MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.points.points import Points
from scalinglaws.points.reading import read_points
from scalinglaws.predicting.predict import predict
from scalinglaws.uncertainty.draws import draws

TOTAL = {"columns": {"N": "params_total", "D": "tokens"}}


@pytest.fixture(scope="module")
def epoch():
    return read_points(real("chinchilla_epoch.csv")).points


def grid(noise=0.003, seed=0, loss=additive, rows=8, ratios=(5, 10, 20, 40, 80)):
    rng = np.random.default_rng(seed)
    params, ratio = (axis.ravel() for axis in np.meshgrid(np.geomspace(1e7, 5e9, rows), ratios))
    measured = loss(params, params * ratio) * np.exp(noise * rng.standard_normal(params.size))
    run = [f"run-{i}" for i in range(params.size)]
    return Points({"params_total": params, "tokens": params * ratio, "loss_nats": measured, "run_id": run})


@needs_tables
def test_the_wild_points_of_the_245_are_found(epoch):
    """Five runs are left out of the published fit; leaving one of them out moves the fit most."""
    rows = influence(fit("chinchilla", epoch, delta=1e-3))
    dropped = set(epoch["run_id"][epoch["note"] != ""])
    assert len(dropped) == 5 and rows[0].run in dropped
    worst = sorted(rows, key=lambda one: -abs(one.residual))[:3]
    assert {one.run for one in worst} <= dropped
    assert abs(worst[0].residual) > 10


def test_influence_is_the_fit_without_the_run():
    points = grid(noise=0.01)
    found = fit("chinchilla", points)
    delta = found.delta
    rows = influence(found)
    assert len(rows) == len(points)
    assert abs(rows[0].shift) >= abs(rows[-1].shift)
    for row in (rows[0], rows[-1]):
        again = fit("chinchilla", points.take(points["run_id"] != row.run), delta=delta)
        assert row.without == pytest.approx(dict(again.values), rel=1e-4)


def test_more_runs_than_one_batch_holds_are_each_left_out():
    points = grid(noise=0.01, rows=35, ratios=np.geomspace(3, 300, 30))
    found = fit("chinchilla", points)
    rows = influence(found)
    assert {row.run for row in rows} == set(points["run_id"]) and len(rows) > 1000
    last = next(row for row in rows if row.run == sorted(points["run_id"])[-1])
    again = fit("chinchilla", points.take(points["run_id"] != last.run), delta=found.delta)
    assert last.without == pytest.approx(dict(again.values), rel=1e-4)


@needs_tables
def test_what_least_squares_feel_of_a_wild_run_tukey_s_loss_does_not(epoch):
    wildest = influence(fit("chinchilla", epoch, loss="ls-log"))[0].run
    moved = {}
    for loss in ("ls-log", "tukey"):
        found = fit("chinchilla", epoch, loss=loss)
        without = next(row for row in influence(found) if row.run == wildest).without
        moved[loss] = max(abs(np.log(without[name] / found.values[name])) for name in ("alpha", "beta", "E"))
    assert wildest in set(epoch["run_id"][epoch["note"] != ""])
    assert moved["tukey"] < 0.01 * moved["ls-log"]


@needs_tables
@pytest.mark.parametrize("cut", [1e20, 3e20, 1e21])
def test_a_law_s_interval_with_the_error_of_its_form_holds_the_larger_runs_of_the_240(epoch, cut):
    points = epoch.take(epoch["note"] == "")
    below, above = points.take(points["flops"] <= cut), points.take(points["flops"] > cut)
    at, drawn = {"N": above["params_total"], "D": above["tokens"]}, draws(fit("chinchilla", below), draws=200)
    shares = [
        np.mean((above["loss_nats"] >= one.low) & (above["loss_nats"] <= one.high))
        for one in (predict(drawn, at, form=form) for form in (False, True))
    ]
    assert shares[0] < 0.8  # the negative control: the resamples know nothing of the form
    assert shares[1] >= 0.9


@pytest.mark.slow
def test_the_law_that_made_the_points_foretells_best():
    found = compare(grid(rows=6), ["kaplan-nd", "chinchilla"], draws=60, options={"kaplan-nd": TOTAL})
    first, second = found.laws
    assert first.law == "chinchilla" and first.best_probability > 0.95
    assert second.behind.low > 0 and found.undecided == ()
    assert first.aicc < second.aicc and first.cross_validated < second.cross_validated
    assert first.score < second.score
    assert [cut.at for cut in first.cuts] == [cut.at for cut in second.cuts] == list(found.cuts)


@pytest.mark.slow
def test_the_ranking_turns_where_the_other_law_made_the_points():
    member = law("kaplan-nd")
    values = dict(member.published[0].values)
    points = grid(loss=lambda params, tokens: member.evaluate(params, tokens, **values), rows=6)
    found = compare(points, ["chinchilla", "kaplan-nd"], draws=20, options={"kaplan-nd": TOTAL})
    assert found.laws[0].law == "kaplan-nd"


def test_laws_that_say_the_same_are_undecided():
    twin = replace(law("chinchilla"), name="twin")
    found = compare(grid(), ["chinchilla", twin], draws=40)
    second = found.laws[1]
    assert found.undecided == (second.law,) and "not distinguishable" in found.warnings[0]
    assert second.behind.low <= 0 <= second.behind.high
    assert sum(one.best_probability for one in found.laws) == pytest.approx(1)


def test_one_cut_may_be_named_and_reaches_are_told():
    found = compare(grid(), ["chinchilla"], above=1e20, draws=60)
    assert found.cuts == (1e20,)
    (only,) = found.laws
    assert sum(row.points for row in only.reaches) == only.cuts[0].held
    assert all(row.low < row.high for row in only.reaches)
    assert only.reaches[-1].high == pytest.approx(only.cuts[0].reaches.max())
    assert only.best_probability == 1 and only.behind is None


def test_a_comparison_is_plain_json():
    found = compare(grid(), ["chinchilla", "muennighoff"], draws=40)
    assert [one.failed != "" for one in found.laws] == [False, True]
    assert "muennighoff" in found.laws[1].failed
    told = json.loads(json.dumps(found.plain(), allow_nan=False))
    assert told["laws"][0]["cuts"][0]["held"] > 0 and told["laws"][1]["score"] is None


@pytest.mark.slow
def test_a_law_whose_compute_no_column_holds_is_compared():
    found = compare(grid(), ["chinchilla", "kaplan-c"], draws=40)
    assert [one.failed for one in found.laws] == ["", ""]


def test_aicc_charges_two_a_parameter_and_more_with_few_points():
    points = grid(noise=0.01)
    free, held = fit("chinchilla", points), fit("chinchilla", points, fix={"alpha": REFIT["alpha"]})
    n = len(points)
    charge = 2 * 6 + 2 * 6 * 7 / (n - 7) - (2 * 5 + 2 * 5 * 6 / (n - 6))
    assert aicc(free) - aicc(held) <= charge + 1e-6
    assert aicc(free) - aicc(held) > charge - 12


def test_the_likelihood_of_aicc_is_a_density():
    u = np.linspace(-60, 60, 400001)
    rho = np.where(np.abs(u) <= _CORNER, u**2 / 2, _CORNER * (np.abs(u) - _CORNER / 2))
    assert np.log(np.exp(-rho).sum() * (u[1] - u[0])) == pytest.approx(_log_norm(), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"laws": []}, "name one law"),
        ({"laws": ["chinchilla", "chinchilla"]}, "each once"),
        ({"laws": ["chinchila"]}, "Did you mean 'chinchilla'"),
        ({"above": 1e30}, "leave none to fit and to test"),
        ({"above": 1e3}, "leave none to fit and to test"),
        ({"by": "flop"}, r"map=\{'flop'"),
        ({"points": Points({"loss_nats": [3.0, 2.9]})}, "how much compute"),
        ({"points": grid().take(np.arange(7))}, "leave none"),
        ({"laws": ["muennighoff"]}, "muennighoff"),
    ],
)
def test_a_comparison_that_cannot_be_is_one_clear_error(options, words):
    with pytest.raises(MisuseError, match=words):
        compare(**{"points": grid(), "laws": ["chinchilla"], **options})
