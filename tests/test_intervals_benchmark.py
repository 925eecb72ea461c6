"""The benchmark of interval coverage counts rightly, and what the package calls honest passes it."""

import dataclasses
import re
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "benchmarks" / "intervals"))

import cells  # noqa: E402
import hard  # noqa: E402
import run as bench  # noqa: E402
import simulate  # noqa: E402
import tables  # noqa: E402

RIGHT = {cell.name: cell for cell in cells.right_cells()}
CURVES = {cell.name: cell for cell in cells.curve_cells()}


def only(cell, *methods, **more):
    return dataclasses.replace(cell, methods=methods, **more)


def held(summary, method):
    return {name: summary[method][name][0] for name in tables.TARGETS}


def test_a_noiseless_table_gives_back_the_truth_that_the_intervals_are_asked_to_hold():
    points = simulate.runs(60, simulate.normal(0.0), np.random.default_rng(0))
    found = cells.fit("chinchilla", points)
    truth = simulate.truths(simulate.RIGHT)
    assert found.values["alpha"] == pytest.approx(truth["alpha"], rel=1e-9)
    assert float(found.evaluate(**simulate.target(100.0))) == pytest.approx(truth["loss 100x"], rel=1e-9)
    closed = simulate.best_params(10 * simulate.MOST_FLOPS)
    assert truth["N* 10x"] == pytest.approx(closed, rel=1e-6)  # golden section in a flat valley
    assert simulate.truths(simulate.MISCOUNTED)["N* 10x"] < 0.995 * closed


def test_bad_runs_are_one_sided_and_small_runs_are_noisier():
    rng = np.random.default_rng(0)
    bad = simulate.bad_runs(0.003)(rng, np.full(100_000, 1e20))
    assert np.mean(bad > 0.02) == pytest.approx(0.05 * 0.51, rel=0.1)  # |N(0, .03)| and noise above .02
    assert np.mean(bad < -0.02) < 1e-4
    small, large = (simulate.small_runs_noisier(0.003)(rng, np.full(100_000, c)).std() for c in (1e18, 1e21))
    assert small / large == pytest.approx(1000**0.2, rel=0.02)


def test_an_interval_counts_where_it_holds_the_truth_and_a_refusal_counts_as_a_miss():
    measured = cells.Measured(sets=4)
    for ends in ((0.0, 2.0), (0.0, 0.5), (1.0, 1.5)):  # the fourth data set was refused
        measured.add("any", "E", 1.0, ends)
    assert measured.summary()["any"]["E"] == [0.5, 0.5]


def test_going_on_gives_what_one_call_gives(tmp_path):
    cell = only(RIGHT["20 runs, sd .003"], "sandwich")
    once = cells.measure(cell, 5, seed=3).summary()
    cells.kept(cell, 2, 3, tmp_path)
    assert cells.kept(cell, 5, 3, tmp_path) == once
    assert cells.measure(cell, 5, seed=4).summary() != once


def test_intervals_hold_the_truth_as_often_as_they_say_in_a_plain_case():
    # 60 sets: 57 expected of each target; fewer than 51 has probability 2e-3
    found = cells.measure(only(RIGHT["20 runs, sd .003"], "sandwich"), 60, seed=0).summary()
    assert all(share > 50.5 / 60 for share in held(found, "sandwich").values())
    assert 0.9 < np.mean([found["sandwich"][name][0] for name in tables.NEW]) < 0.99


@pytest.mark.slow
def test_checkpoints_taken_for_runs_are_caught():
    # negative control: the benchmark must show that intervals over points hold too little
    cell = only(CURVES["12 runs x 5"], "sandwich")
    found = cells.measure(cell, 40, seed=0).summary()
    assert min(held(found, "sandwich").values()) >= 34 / 40
    assert max(held(found, "sandwich over points").values()) <= 34 / 40
    assert np.mean(list(held(found, "sandwich over points").values())) < 0.8


def test_a_wrong_law_is_caught():
    world = simulate.INTERACTING
    noise = simulate.NOISES["sd .003"]
    cell = cells.Cell("wrong", lambda rng: simulate.runs(60, noise, rng, world), noise, world, ("sandwich",))
    found = cells.measure(cell, 15, seed=0).summary()
    assert held(found, "sandwich")["loss 100x"] < 0.3
    assert found["sandwich"]["run 100x"][0] < 0.6


def test_tables_stand_between_their_marks_and_the_rest_of_the_page_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"before\n{bench.BEGIN}\nold\n{bench.END}\nafter\n")
    bench.write(page, "| new |")
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n") and "| new |" in text and "old" not in text
    page.write_text("no marks")
    with pytest.raises(SystemExit, match="no place for the tables"):
        bench.write(page, "| new |")


def test_the_page_shows_the_default_interval_within_its_bounds():
    text = (ROOT / "docs" / "coverage.md").read_text()
    row = re.search(rf"^\| {bench.DEFAULT} \| (0\.\d+) \| (0\.\d+) \|", text, re.M)
    assert 0.94 <= float(row[1]) <= 0.965 and float(row[2]) >= 0.90
    control = re.search(r"^\| model \| (0\.\d+) \| (0\.\d+) \|", text, re.M)
    assert float(control[2]) < 0.90


def test_bands_with_the_error_of_the_form_hold_the_larger_real_runs_and_tukey_shrugs_off_the_wild_ones():
    path = bench.real.table()
    if not path.exists():
        pytest.skip(f"{path.name} is not on this machine (SCALINGLAWS_DATA)")
    for cut in bench.real.CUTS:
        found = bench.real.held_out(path, cut)
        assert found.plain < 0.8 and found.whole >= 0.9, cut
    assert max(bench.real.moved_by_wild(path, "tukey").values()) < 1
    assert bench.real.moved_by_wild(path, "huber")["beta"] > 3


@pytest.mark.slow
def test_the_default_interval_meets_its_bounds_in_every_cell():
    found = [cells.measure(only(cell, bench.DEFAULT), 400, seed=0).summary() for cell in RIGHT.values()]
    shares = np.array([list(held(one, bench.DEFAULT).values()) for one in found])
    assert 0.94 <= shares.mean() <= 0.965
    assert shares.min() >= 0.90
    curves = [cells.measure(only(cell, bench.DEFAULT), 400, seed=0).summary() for cell in CURVES.values()]
    assert min(min(held(one, bench.DEFAULT).values()) for one in curves) >= 0.91
    assert np.mean([list(held(one, f"{bench.DEFAULT} over points").values()) for one in curves]) <= 0.75


def test_a_missing_term_is_asked_for_nothing_and_an_open_interval_is_counted_as_such():
    design = next(one for one in hard.DESIGNS if not one.truth["A"])
    assert not {"alpha", "a", "N* 10x"} & set(hard.truths(design)) and "beta" in hard.truths(design)
    counted = hard.Counted({"E": 3, "beta": 4}, {"E": 0, "beta": 1}, converged=2)
    row = hard.table({"cell": counted}, 4).splitlines()[-1]
    assert row.startswith("| cell | 0.75 | - | 1.00 (0.25) |") and row.endswith("| 0.50 | 0 | 0 |")


@pytest.mark.slow
@pytest.mark.parametrize("design", hard.DESIGNS, ids=lambda one: one.name)
def test_intervals_hold_where_runs_say_little(design):
    # 12 sets: of 95% fewer than 9 hold with probability 2e-3
    counted = hard.measure(design, 12, seed=1, resamples=150)
    assert min(counted.held.values()) >= 9 and counted.still == 0
