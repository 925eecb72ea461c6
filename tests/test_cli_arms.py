"""The verb that compares arms, on made tables whose multiplier and differing parameter are known."""

import json

import numpy as np
import pytest
from arms_made import arms
from cli_made import law_text, spoken

from scalinglaws.points.writing import write_points


@pytest.fixture
def table(tmp_path):
    """Two arms; the second needs twice the compute for every loss."""
    write_points(arms(multiplier=2.0), tmp_path / "points.csv")
    return tmp_path / "points.csv"


def found(*words):
    """Run `arms` with --json and read its one document."""
    code, out, err = spoken("arms", *words, "--draws", 300, "--json")
    assert code == 0, err
    return json.loads(out)


PLACES = {
    "by itself": (),
    "flops": ("--flops", "1e20"),
    "loss": ("--at-loss", "2.6"),
    "ray": ("--at", "N=5e8,D=1e10"),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_planted_multiplier_lies_in_the_interval(table, place):
    [worth] = found(table, "--share", "alpha,beta", *PLACES[place])["multipliers"]
    assert worth["low"] < 2.0 < worth["high"] < 1.3 * worth["low"]
    assert (worth["arm"], worth["reference"]) == ("other", "base")
    assert worth["flops_arm"] == pytest.approx(worth["value"] * worth["flops"])
    assert "6 N D with N = params_total" in worth["convention"]
    assert not worth["beyond"]


def test_unless_told_where_no_arm_is_extrapolated(table):
    [worth] = found(table)["multipliers"]
    assert max(worth["reach"].values()) == pytest.approx(1.0, rel=0.02)


def test_arms_of_one_law_are_worth_the_same(tmp_path):
    write_points(arms(seed=4), tmp_path / "same.csv")
    answer = found(tmp_path / "same.csv", "--share", "alpha,beta")
    assert answer["multipliers"][0]["low"] < 1.0 < answer["multipliers"][0]["high"]
    assert min(one["p_holm"] for one in answer["differences"]) > 0.05


def test_the_parameter_that_moved_is_named(tmp_path):
    write_points(arms(E=1.9), tmp_path / "moved.csv")
    tests = {one["parameter"]: one for one in found(tmp_path / "moved.csv")["differences"]}
    assert tests["E"]["p_holm"] < 1e-3 < 0.05 < tests["alpha"]["p_holm"]
    assert tests["E"]["departures"]["other"] == pytest.approx(np.log(1.9 / 1.8172), rel=0.3)


def test_parameters_are_shared_pooled_and_freed_as_told(tmp_path):
    write_points(arms(names=("a", "b", "c"), n=20), tmp_path / "three.csv")
    told = ("--share", "alpha,beta", "--pool", "E=0.01", "--pool", "A", "--reference", "b")
    answer = found(tmp_path / "three.csv", *told)
    assert answer["treatment"] == {"E": "pooled", "A": "pooled", "B": "free", "alpha": "shared", "beta": "shared"}
    assert answer["pooled_sd"]["E"] == 0.01 and answer["pooled_sd"]["A"] > 0
    assert [one["arm"] for one in answer["multipliers"]] == ["a", "c"]
    values = [arm["values"] for arm in answer["arms"].values()]
    assert len({v["alpha"] for v in values}) == 1 and len({v["B"] for v in values}) == 3
    for arm in answer["arms"].values():
        assert all(arm["low"][name] <= arm["values"][name] <= arm["high"][name] for name in ("E", "beta"))


def test_the_page_for_a_person_says_what_differs_and_what_it_is_worth(table):
    code, out, _ = spoken("arms", table, "--fix", "E=1.8172", "--draws", 100, "--at", "N=1e9,D=2e10", "--along", "size")
    assert code == 0
    assert "shared: alpha, beta; free: E, A, B" in out
    assert "does it differ from base?" in out and "other needs" in out and "trained longer" in out
    assert "however compute is counted" in out


def test_a_law_of_one_s_own_is_fitted_to_the_arms(table, tmp_path):
    (tmp_path / "mine.py").write_text(law_text())
    [worth] = found(table, "--law", tmp_path / "mine.py", "--flops", "1e20")["multipliers"]
    assert worth["low"] < 2.0 < worth["high"]


def test_a_law_that_splits_no_budget_is_tested_without_a_multiplier(table):
    code, out, err = spoken("arms", table, "--law", "kaplan-d", "--map", "D=tokens", "--draws", 50)
    assert code == 0
    assert "does it differ" in out and "needs" not in out
    assert "no compute multiplier" in err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--share", "alfa"], "alpha"),
        (["--arm", "corpus"], "corpus"),
        (["--reference", "bsae"], "base"),
        (["--pool", "alpha=much"], "not a number"),
        (["--flops", "1e20", "--at-loss", "2.5"], "one of flops, loss"),
        (["--along", "size"], "--at N=..,D=.."),
        (["--at", "N=1e9"], "size and its tokens"),
        (["--law", "chinchilla,kaplan-nd"], "one law"),
        (["--law", "kaplan-d", "--flops", "1e20"], "multiplier needs"),
        (["--others", "none"], "as-fitted"),
        (["--where", "arm == 'base'"], "nothing to compare"),
    ],
)
def test_what_cannot_be_asked_is_one_clear_line(table, words, message):
    code, out, err = spoken("arms", table, "--draws", 50, *words)
    assert code == 2, err
    assert out == "" and message in err.strip().splitlines()[-1]
