"""Runs are chosen by what they tell of a goal: designs from nothing, and the next runs of a table."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

import scalinglaws as sl
from scalinglaws.cli.next_runs import next_command
from scalinglaws.designing.design import design
from scalinglaws.designing.menu import Menu, Offer, menu
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import MisuseError, StudyError
from scalinglaws.planning.asked_quantity import AskedFor, asked_quantity
from scalinglaws.planning.choosing import JointVariance, fixed, isoflop_grid, most_telling, spread_out
from scalinglaws.points.points import Points
from scalinglaws.predicting.forecast import forecaster
from scalinglaws.studying.design_for_text import as_plain, next_as_plain, toml_of
from scalinglaws.studying.designed_for import design_for
from scalinglaws.studying.next_runs import next_runs

RECIPE = Study("recipe", ((2, 16),), (1e6,), corpus="text:none/")


def table(noise=0.002, seed=0):
    """Give 20 runs of Hoffmann's law."""
    rng = np.random.default_rng(seed)
    N, D = (np.exp(part) for part in np.meshgrid(np.linspace(17, 21, 5), np.linspace(20, 24, 4)))
    at = {"N": N.ravel(), "D": D.ravel()}
    loss = (1.7 + 400 / at["N"] ** 0.34 + 410 / at["D"] ** 0.28) * np.exp(noise * rng.standard_normal(20))
    return Points({"params_nonembedding": at["N"], "tokens": at["D"], "loss_nats": loss})


def test_a_run_takes_off_what_linear_regression_says():
    # two candidates and a target, all of variance 1: correlations .6 and .8 with the target
    block = JointVariance(np.arange(2), np.array([[1, 0, 0.6], [0, 1, 0.8], [0.6, 0.8, 1.0]]), np.array([0.0, 0.0]))
    plan = most_telling([block], fixed(np.array([1.0, 1.0])), 1.0)
    assert plan.runs == (1,)
    assert plan.left == pytest.approx((1 - 0.64,))
    both = most_telling([block], fixed(np.array([1.0, 1.0])), 2.0)
    assert both.left[-1] == pytest.approx(0, abs=1e-12)


def test_of_two_runs_that_tell_alike_the_cheaper_is_taken_and_no_budget_is_exceeded():
    block = JointVariance(np.arange(2), np.array([[1, 0, 0.6], [0, 1, 0.6], [0.6, 0.6, 1.0]]), np.array([0.1, 0.1]))
    assert most_telling([block], fixed(np.array([3.0, 1.0])), 3.5).runs == (1,)
    assert most_telling([block], fixed(np.array([3.0, 1.0])), 0.5).runs == ()


def test_space_filling_spends_the_budget_over_the_whole_box():
    x = np.array([(a, b) for a in range(6) for b in range(6)], dtype=float)
    chosen = x[list(spread_out(x, x, fixed(np.ones(36)), 9).runs)]
    assert len(chosen) == 9
    distances = np.sqrt(((x[:, None] - chosen[None]) ** 2).sum(2)).min(1)
    assert distances.max() < 2.3  # nothing lies far from a run


def test_an_isoflop_grid_costs_no_more_than_is_allowed():
    x = np.array([(a, b) for a in np.arange(14, 20, 0.5) for b in np.arange(18, 25, 0.5)])
    cost = np.exp(x.sum(1))
    grid = isoflop_grid(x, lambda runs: float(cost[list(runs)].sum()), cost.max())
    assert len(grid) > 20
    assert cost[list(grid)].sum() <= cost.max()


@pytest.mark.parametrize(
    "text", ["", "plan", "plan at N=3", "plan at C=0", "loss at N=1e9", "plan at C=x", "loss at C=1"]
)
def test_a_goal_that_cannot_be_read_is_refused_with_one_that_can(text):
    with pytest.raises(MisuseError, match="plan at C=1e21"):
        asked_quantity(text)


def test_a_goal_is_read():
    assert asked_quantity(" Plan for C=1e21 ") == AskedFor("plan", {"C": 1e21})
    assert asked_quantity("loss at N=1e9, D=2e10").compute == pytest.approx(1.2e20)


def test_the_best_size_moves_by_its_weights():
    quantity = asked_quantity("plan at C=1e21")
    rows = quantity.rows((16.0, 26.0))
    mean = 0.01 * (rows[:, 0] - 20.7) ** 2 + 1
    moved = 1e-4 * np.sin(rows[:, 0])
    before, weights = quantity.value(rows, mean)
    after = quantity.value(rows, mean + moved)[0]
    assert before[0] == pytest.approx(20.7, abs=1e-6)
    assert after[0] - before[0] == pytest.approx((weights @ moved)[0], rel=0.02)
    assert np.isnan(quantity.value(rows, rows[:, 0])[0]).all()  # the least lies at an end: no size is best


def test_the_joint_covariance_has_the_forecasts_own_variances():
    known = forecaster(table()).posterior
    x = np.log([[1e8, 1e10], [3e9, 1e11], [1e10, 1e12]])
    mean, covariance = known.jointly(x)
    one, sd = known.at(x)
    assert mean == pytest.approx(one)
    assert np.sqrt(np.diag(covariance)) == pytest.approx(sd, rel=1e-6)
    assert np.linalg.eigvalsh(covariance).min() > -1e-12


def test_horizons_of_a_size_share_their_trunk_in_the_price():
    offers = tuple(Offer((2, 16), 6144, tokens, 1.0) for tokens in (100.0, 200.0))
    shared = Menu(RECIPE, offers, overhead=1.0)
    assert shared.prices(()) == [101.0, 201.0]
    assert shared.prices((1,))[0] == pytest.approx(1 + 20)  # its decay alone
    assert shared.cost((0, 1)) == shared.cost((1, 0)) == pytest.approx(1 + 100 + 1 + 0.2 * 200 + 0.8 * 100)
    assert Menu(replace(RECIPE, schedule="cosine"), offers).cost((0, 1)) == 300


@pytest.mark.parametrize(
    ("goal", "budget"), [("plan at C=1e14", 1e13), pytest.param("loss at N=1e9,D=2e10", 1e19, marks=pytest.mark.slow)]
)
def test_a_design_spends_no_more_than_its_budget_and_can_be_trained(goal, budget, tmp_path):
    found = design_for(asked_quantity(goal), RECIPE, 256, budget, worlds=3)
    assert [one.name for one in found.candidates][-1] == "isoFLOP grid"
    assert all(one.cost <= budget for one in found.candidates)
    assert found.study.hold_out == 2
    path = tmp_path / "chosen.toml"
    path.write_text(toml_of(found.study))
    again = replace(read_study(str(path)), name=found.study.name, corpus=RECIPE.corpus)
    assert again == found.study
    sweep = design(again, 256, "d", None)
    held = [run for run in sweep.runs if run.id in sweep.held_out]
    fitted = [run for run in sweep.only(held_out=False).runs if not run.is_trunk]
    flops = [6.0 * run.shape.params() * run.tokens for run in (*fitted, *held)]
    assert len(held) == 2
    assert max(flops[:-2]) * 2 < flops[-1]
    paid = sum(
        run.shape.flops_per_token("exact") * (run.steps - run.first_step) * run.batch_tokens for run in sweep.runs
    )
    assert paid < 1.1 * budget
    assert "sizes over" in str(found)
    assert as_plain(found)["study"]["hold_out"] == 2


def test_a_budget_for_no_run_is_refused():
    with pytest.raises(StudyError, match="Raise the budget"):
        design_for(asked_quantity("plan at C=1e14"), RECIPE, 256, 1e6)
    with pytest.raises(MisuseError, match="no run fits"):
        next_runs(table(), asked_quantity("plan at C=1e22"), 1e3)


def test_next_runs_narrow_the_interval_within_the_budget_and_say_when_to_stop():
    points, goal = table(), asked_quantity("plan at C=1e23")
    found = next_runs(points, goal, 1e21, overhead=1e18, worlds=2)
    assert sum(one.cost for one in found.runs) <= 1e21
    for name in goal.names:
        halves = [found.now[name], *(one.half[name] for one in found.runs)]
        assert all(after <= before * (1 + 1e-9) for before, after in pairwise(halves))
    assert set(found.designs) == {"chosen", "space filling", "isoFLOP grid"}
    assert found.value["N*"] == pytest.approx(np.log(8.9e9), abs=3 * found.now["N*"])
    assert "today" in str(found)
    assert next_as_plain(found)["for"] == "plan at C=1e+23"
    done = next_runs(points, goal, 1e21, overhead=1e18, worlds=1, until=0.9)
    assert done.stop.startswith("stop: the interval of the loss is")


def test_own_horizons_stand_in_place_of_shared_ones():
    study = replace(RECIPE, shapes=((2, 8), (2, 16)), tokens=(), own_tokens=((1e5, 2e5), (3e5,)))
    runs = [run for run in design(study, 256, "d", None).runs if not run.is_trunk]
    assert [(run.shape.d_model, run.tokens) for run in runs] == [(8, 100_000), (8, 200_000), (16, 300_000)]
    with pytest.raises(StudyError, match="one list of horizons"):
        replace(study, own_tokens=((1e5,),))
    with pytest.raises(StudyError, match="one list of horizons"):
        replace(study, tokens=(1e5,))


def test_a_menu_has_runs_of_a_thousand_steps_and_no_dearer_one_than_allowed():
    found = menu(RECIPE, 256, 1e12, max_tokens=1e7)
    assert max(one.tokens * one.token_cost for one in found.offers) <= 1e12
    assert min(one.tokens for one in found.offers) >= 1000 * found.recipe.batch * found.recipe.n_ctx
    assert max(one.tokens for one in found.offers) <= 1e7


def test_the_options_of_a_table_are_refused_for_the_folder_of_a_study(tmp_path):
    (tmp_path / "store.json").write_text("{}")
    with pytest.raises(MisuseError, match="are for tables"):
        next_command(str(tmp_path), goal="plan at C=1e21", budget=1e20, where=["N > 3"])


def test_python_takes_a_goal_as_text_and_one_budget():
    found = sl.next_runs(table(), "plan at C=1e22", 1e21, overhead=1e18, worlds=1)
    assert found.quantity == asked_quantity("plan at C=1e22")
    assert found.rows()["N"] == [one.N for one in found.runs]
    for budgets in ({}, {"flops": 1e13, "seconds": 60.0}):
        with pytest.raises(MisuseError, match="one budget"):
            sl.design("plan at C=1e14", **budgets)
    with pytest.raises(MisuseError, match="set of families"):
        sl.design("plan at C=1e14", "kaplan-cpu", flops=1e13)
