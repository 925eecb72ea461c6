"""The time that a launch still takes: along the recorded course of a study, and where it was foretold badly."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from scalinglaws.launching.time_left import START, TimeLeft

RECORDED = json.loads((Path(__file__).parent / "course_of_smoke.json").read_text())


def replayed(foretold, chains, ended, began, slots=2, every=0.2):
    """Read the clock along a course; give (time, said, truth)."""
    clock = TimeLeft(foretold, [chains], slots, predicted=True)
    end, now, busy, rows = max(ended.values()), 0.0, 0.0, []
    while now < end:
        left = {}
        for run, at in ended.items():
            if at > now:
                first = began[run] + START * (began[run] == 0)
                left[run] = 1 - min(max((now - first) / max(at - 0.2 - first, 1e-9), 0), 1) if now > began[run] else 1.0
        rows.append((now, clock.read(left, busy, now), end - now))
        busy += min(slots, sum(at > now >= began[run] for run, at in ended.items())) * every
        now += every
    return rows


def began(ended, took):
    """Give each run the process that was free when it must have begun."""
    free, found = [0.0, 0.0], {}
    for run in sorted(ended, key=ended.get):
        wanted = ended[run] - took[run] - 0.1
        place = min((0, 1), key=lambda i: abs(free[i] - wanted) if free[i] <= wanted + 1 else 1e9 + free[i])
        found[run], free[place] = free[place], ended[run]
    return found


def missed(rows):
    """Mean distance from the truth, as a share of the mean truth."""
    return sum(abs(said - truth) for _, said, truth in rows) / sum(truth for *_, truth in rows)


def test_along_a_recorded_study_of_short_runs_the_time_left_is_true_within_a_quarter_and_never_nothing():
    ended = RECORDED["ended"]
    rows = replayed(RECORDED["foretold"], RECORDED["chains"], ended, began(ended, RECORDED["took"]))
    assert missed(rows) < 0.25
    assert not [row for row in rows if row[1] < 1 < row[2]]
    assert all(truth / 1.6 < said < truth * 1.6 for _, said, truth in rows if truth > 1)


@pytest.mark.parametrize("slower", [0.5, 2.0, 8.0])
def test_a_machine_that_is_not_as_foretold_is_learnt_without_a_jump(slower):
    chains = [[f"r{i}"] for i in range(12)]
    foretold = {f"r{i}": 60.0 * (1 + i % 3) for i in range(12)}
    free, begin, ended = [0.0, 0.0], {}, {}
    for run in sorted(foretold, key=lambda run: -foretold[run]):
        place = free.index(min(free))
        begin[run] = free[place]
        free[place] += START * (free[place] == 0) + slower * foretold[run]
        ended[run] = free[place]
    rows = replayed(foretold, chains, ended, begin, every=1.0)
    settled = [row for row in rows if row[0] > 0.3 * rows[-1][0]]
    assert missed(settled) < 0.2
    steps = [after[1] - before[1] for before, after in pairwise(rows)]
    assert max(abs(step) for step in steps) < 0.08 * rows[0][2]


def test_without_a_foretold_time_there_is_none_before_progress():
    clock = TimeLeft({"a": 1e9, "b": 1e9}, [[["a"], ["b"]]], 2, predicted=False)
    assert clock.read({"a": 1.0, "b": 1.0}, 0.0, 0.0) is None
    assert clock.read({"a": 1.0, "b": 1.0}, 20.0, 10.0) is None
    assert clock.read({"a": 0.5, "b": 0.5}, 40.0, 20.0) == pytest.approx(20, rel=0.05)
    assert clock.share({"a": 0.5, "b": 0.5}) == 0.5 and clock.share({}) == 1


def test_runs_held_out_are_waited_for_until_the_others_have_ended():
    alike = {"a": 100.0, "b": 100.0, "c": 100.0}
    together = TimeLeft(alike, [[["a"], ["b"], ["c"]]], 3, predicted=True).read(dict.fromkeys(alike, 1.0), 0.0, 0.0)
    apart = TimeLeft(alike, [[["a"], ["b"]], [["c"]]], 3, predicted=True).read(dict.fromkeys(alike, 1.0), 0.0, 0.0)
    assert apart == pytest.approx(2 * together, rel=0.05)


@pytest.mark.parametrize("predicted", [True, False])
def test_a_run_that_begins_again_leaves_a_time_and_no_error(predicted):
    clock = TimeLeft({"a": 100.0, "b": 100.0}, [[["a"], ["b"]]], 2, predicted=predicted)
    clock.read({"a": 0.2, "b": 0.2}, 0.0, 0.0)  # went on from saved states, which are lost
    found = clock.read({"a": 1.0, "b": 1.0}, 40.0, 20.0)
    assert found is None or found > 0
    again = clock.read({"a": 0.5, "b": 0.5}, 140.0, 70.0)
    assert again is not None and 20 < again < 200
