"""Rows that the table itself condemns take no part, each with its reason; what nothing tells is said as a note."""

import pytest

from scalinglaws.points.judged_rows import judged
from scalinglaws.points.points import Points


def log(steps, losses, **columns):
    return Points({"run_id": ["a"] * len(steps), "steps": steps, "loss_nats": losses, **columns})


def kept(points):
    return judged(points)[0].kept["steps"].tolist()


@pytest.mark.parametrize("word", ["crashed", "Failed", "running", "in flight", "killed by OOM"])
def test_a_run_that_did_not_end_takes_no_part(word):
    points = Points({"run_id": ["a", "b"], "loss_nats": [4.0, 3.0], "state": [word, "finished"]})
    found, notes = judged(points)
    assert found["excluded_because"].tolist() == [f"state: {word}", ""]
    assert notes == [f"1 of 2 rows take no part: state is {word}"]


def test_the_attempt_that_a_restart_replaced_takes_no_part():
    points = log([10, 20, 30, 40, 30, 40, 50], [9, 8, 7, 6, 7.1, 6.1, 5])
    found, notes = judged(points)
    assert found["excluded_because"].tolist()[2:4] == ["abandoned: the run went back to 30 and passed it again"] * 2
    assert kept(points) == [10, 20, 30, 40, 50]
    assert notes[0] == "2 of 7 rows take no part: a run went back, and its first attempt from there on was given up"


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
    assert notes == ["every row: runs cut short of their planned steps"]


def test_rows_along_runs_without_a_schedule_are_said():
    (note,) = judged(log([10, 20, 30], [9, 8, 7]))[1]
    assert note.startswith("3 rows lie along 1 run, and nothing says whether the learning rate had fallen there.")


@pytest.mark.parametrize("column", [{"lr": [3, 2, 1]}, {"lr_schedule": ["cosine"] * 3}])
def test_a_rate_or_a_schedule_says_it(column):
    assert judged(log([10, 20, 30], [9, 8, 7], **column))[1] == []


def test_a_table_of_runs_has_nothing_to_say():
    points = Points({"run_id": ["a", "b"], "steps": [10, 20], "loss_nats": [4.0, 3.0]})
    assert judged(points) == (points, [])
