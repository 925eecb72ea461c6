"""Of the variants of one cell the best takes part in a fit, and a run that learned nothing in none."""

from dataclasses import replace

import pytest

from scalinglaws.run.run import DIVERGED, FAILED_TO_LEARN, FINISHED, Evaluation, Run, RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.store.points_of_runs import points_of
from scalinglaws.studying.taking_part import notes_on, taking_no_part

SPEC = RunSpec(Shape(2, 16, 1, 32, 256), "text", "bytes", "d", 100_000, 8, 0.01, 10, schedule="cosine")


def ran(loss, outcome=FINISHED, **changes):
    spec = replace(SPEC, **changes)
    evaluation = Evaluation(spec.steps, spec.steps * spec.batch_tokens, 0.0, loss)
    curve = () if outcome == DIVERGED else (evaluation,)
    return Run(spec, outcome, f"{outcome}: so it was", curve, 1.0, 10**6)


def reasons(*runs, left_out=(), held_out=()):
    found = taking_no_part(runs, dict(left_out), held_out)
    points = points_of(list(runs), set(held_out), left_out=found)
    return list(points["excluded_because"])


def test_of_several_rates_and_batches_the_lowest_loss_stands_for_the_cell():
    runs = ran(3.0), ran(2.0, lr=0.02), ran(2.5, batch=4), ran(2.2, batch=4, lr=0.02)
    said = "another {} of this cell did better"
    assert reasons(*runs) == [said.format("rate"), "", said.format("rate and batch"), said.format("batch")]
    assert notes_on(runs, taking_no_part(runs, {})) == [
        "3 of 4 runs are left out of every fit: another variant of this cell did better."
    ]


def test_each_size_each_horizon_and_each_text_is_a_cell_of_its_own():
    other = {"tokens": 200_000}, {"unique_tokens": 5000}, {"shape": replace(SPEC.shape, d_model=32)}, {"data": "e"}
    assert reasons(ran(3.0), *(ran(2.0, **changes) for changes in other)) == [""] * 5


def test_seeds_of_a_variant_stay_together_and_are_judged_by_their_mean():
    """The luckiest of six runs is of the worse rate: 1.9, of a mean of 2.4 against 2.1."""
    worse, better = (1.9, 2.7, 2.6), (2.1, 2.0, 2.2)
    runs = [ran(loss, seed=i) for i, loss in enumerate(worse)]
    runs += [ran(loss, seed=i, lr=0.02) for i, loss in enumerate(better)]
    assert reasons(*runs) == ["another rate of this cell did better"] * 3 + [""] * 3


def test_a_variant_of_which_a_seed_failed_stands_behind_those_that_all_ended_well():
    runs = ran(1.0), ran(9.0, FAILED_TO_LEARN, seed=1), ran(2.0, lr=0.02), ran(2.0, lr=0.02, seed=1)
    assert reasons(*runs) == ["another rate of this cell did better", "failed to learn: so it was", "", ""]


def test_runs_that_did_not_end_well_are_rows_with_their_reason_and_counted():
    runs = ran(2.0), ran(7.0, FAILED_TO_LEARN, tokens=200_000), ran(0.0, DIVERGED, tokens=300_000)
    assert reasons(*runs) == ["", "failed to learn: so it was", "diverged: so it was"]
    losses = points_of(list(runs))["loss_nats"]
    assert losses[:2].tolist() == [2.0, 7.0] and losses[2] != losses[2]
    said = f"2 of 3 runs failed and are left out of every fit; the first: {runs[1].spec.id} failed to learn"
    assert notes_on(runs, {})[0].startswith(said)


def test_of_held_out_variants_the_best_is_what_a_prediction_is_compared_with():
    runs = ran(3.0), ran(2.0, lr=0.02)
    said = reasons(*runs, held_out=[run.spec.id for run in runs])
    assert said == ["another rate of this cell did better", "held out to test the prediction"]


def test_what_a_study_leaves_out_neither_wins_nor_loses_a_cell():
    runs = ran(2.0), ran(3.0, lr=0.02)
    assert reasons(*runs, left_out={runs[0].spec.id: "too narrow"}.items()) == ["too narrow", ""]


@pytest.mark.parametrize("losses, out", [((3.0, 3.5), True), ((3.0, 1.5), False)])
def test_a_trunk_takes_no_part_when_none_of_its_branches_does(losses, out):
    wsd = {"schedule": "wsd"}
    trunk = ran(4.0, schedule="constant", branch_at=(100, 200))
    branches = [
        ran(loss, **wsd, tokens=t, parent=trunk.spec.id) for t, loss in zip((10**5, 2 * 10**5), losses, strict=True)
    ]
    others = [ran(2.0, **wsd, tokens=t, lr=0.02) for t in (10**5, 2 * 10**5)]
    assert (trunk.spec.id in taking_no_part([trunk, *branches, *others], {})) == out
