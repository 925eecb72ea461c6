"""Several laws at once on the command line: weighed by the larger runs they foretold, or compared."""

import json

import numpy as np
import pytest
from cli_made import grid, spoken, written


@pytest.fixture
def table(tmp_path):
    """Runs of a known law as a file."""
    return written(tmp_path / "points.csv", grid(np.geomspace(1e7, 1e10, 6), np.geomspace(1e9, 1e12, 4)))


def found(*words):
    """Run a command with --json and read its one document."""
    code, out, err = spoken(*words, "--json")
    assert code == 0, err
    return json.loads(out)


@pytest.mark.slow
def test_a_prediction_by_several_laws_weighs_them_as_they_foretold_larger_runs(table):
    words = ("predict", "chinchilla,kaplan-nd", table, "--at", "N=1e11,D=1e13", "--draws", 100)
    mixed, alike = found(*words), found(*words, "--mix", "equal")
    alone = found("predict", "chinchilla", table, "--at", "N=1e11,D=1e13", "--draws", 100)
    assert mixed["mix"] == "stacking" and mixed["weights"]["chinchilla"] > 0.9
    assert mixed["value"] == pytest.approx(alone["value"], rel=0.01)
    assert mixed["held_out_rms"]["chinchilla"] < mixed["held_out_rms"]["kaplan-nd"]
    assert alike["weights"] == {"chinchilla": 0.5, "kaplan-nd": 0.5}
    assert alike["high"] - alike["low"] > 1.3 * (alone["high"] - alone["low"])
    code, out, _ = spoken(*words, "--mix", "backtest")
    assert code == 0 and "mixture of chinchilla" in out and "held-out larger runs" in out


def test_laws_count_alike_where_no_larger_run_can_be_held_out(tmp_path):
    few = written(tmp_path / "few.csv", grid(np.geomspace(1e7, 1e9, 3), np.geomspace(1e9, 1e11, 3)))
    words = ("predict", "chinchilla,kaplan-nd", few, "--at", "N=1e10,D=1e12", "--draws", 50)
    code, out, err = spoken(*words)
    assert code == 0 and "chinchilla 50%" in out and "the laws have equal weights" in err
    assert spoken(*words, "--mix", "stacking")[0] != 0
    code, _, err = spoken("predict", "chinchilla", few, "--at", "N=1e10,D=1e12", "--mix", "equal")
    assert code == 2 and "is for several laws" in err


@pytest.mark.slow
def test_compare_takes_the_options_of_a_fit(table):
    free, held = (
        found("compare", table, "--laws", "chinchilla,kaplan-nd", "--draws", 20, *words)
        for words in ((), ("--fix", "E=1.7", "--bounds", "alpha=0.3:0.4", "--loss", "ls-log"))
    )
    score = {law["law"]: law["score"] for law in free["laws"]}
    for law in held["laws"]:
        assert law["score"] != score[law["law"]]
    code, _, err = spoken("compare", table, "--laws", "chinchilla,kaplan-nd", "--fix", "EE=1")
    assert code == 2 and "Did you mean 'E'" in err
