"""Rows that the table itself condemns take no part, each with its reason; what nothing says is a warning."""

import numpy as np
import pytest

from scalinglaws.errors import PointsError
from scalinglaws.points.along_runs import untold
from scalinglaws.points.judged_rows import judged
from scalinglaws.points.points import Points
from scalinglaws.points.reasons_in_tables import left_out_by_the_table
from scalinglaws.points.row_kinds import kept_again


def log(steps, losses, **columns):
    return Points({"run_id": ["a"] * len(steps), "steps": steps, "loss_nats": losses, **columns})


def kept(points):
    return judged(points)[0].kept["steps"].tolist()


@pytest.mark.parametrize("word", ["crashed", "Failed", "running", "in flight", "killed by OOM"])
def test_a_run_that_did_not_end_takes_no_part(word):
    points = Points({"run_id": ["a", "b"], "loss_nats": [4.0, 3.0], "state": [word, "finished"]})
    found, notes = judged(points)
    assert found["excluded_because"].tolist() == [f"failed: state is {word}", ""]
    assert notes == [f"1 of 2 rows take no part: state is {word}. To keep them: keep_rows=['failed']"]


def test_the_attempt_that_a_restart_replaced_takes_no_part():
    points = log([10, 20, 30, 40, 30, 40, 50], [9, 8, 7, 6, 7.1, 6.1, 5])
    found, notes = judged(points)
    assert found["excluded_because"].tolist()[2:4] == ["abandoned: the run went back to 30 and passed it again"] * 2
    assert kept(points) == [10, 20, 30, 40, 50]
    assert notes[0].startswith(
        "2 of 7 rows take no part: a run went back, and its first attempt from there on was given"
    )


def test_a_row_that_is_repeated_later_with_its_loss_is_no_abandoned_one():
    assert kept(log([40, 10, 20, 30, 40], [6, 9, 8, 7, 6])) == [40, 10, 20, 30, 40]


def test_rows_that_are_in_no_order_are_left_as_they_are():
    assert kept(log([40, 30, 20, 10], [6, 7, 8, 9])) == [40, 30, 20, 10]


def test_two_test_sets_of_one_run_are_no_restart():
    steps = [10, 20, 30, 10, 20, 30]
    assert kept(log(steps, [9, 8, 7, 9.5, 8.5, 7.5], loss_split=["x"] * 3 + ["y"] * 3)) == steps


@pytest.mark.parametrize(("last", "stays"), [(98, True), (97, False)])
def test_a_run_cut_short_of_its_plan_takes_no_part(last, stays):
    points = Points({"run_id": ["a", "b"], "steps": [100, last], "planned_steps": [100, 100], "loss_nats": [3.0, 3.1]})
    assert (len(judged(points)[0].kept) == 2) is stays


def test_where_every_row_would_go_all_stay_and_it_is_said():
    points = Points({"run_id": ["a", "b"], "steps": [50, 60], "planned_steps": [100, 100], "loss_nats": [3.0, 3.1]})
    found, notes = judged(points)
    assert len(found.kept) == 2
    assert notes == ["every row is cut-short and takes part all the same: runs cut short of their planned steps"]


def test_rows_along_runs_without_a_schedule_are_said():
    (note,) = untold(log([10, 20, 30], [9, 8, 7]))
    assert note.startswith("3 rows lie along 1 run, and nothing says whether the learning rate had fallen there.")
    assert judged(log([10, 20, 30], [9, 8, 7]))[1] == []


@pytest.mark.parametrize("column", [{"lr": [3.0, 2.0, 0.3]}, {"lr_schedule": ["constant"] * 3}])
def test_a_rate_or_a_schedule_says_it(column):
    assert untold(judged(log([10, 20, 30], [9, 8, 7], **column))[0]) == []


def test_one_rate_for_a_whole_run_is_its_peak_and_says_nothing():
    assert untold(log([10, 20, 30], [9, 8, 7], lr=[3, 3, 3]))


DECAYING = (
    {"lr": [3.0, 2.9, 2.0, 0.3]},
    {"lr": [1.0, 3.0, 1.0, 0.1]},
    {"lr_schedule": ["cosine"] * 4},
    {"config.lr_scheduler_type": ["linear"] * 4},
    {"planned_steps": [40] * 4},
)


@pytest.mark.parametrize("column", DECAYING)
def test_rows_before_the_end_of_a_schedule_take_no_part(column):
    points = log([10, 20, 30, 40], [9, 8, 7, 6], **column)
    found, (note,) = judged(points)
    assert found.kept["steps"].tolist() == [40]
    assert set(found["excluded_because"].tolist()[:3]) == {"mid-decay: before the end of its schedule"}
    assert note.endswith("; laws of curves and the envelope use them. To keep them: keep_rows=['mid-decay']")
    for keep in ("mid-decay", ["mid-decay"], "all"):
        assert judged(points, keep)[0] == points
    assert kept_again(found, "mid-decay").kept["steps"].tolist() == points["steps"].tolist()


def test_where_no_rate_falls_far_the_ends_of_the_runs_are_the_ends_of_their_schedules():
    runs = {"run_id": ["a"] * 3 + ["b"] * 3, "steps": [10, 20, 30] * 2, "loss_nats": [9, 8, 7] * 2}
    assert kept(Points({**runs, "lr": [3.0, 2.0, 1.0] * 2})) == [30, 30]
    assert kept(Points({**runs, "lr": [3.0, 2.0, 1.0, 3.0, 2.0, 0.3]})) == [30]  # one stopped before its end


STAYING = (
    {"lr": [3, 3, 3, 3]},
    {"lr": [1.0, 3.0, 3.0, 3.0]},
    {"lr_schedule": ["constant"] * 4},
    {"lr_schedule": ["wsd"] * 4, "lr": [3.0, 3.0, 3.0, 0.3]},
    {"lr_schedule": ["constant"] * 4, "planned_steps": [40] * 4},
    {"lr_schedule": ["cosine"] * 4, "planned_steps": [10, 20, 30, 40]},
    {"lr_schedule": ["cosine"] * 4, "params_total": [1e6, 2e6, 3e6, 4e6]},
    {"lr_schedule": ["cosine"] * 4, "run_id": ["a", "b", "c", "d"]},
    {"lr_schedule": ["cosine"] * 4, "run_id": [""] * 4},
)


@pytest.mark.parametrize("column", STAYING)
def test_rows_at_a_constant_rate_or_at_the_end_of_a_schedule_of_their_own_stay(column):
    assert kept(log([10, 20, 30, 40], [9, 8, 7, 6], **column)) == [10, 20, 30, 40]


def test_a_schedule_without_names_of_runs_is_a_guess_and_drops_nothing():
    points = Points({"steps": [10, 20, 30], "loss_nats": [9, 8, 7], "lr_schedule": ["cosine"] * 3})
    assert judged(points) == (points, [])


def sweep(**columns):
    """Two sizes at two horizons, three rates each, the middle one the best."""
    size, tokens, lr = (x.ravel() for x in np.meshgrid([1e6, 2e6], [1e8, 2e8], [1e-3, 2e-3, 4e-3], indexing="ij"))
    loss = 3 - size / 1e7 - tokens / 1e9 + np.abs(np.log(lr / 2e-3))
    names = {"params_total": size, "tokens": tokens, "lr": lr, "loss_nats": loss}
    return {**names, "run_id": [f"r{i}" for i in range(12)], **columns}


def test_of_a_sweep_the_best_of_each_cell_takes_part():
    found, (note,) = judged(Points(sweep()))
    assert found.kept["lr"].tolist() == [2e-3] * 4
    assert note.startswith("8 of 12 rows take no part: another lr did better at their size and tokens")
    assert len(judged(Points(sweep()), "untuned")[0].kept) == 12


def test_seeds_are_no_sweep_and_those_of_the_best_setting_all_stay():
    seeds = {name: [*values, *values] for name, values in sweep().items()} | {"seed": [0] * 12 + [1] * 12}
    seeds["run_id"] = [f"r{i}" for i in range(24)]
    found = judged(Points(seeds))[0].kept
    assert (len(found), set(found["lr"].tolist()), set(found["seed"].tolist())) == (8, {2e-3}, {0, 1})
    assert len(judged(Points({**seeds, "lr": [2e-3] * 24}))[0].kept) == 24


def test_definitions_are_no_sweep():
    for columns in (
        {"arm": ["x", "y", "z"] * 4},
        {"tokens_unique": [1e7, 2e7, 4e7] * 4},
        {"dropout": [0, 0.1, 0.2] * 4},
    ):
        assert len(judged(Points(sweep(**columns)))[0].kept) == 12


def test_the_best_of_a_named_column_is_taken_where_it_is_asked_for():
    points = Points(sweep(lr=[1e-3] * 12, dropout=[0, 0.1, 0.2] * 4))
    assert judged(points)[1] == []
    assert judged(points, best_of=["dropout"])[0].kept["dropout"].tolist() == [0.1] * 4
    both = sweep(batch_tokens=[1e5, 1e5, 1e5, 2e5, 2e5, 2e5] * 2)
    assert (
        len(judged(Points(both), best_of=["lr"])[0].kept) == 4
    )  # another batch is another cell, where lr alone is named
    with pytest.raises(PointsError, match="no column is called 'drop_out' to take the best of"):
        judged(points, best_of=["drop_out"])


UP = [5, 4, 3.5, 3.2, 3.1, 3.2, 3.4, 3.7]


def test_the_minimum_of_a_run_that_overfits_stands_for_it():
    points = log(range(10, 90, 10), UP, lr_schedule=["cosine"] * 8, planned_steps=[200] * 8)
    found, notes = judged(points)
    assert found.kept["steps"].tolist() == [50]
    assert [reason.partition(":")[0] for reason in found["excluded_because"]] == ["mid-decay"] * 4 + [""] + [
        "overfit"
    ] * 3
    assert "the held-out loss of their run had turned up, and its minimum stands for the run" in notes[0]


@pytest.mark.parametrize(
    ("losses", "columns"),
    [
        ([5, 4, 3.5, 3.2, 3.1, 3.11, 3.12, 3.11], {}),  # noise
        (UP, {"tokens": [1e6] * 8, "tokens_unique": [1e7] * 8}),  # the first pass over the text
        (UP, {"loss_split": ["train"] * 8}),
    ],
)
def test_noise_and_losses_that_cannot_be_of_overfitting_are_none(losses, columns):
    assert len(judged(log(range(10, 90, 10), losses, **columns))[0].kept) == 8


def test_a_run_that_is_said_to_have_stopped_early_is_not_cut_short():
    ends = {"run_id": ["a", "b"], "steps": [100, 60], "planned_steps": [100, 100], "loss_nats": [3.0, 3.1]}
    assert len(judged(Points({**ends, "state": ["finished", "early stopping"]}))[0].kept) == 2


def test_rows_without_tokens_and_losses_are_judged_without_a_warning_of_numpy():
    nan = float("nan")
    points = log([10, 20, nan, 40], [9, nan, 7, 6], lr=[3.0, 2.0, 1.0, 0.3], planned_steps=[40, nan, 40, 40])
    assert judged(points)[0].kept["steps"].tolist()[-1] == 40


def test_a_name_that_several_sizes_share_is_said_to_name_no_run():
    points = log([10, 20, 30, 40], [9, 8, 7, 6], params_total=[1e6, 2e6, 1e6, 2e6])
    (note,) = judged(points)[1]
    assert note.startswith("1 name in run_id, such as 'a', stands for models of several sizes, and so for no run")


def test_a_table_of_runs_has_nothing_to_say():
    points = Points({"run_id": ["a", "b"], "steps": [10, 20], "loss_nats": [4.0, 3.0]})
    assert judged(points) == (points, [])


def test_the_rows_that_a_table_leaves_out_itself_are_counted_with_their_reasons():
    because = ["untuned: another lr did better", "repeats row 3 in every column", "repeats row 4 in every column", ""]
    points = Points({"loss_nats": [4.0, 3.0, 3.0, 2.0], "excluded_because": because})
    (note,) = left_out_by_the_table(points, ())
    assert note.startswith(
        "3 of 4 rows take no part, as excluded_because says: repeats another row in every column (2), "
    )
    assert "untuned (1)" in note and "keep_rows=['untuned']" in note
    assert left_out_by_the_table(points, "untuned")[0].startswith("2 of 4 rows")
    assert left_out_by_the_table(points.take(np.array([3])), ()) == []
