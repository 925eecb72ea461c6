"""A run that a person leaves out is in no fit, is named with its reason wherever it counts, and may come back."""

import csv
import io
import shutil
from dataclasses import replace

import pytest
from cli_made import spoken
from store_made import STUDY, small_text, store_with, sweep_of

from scalinglaws.corpora.token_files import open_data
from scalinglaws.designing.design import read_sweep
from scalinglaws.errors import FailureError, MisuseError, NameUnknownError
from scalinglaws.records.json_values import read_json
from scalinglaws.run.run import FINISHED
from scalinglaws.store.lock import LOCK, TRAINING, held
from scalinglaws.store.store import open_store
from scalinglaws.studying.excluded_runs import exclude, without_excluded
from scalinglaws.studying.taking_part import notes_on, taking_no_part

WHY = "a node with a broken GPU"


TWO = replace(STUDY, shapes=((1, 4), (1, 8)), hold_out=1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    place = tmp_path_factory.mktemp("trained")
    store = store_with(place / "s", small_text(place / "data"), TWO)
    for run in store.runs():  # so short that they learn too little
        store.keep(replace(run, outcome=FINISHED, sentence=FINISHED))
    return store


@pytest.fixture
def store(tmp_path, trained):
    shutil.copytree(trained.path, tmp_path / "s")
    return open_store(tmp_path / "s")


def designed(store):
    """The sweep as a study lays it out again, without what was left out."""
    data = open_data(store.data, next(path.name for path in store.data.glob("*") if path.is_dir()))
    return without_excluded(sweep_of(TWO, data), store)


def rows(store):
    _, out, err = spoken("points", store.path)
    return {row["run_id"]: row["excluded_because"] for row in csv.DictReader(io.StringIO(out))}, err


def test_a_run_is_left_out_with_its_reason_and_comes_back(store):
    ends = [spec.id for spec in read_sweep(store.path).runs if not spec.is_trunk]
    code, said, _ = spoken("exclude", store.path, ends[0], "--because", WHY)
    assert code == 0 and "1 run left out of" in said and f"{ends[0]}: {WHY} (since 20" in said
    reason = f"left out by hand: {WHY}"
    assert designed(store) == read_sweep(store.path)
    assert rows(store)[0] == {ends[0]: reason} | {run_id: rows(store)[0][run_id] for run_id in ends[1:]}
    runs = store.runs_of(designed(store).runs)
    out = taking_no_part(runs, designed(store).left_out, set(designed(store).held_out))
    assert f"1 run left out of every fit by hand: {ends[0]}, {WHY}." in notes_on(runs, out)
    assert reason in " ".join(spoken("status", store.path)[1].split())
    assert spoken("exclude", store.path, ends[0], "--undo")[0] == 0
    assert reason not in rows(store)[0].values() and WHY not in spoken("status", store.path)[1]
    assert read_json(store.path / "excluded.json") == {}


def test_a_held_out_run_that_is_left_out_tests_nothing(store):
    (held_out,) = read_sweep(store.path).held_out
    exclude(store.path, [held_out], WHY)
    assert designed(store).held_out == () and rows(store)[0][held_out] == f"left out by hand: {WHY}"


def test_a_run_that_is_not_complete_is_not_trained_and_neither_is_a_trunk_without_branches(store):
    trunk, *branches = next(chain for chain in read_sweep(store.path).chains if len(chain) == 3)
    for spec in branches:
        (store.folder(spec.id) / "run.json").unlink()
    exclude(store.path, [spec.id for spec in branches], WHY)
    there = {spec.id for spec in designed(store).runs}
    assert there and not there & {trunk.id, *(spec.id for spec in branches)}
    runs = store.runs_of(designed(store).runs)
    assert "2 runs left out of every fit by hand" in notes_on(runs, taking_no_part(runs, designed(store).left_out))[-1]


def test_what_cannot_be_left_out_is_refused_in_words(store):
    trunk, branch, *_ = read_sweep(store.path).runs
    code, _, err = spoken("exclude", store.path, branch.id)
    assert code == 2 and f"--because '{WHY}'" in err
    assert spoken("exclude", store.path, branch.id, "--because", WHY)[0] == 0
    assert spoken("exclude", store.path, branch.id, "--undo")[0] == 0
    with pytest.raises(NameUnknownError, match="is no run with an end"):
        exclude(store.path, [trunk.id], WHY)
    with pytest.raises(NameUnknownError, match="Did you mean"):
        exclude(store.path, [branch.id[:-1] + "z"], WHY)
    with pytest.raises(NameUnknownError, match="is not left out"):
        exclude(store.path, [branch.id], undo=True)
    assert spoken("exclude", store.path, branch.id, "--because", " ")[0] == 2
    with held(store.path / LOCK, TRAINING), pytest.raises(FailureError, match="already training"):
        exclude(store.path, [branch.id], WHY)
    (store.path / "families.json").write_text("{}")
    with pytest.raises(MisuseError, match="set of families"):
        exclude(store.path, [branch.id], WHY)
    assert read_json(store.path / "excluded.json") == {}
