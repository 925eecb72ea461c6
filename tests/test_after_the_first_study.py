"""What the page of clusters says to type after the first study, typed as it stands there, in an empty folder."""

import csv
import sys

import pytest
from cli_made import spoken
from test_own_trainer import SCRIPT

from scalinglaws.store.store import open_store

pytestmark = pytest.mark.slow  # seven studies of a trainer that takes a tenth of a second
FAULT = "if (out / '../../../../broken').resolve().exists() and run['seed'] == 1: raise ValueError('no such seed')"
STUDY = """trainer = "{python} train.py {{run_file}}"
n_vocab = 256
n_ctx = 32
batch = 8
warmup_share = 0.1
draws = 50
shapes = {shapes}
tokens = {tokens}
seeds = {seeds}
"""
FIRST = {"shapes": "[[1, 8], [1, 12], [2, 16], [2, 24]]", "tokens": "[1e5, 2e5]", "seeds": 1}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A folder with a trainer and a study, in which commands are typed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT.replace("FAULT", FAULT))
    return tmp_path


def typed(place, line, code=0, **changes):
    """Write the study file, type a command, and give what it said."""
    (place / "my.toml").write_text(STUDY.format(python=sys.executable, **FIRST | changes))
    ended, out, err = spoken(*line.removeprefix("scalinglaws ").split())
    assert ended == code, err
    return " ".join((out + err).split())


def complete(folder):
    return {path.parent.name: path.stat().st_mtime_ns for path in folder.glob("runs/*/run.json")}


def test_each_command_of_the_table_trains_only_what_is_missing(place):
    study, folder, sizes = "scalinglaws study my.toml --to DIR", place / "DIR", FIRST["shapes"][:-1]
    typed(place, study)
    had = [complete(folder)]
    for changes in (
        {"shapes": f"{sizes}, [2, 32]]"},
        {"shapes": f"{sizes}, [2, 32]]", "tokens": "[1e5, 2e5, 4e5]"},
        {"shapes": f"{sizes}, [2, 32]]", "tokens": "[1e5, 2e5, 4e5]", "seeds": 2},
    ):
        (place / "broken").touch()
        said = typed(place, study, code=int("seeds" in changes), **changes)
        now = complete(folder)
        assert {run_id: now[run_id] for run_id in had[-1]} == had[-1]
        had.append(now)
    assert [len(now) for now in had] == [8, 10, 15, 15]
    assert "a bug: it ended with exit code 1" in said and said.count("ValueError: no such seed") == 1

    (place / "broken").unlink()
    typed(place, study, **changes)
    assert len(complete(folder)) == 30 and {run_id: complete(folder)[run_id] for run_id in had[-1]} == had[-1]

    one = next(spec.id for spec in (run.spec for run in open_store(folder).runs()) if spec.seed == 1)
    typed(place, f"scalinglaws exclude DIR {one} --because a_node_with_a_broken_GPU", **changes)
    typed(place, study, **changes)
    typed(place, "scalinglaws points DIR --to points.csv", **changes)
    with open(place / "points.csv", newline="") as file:
        left = {row["run_id"]: row["excluded_because"] for row in csv.DictReader(file)}
    assert left[one] == "left out by hand: a_node_with_a_broken_GPU" and len(left) == 30
    assert "a_node_with_a_broken_GPU" in (folder / "report" / "index.html").read_text()


def test_what_two_machines_trained_is_merged_and_nothing_is_trained_again(place):
    typed(place, "scalinglaws study my.toml --to here")
    typed(place, "scalinglaws study my.toml --to there", shapes="[[1, 8], [1, 12], [2, 16], [2, 32]]")
    before = {name: complete(place / name) for name in ("here", "there")}
    said = typed(place, "scalinglaws merge here there --to both")
    assert "10 runs" in said, said
    both = complete(place / "both")
    typed(place, "scalinglaws study my.toml --to both", shapes=FIRST["shapes"][:-1] + ", [2, 32]]")
    assert complete(place / "both") == both and len(both) == 10
    assert {name: complete(place / name) for name in before} == before
