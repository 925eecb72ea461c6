"""Plans for a goal: the least compute of published laws, chains to an accuracy, and goals that no compute reaches."""

import json

import numpy as np
import pytest
from cli_made import spoken, written

from scalinglaws.errors import FitError, MisuseError
from scalinglaws.fitting.fit import fit
from scalinglaws.laws import law
from scalinglaws.planning.best_split import CLOSED_FORMS, Spending, trade
from scalinglaws.planning.least_compute import Sizes, least_of_draws, least_of_fit
from scalinglaws.planning.plan import plan
from scalinglaws.points.points import Points
from scalinglaws.predicting.forecast import forecaster
from scalinglaws.uncertainty.draws import draws

CHINCHILLA, ERROR = law("chinchilla"), law("gadre-error")
BESIROGLU = dict(CHINCHILLA.published[2].values)
SARDANA = {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.336, "beta": 0.283}
C4 = ERROR.constants


def simulated(noise=0.003, seed=0):
    rng = np.random.default_rng(seed)
    params, ratio = np.meshgrid(np.geomspace(3e7, 3e9, 6), [5, 10, 20, 40, 80])
    params, tokens = params.ravel(), (params * ratio).ravel()
    loss = CHINCHILLA.evaluate(params, tokens, **BESIROGLU) * np.exp(noise * rng.standard_normal(params.size))
    error = ERROR.evaluate(loss, **C4) * np.exp(noise * rng.standard_normal(params.size))
    return {"params_total": params, "tokens": tokens, "loss_nats": loss, "error_top1": error}


def table(**how):
    return Points({**simulated(**how), "run_id": [str(i) for i in range(30)]})


@pytest.fixture(scope="module")
def drawn():
    return draws(fit("chinchilla", table()), draws=300)


@pytest.fixture(scope="module")
def accuracy():
    return draws(fit("gadre-error", table(), columns={"L": "loss_nats"}), draws=300)


@pytest.mark.parametrize(("flops", "loss"), [(1.23e22, 2.129374), (5.76e23, 1.9744411)])
def test_the_least_compute_for_the_loss_of_an_optimum_is_its_own(flops, loss):
    """Check vectors of Besiroglu et al. 2024; the printed loss has eight digits, the compute five of them."""
    assert least_of_fit(trade(CHINCHILLA, BESIROGLU, Spending(np.nan)), loss, Sizes()) == pytest.approx(flops, rel=1e-5)


@pytest.mark.parametrize(
    ("quality", "served", "best", "tokens"),
    [(13e9, 2e12, 6.9685951e9, 1.2478399e12), (30e9, 1e13, 1.361283e10, 4.4262372e12)],
)
def test_the_least_compute_with_serving_is_that_of_sardana_2023(quality, served, best, tokens):
    flops = 6 * (quality / CLOSED_FORMS["chinchilla"](6.0, **SARDANA)) ** (1 + SARDANA["alpha"] / SARDANA["beta"])
    loss = CHINCHILLA.evaluate(quality, flops / 6 / quality, **SARDANA)
    one = trade(CHINCHILLA, SARDANA, Spending(np.nan, inference_tokens=served))
    least = least_of_fit(one, float(loss), Sizes())
    assert least == pytest.approx(6 * best * tokens + 2 * best * served, rel=1e-6)
    many = trade(CHINCHILLA, {k: np.full(3, v) for k, v in SARDANA.items()}, Spending(np.nan, inference_tokens=served))
    found = least_of_draws(many, np.full(3, loss), Sizes(), 3 * least)
    assert found.flops == pytest.approx(least, rel=2e-4) and found.params == pytest.approx(best, rel=1e-3)


def test_every_draw_is_solved_as_its_closed_form():
    rng = np.random.default_rng(0)
    values = {name: value * np.exp(0.05 * rng.standard_normal(500)) for name, value in BESIROGLU.items()}
    target = values["E"] + 0.2
    found = least_of_draws(trade(CHINCHILLA, values, Spending(np.nan)), target, Sizes(), 1e22)
    best = CLOSED_FORMS["chinchilla"](found.flops, **values)
    assert found.params == pytest.approx(best, rel=1e-6)
    assert CHINCHILLA.evaluate(best, found.flops / 6 / best, **values) == pytest.approx(target, rel=1e-5)


def test_a_goal_and_the_budget_that_it_needs_are_one_plan(drawn):
    goal = plan(drawn, target_loss=2.1)
    budget = plan(drawn, goal.flops)
    assert goal.params.value == pytest.approx(budget.params.value, rel=1e-9)
    assert goal.loss_nats.value == pytest.approx(2.1, rel=1e-9)
    assert goal.goal.flops.value == goal.flops and goal.goal.unreached == 0
    truth = least_of_fit(trade(CHINCHILLA, BESIROGLU, Spending(np.nan)), 2.1, Sizes())
    assert goal.goal.flops.low < truth < goal.goal.flops.high
    assert goal.params.low < CLOSED_FORMS["chinchilla"](truth, **BESIROGLU) < goal.params.high


@pytest.mark.slow
def test_a_plan_of_a_forecast_is_by_its_own_prior():
    points = table()
    plans = {prior: plan(forecaster(points, prior=prior), 1e22) for prior in ("field", "none")}
    assert [one.law for one in plans.values()] == ["forecast (prior: field)", "forecast (prior: none)"]
    assert plans["none"].loss_nats.half > plans["field"].loss_nats.half


def test_a_goal_of_the_forecast_is_stated_at_its_own_plan_and_its_compute_is_as_uncertain_as_the_form():
    goal = plan(table(), target_loss=2.1)
    assert goal.loss_nats.value == pytest.approx(2.1, rel=1e-5)
    budget = plan(table(), goal.flops)
    assert budget.params.value == pytest.approx(goal.params.value, rel=1e-6)
    assert budget.loss_nats.value == pytest.approx(2.1, rel=1e-5)
    truth = least_of_fit(trade(CHINCHILLA, BESIROGLU, Spending(np.nan)), 2.1, Sizes())
    assert goal.goal.flops.low < truth < goal.goal.flops.high


@pytest.mark.slow
def test_the_interval_of_the_least_compute_covers_it_at_its_level():
    truth = least_of_fit(trade(CHINCHILLA, BESIROGLU, Spending(np.nan)), 2.1, Sizes())
    held = 0
    for seed in range(40):
        found = plan(draws(fit("chinchilla", table(seed=seed)), draws=200), target_loss=2.1).goal.flops
        held += found.low <= truth <= found.high
    assert held >= 34  # 95% nominal: fewer than 34 of 40 has probability 0.003 even at a true coverage of 93%


def test_a_fixed_size_needs_the_tokens_of_its_own_curve(drawn):
    made = plan(drawn, target_loss=2.4, fixed_params=3e9)
    assert made.params.value == 3e9 and made.flops == pytest.approx(6 * 3e9 * made.tokens.value)
    values = drawn.fit.values
    left = (2.4 - values["E"] - values["A"] / 3e9 ** values["alpha"]) / values["B"]
    assert made.tokens.value == pytest.approx(left ** (-1 / values["beta"]), rel=1e-9)


def test_a_goal_below_the_floor_is_not_reachable_and_the_floor_is_given(drawn):
    with pytest.raises(FitError, match=r"not reachable .* below the floor; unlimited compute leaves 1\.8"):
        plan(drawn, target_loss=1.6)
    with pytest.raises(FitError, match="unlimited tokens at 1e"):
        plan(drawn, target_loss=2.0, fixed_params=1e9)
    with pytest.raises(FitError, match="reached at any compute"):
        plan(drawn, target_loss=1e6)


def test_a_goal_among_the_draws_of_the_floor_has_no_plan_and_one_at_their_end_a_warning(drawn):
    with pytest.raises(FitError, match=r"not determined .* in \d+% of the draws no compute reaches it"):
        plan(drawn, target_loss=drawn.fit.values["E"] + 0.004)
    edge = plan(drawn, target_loss=2.05)
    assert 0 < edge.goal.unreached < 0.025
    assert any("may lie below the floor" in text for text in edge.warnings)


def test_a_goal_in_accuracy_carries_the_uncertainty_of_both_laws(drawn, accuracy):
    made = plan(drawn, target_accuracy=0.38, accuracy=accuracy)
    loss = -np.log((C4["epsilon"] - 0.62) / C4["k"]) / C4["gamma"]
    truth = least_of_fit(trade(CHINCHILLA, BESIROGLU, Spending(np.nan)), loss, Sizes())
    assert made.goal.loss.low < loss < made.goal.loss.high
    assert made.goal.flops.low < truth < made.goal.flops.high
    alone = plan(drawn, target_loss=made.goal.loss.value).goal.flops
    assert made.goal.flops.value == pytest.approx(alone.value)
    assert np.log(made.goal.flops.high / made.goal.flops.low) > 1.2 * np.log(alone.high / alone.low)


def test_a_goal_of_a_law_beyond_its_runs_has_the_error_of_its_form(drawn):
    inside, beyond = (plan(drawn, target_loss=loss).goal.flops for loss in (2.4, 2.1))
    assert np.log(inside.high / inside.low) < 0.2 < 2 < np.log(beyond.high / beyond.low)


def test_an_accuracy_beyond_its_law_and_a_chain_of_two_losses_are_refused(drawn, accuracy):
    assert ERROR.evaluate(1e-3, **C4) < 0  # this form reaches every accuracy at some loss: the loss has the floor
    with pytest.raises(FitError, match=r"\(for accuracy 0.9\) is not reachable"):
        plan(drawn, target_accuracy=0.9, accuracy=accuracy)
    with pytest.raises(FitError, match="at any loss"):
        plan(drawn, target_accuracy=0.1, accuracy=accuracy)
    other = Points({**simulated(), "loss_mean": simulated()["loss_nats"], "run_id": [str(i) for i in range(30)]})
    apart = draws(fit("gadre-error", other, columns={"L": "loss_mean"}), draws=50)
    with pytest.raises(MisuseError, match="a chain needs one loss"):
        plan(drawn, target_accuracy=0.45, accuracy=apart)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "neither a budget nor a goal"),
        ({"flops": 1e21, "target_loss": 2.1}, "both a budget and a goal"),
        ({"target_accuracy": 0.5}, "needs target_accuracy"),
        ({"target_loss": -1.0}, "above 0"),
        ({"target_loss": 2.1, "batch_policy": "critical"}, "kaplan-ns"),
    ],
)
def test_what_is_no_goal_is_refused(drawn, given, told):
    with pytest.raises(MisuseError, match=told):
        plan(drawn, **given)


def test_the_command_plans_for_a_loss_and_for_an_accuracy(tmp_path):
    rows = simulated()
    runs = written(
        tmp_path / "runs.csv", [dict(zip(rows, row, strict=True)) for row in zip(*rows.values(), strict=True)]
    )
    words = ("plan", "chinchilla", runs, "--draws", 50)
    code, out, err = spoken(*words, "--target-loss", 2.1)
    assert code == 0, err
    assert "the least compute that reaches a loss of 2.1" in out and "compute, FLOPs" in out
    code, out, err = spoken(*words, "--target-accuracy", 0.4, "--json")
    assert code == 0, err
    goal = json.loads(out)["goal"]
    assert goal["quantity"] == "accuracy" and goal["flops"]["low"] < goal["flops"]["value"] < goal["flops"]["high"]
    code, _, err = spoken(*words, "--target-loss", 1.2)
    assert code == 1 and "below the floor" in err
    code, _, err = spoken(*words)
    assert code == 2 and "--flops 1e21" in err and "--target-loss 2.5" in err
