"""Tables with several rows a run on the command line: which rows stand for a run, and why the others do not."""

import json

import numpy as np
import pytest
from cli_made import grid, loss, spoken, written


def found(*words):
    """Run a command with --json and read its one document."""
    code, out, err = spoken(*words, "--json")
    assert code == 0, err
    return json.loads(out)


def checkpoints() -> list[dict]:
    """Cosine runs of a known law with ten rows each; all but the last lie above the law, as their rate had to fall."""
    rows = []
    for row in grid(tokens=np.geomspace(1e10, 1e12, 3)):
        for share in np.linspace(0.1, 1.0, 10):
            tokens = share * row["tokens"]
            higher = loss(row["params_total"], tokens) * 1.03
            more = {"tokens": tokens, "loss": row["loss"] if share == 1 else higher, "schedule": "cosine"}
            rows.append({**row, **more})
    return rows


def test_checkpoints_that_stand_for_no_run_are_left_out_with_their_reasons(tmp_path):
    table = written(tmp_path / "curves.csv", checkpoints())
    quick = ("--no-backtest", "--draws", "60")
    ends = found("fit", "chinchilla", table, "--checkpoints", "final", *quick)
    assert (ends["n"], ends["runs"]) == (24, 24)
    assert list(ends["excluded"].values()) == [216] and "before the end of its schedule" in next(iter(ends["excluded"]))
    every = found("fit", "chinchilla", table, "--checkpoints", "all", "--burn-in", "0.25", *quick)
    assert (every["n"], every["runs"]) == (192, 24) and "first 25%" in next(iter(every["excluded"]))
    for end in ("low", "high"):
        assert ends["interval"][end]["alpha"] != every["interval"][end]["alpha"]
    answer = found("import", table, "--checkpoints", "final", "--to", tmp_path / "kept.csv")
    assert (answer["points"], answer["excluded"]) == (240, 216)
    kept = found("fit", "chinchilla", tmp_path / "kept.csv", *quick)
    assert (kept["n"], kept["values"]) == (24, ends["values"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--burn-in", "0.1"], "needs --checkpoints"),
        (["--checkpoints", "last"], "final, decayed, all"),
        (["--checkpoints", "all", "--burn-in", "soon"], "not a number"),
        (["--checkpoints", "all", "--burn-in", "2"], "below 1"),
    ],
)
def test_a_choice_of_checkpoints_that_is_none_is_refused(tmp_path, words, message):
    table = written(tmp_path / "curves.csv", checkpoints())
    code, out, err = spoken("fit", "chinchilla", table, *words)
    assert code == 2 and out == "" and message in err
