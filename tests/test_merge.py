"""The stores of several machines become one: each run once, whatever differs named, nothing written by halves."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from cli_made import spoken
from store_made import STUDY, extend, numbers, small_text, store_with

import scalinglaws as sl
from scalinglaws.designing.design import read_sweep
from scalinglaws.errors import FailureError, MisuseError, StoreError
from scalinglaws.records.json_values import read_json, write_sealed
from scalinglaws.store.lock import LOCK, TRAINING, held
from scalinglaws.store.store import FailedRun, open_store
from scalinglaws.studying.excluded_runs import exclude as sl_exclude
from scalinglaws.studying.excluded_runs import excluded
from scalinglaws.studying.merged_chains import step_of
from scalinglaws.studying.same_numbers import differing
from scalinglaws.training.interrupted import Interrupted
from scalinglaws.training.worker import work

MORE = replace(STUDY, shapes=((1, 4), (1, 8)))
LONG = replace(STUDY, tokens=(1e3, 2e3, 4e3))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return small_text(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, data):
    """Three stores: one study, another with a size more, and the first with a longer horizon."""
    place = tmp_path_factory.mktemp("trained")
    return {name: store_with(place / name, data, study) for name, study in (("a", STUDY), ("b", MORE), ("long", LONG))}


@pytest.fixture
def two(tmp_path, trained):
    """Copies of the first two, which a test may spoil."""
    for name in ("a", "b"):
        shutil.copytree(trained[name].path, tmp_path / name)
    return tmp_path / "a", tmp_path / "b"


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def spoilt(store, run_id, by=0.01):
    """Write another result of a run, as another machine might have measured it."""
    path = store.folder(run_id) / "run.json"
    run = read_json(path)
    del run["digest"]
    run["curve"][-1]["loss_nats"] += by
    run["provenance"]["machine"] = "other"
    write_sealed(path, run)


def test_two_studies_become_one_with_each_run_once_and_the_others_stay_as_they_are(tmp_path, two, data):
    before = [contents(folder) for folder in two]
    found = sl.merge(two, tmp_path / "c")
    assert [{k: v for k, v in contents(f).items() if k != LOCK} for f in two] == before
    merged = open_store(tmp_path / "c")
    assert numbers(merged, MORE) == numbers(open_store(two[1]), MORE)
    assert (found.runs, found.same, found.unfinished, found.texts) == (6, 3, 0, 1)
    assert extend(merged, MORE) == set()  # nothing is left to train
    assert sl.Merged.from_json(found.to_json()) == found
    assert not list(tmp_path.glob(".*"))
    code, said, err = spoken("points", tmp_path / "c")
    assert code == 0 and len(said.splitlines()) == 1 + 4, err


def test_a_trunk_that_one_store_trained_further_is_the_longer_one_and_another_horizon_trains_its_own_steps(
    tmp_path, two, trained
):
    first = numbers(trained["long"], LONG)
    sl.merge([two[0], trained["long"].path, two[1]], tmp_path / "c")
    merged = open_store(tmp_path / "c")
    ends = {run.spec.id for run in trained["b"].runs() if not run.spec.is_trunk}
    there, other = numbers(merged, MORE), numbers(trained["b"], MORE)
    assert numbers(merged, LONG) == first and len(ends) == 4
    assert {run_id: there[run_id] for run_id in ends} == {run_id: other[run_id] for run_id in ends}
    both = replace(LONG, shapes=MORE.shapes)
    lacking = extend(merged, both)
    assert lacking and not lacking & {run_id for run_id in first if "d4-" in run_id}


def test_results_that_differ_are_named_and_stop_the_merge(tmp_path, two):
    store = open_store(two[1])
    run_id = next(run.spec.id for run in store.runs() if run.spec.parent and "d4-" in run.spec.id)
    spoilt(store, run_id)
    with pytest.raises(FailureError, match="1 run of one id with different results; nothing was written") as told:
        sl.merge(two, tmp_path / "c")
    assert run_id in str(told.value) and "machine other" in str(told.value)
    assert not (tmp_path / "c").exists() and not list(tmp_path.glob(".*"))
    code, _, err = spoken("merge", *two, "--to", tmp_path / "c")
    assert code == 1 and f"--take {two[0]}" in " ".join(err.split()).replace("'", "")
    code, said, _ = spoken("merge", *two, "--to", tmp_path / "c", "--take", two[0])
    assert code == 0 and run_id in said
    merged = open_store(tmp_path / "c")
    assert merged.run(merged.spec(run_id)) == open_store(two[0]).run(merged.spec(run_id))


def test_branches_go_with_the_trunk_whose_state_they_started_from(tmp_path, trained):
    shutil.copytree(trained["a"].path, tmp_path / "a")
    shutil.copytree(trained["long"].path, tmp_path / "long")
    store = open_store(tmp_path / "long")
    spoilt(store, next(run.spec.id for run in store.runs() if run.spec.is_trunk), by=0.0)
    trunk = next(run for run in store.runs() if run.spec.is_trunk)
    same = {e.step for e in trunk.curve} & {
        e.step for run in trained["a"].runs() if run.spec.is_trunk for e in run.curve
    }
    path = store.folder(trunk.spec.id) / "run.json"
    plain = read_json(path)
    del plain["digest"]
    for evaluation in plain["curve"]:
        evaluation["loss_nats"] += 0.01 * (evaluation["step"] in same)
    write_sealed(path, plain)
    assert same
    found = sl.merge([tmp_path / "a", tmp_path / "long"], tmp_path / "c", take=tmp_path / "a")
    assert sum("is left out: its chain differs" in note for note in found.notes) == 1
    assert numbers(open_store(tmp_path / "c"), STUDY) == numbers(trained["a"], STUDY)
    assert found.runs == 3
    extend(open_store(tmp_path / "c"), LONG)  # the horizon that was left out is trained from the trunk that was taken
    assert numbers(open_store(tmp_path / "c"), LONG) == numbers(trained["long"], LONG)


def stopped_after(store, spec, seconds):
    """Train a run until `stop` was asked so many times, and keep its state there."""
    asked = []

    def stop():
        asked.append(1)
        return len(asked) > seconds

    with pytest.raises(Interrupted):
        work(store, [spec.id], stop=stop)


def unfinished(folder, data, turns):
    """A store with one run, which was stopped after some looks at whether it is to stop."""
    store = store_with(folder, data, replace(STUDY, tokens=(1e3,)))
    (spec,) = read_sweep(folder).runs
    (store.folder(spec.id) / "run.json").unlink()
    stopped_after(store, spec, turns)
    return store, spec, store.folder(spec.id) / "checkpoint.safetensors"


def test_of_two_runs_that_are_not_complete_the_further_is_taken_and_a_complete_one_before_both(
    tmp_path, data, monkeypatch
):
    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    stores, states = [], []
    for name, turns in (("near", 1), ("far", 3)):
        store, spec, state = unfinished(tmp_path / name, data, turns)
        store.note_failure(FailedRun(spec.id, "a bug", "it failed.", str(store.folder(spec.id) / "log.txt"), "line"))
        stores.append(store)
        states.append(state)
    assert 0 < step_of(states[0]) < step_of(states[1]) < spec.steps
    found = sl.merge([store.path for store in stores], tmp_path / "c")
    merged = open_store(tmp_path / "c")
    assert (merged.folder(spec.id) / "checkpoint.safetensors").read_bytes() == states[1].read_bytes()
    assert (found.runs, found.unfinished) == (0, 1)
    assert merged.failure(spec.id).log == str((tmp_path / "c" / "runs" / spec.id / "log.txt").resolve())
    whole = store_with(tmp_path / "whole", data, replace(STUDY, tokens=(1e3,)))
    sl.merge([*(store.path for store in stores), whole.path], tmp_path / "d")
    left = {path.name for path in open_store(tmp_path / "d").folder(spec.id).glob("*")}
    assert "run.json" in left and not left & {"checkpoint.safetensors", "failure.json", "progress.json", "lock"}
    work(merged, [spec.id])
    assert differing(merged.run(spec), whole.run(spec)) == ""
    states[1].write_bytes(b"half")  # what cannot be read is no state
    sl.merge([store.path for store in stores], tmp_path / "e")
    kept = open_store(tmp_path / "e").folder(spec.id) / "checkpoint.safetensors"
    assert kept.read_bytes() == states[0].read_bytes()


def test_a_damaged_result_or_text_is_taken_from_where_it_is_whole_and_refused_where_it_is_nowhere(tmp_path, two):
    run_id = next(run.spec.id for run in open_store(two[0]).runs() if run.spec.parent)
    path = two[0] / "runs" / run_id / "run.json"
    path.write_text(path.read_text().replace('"loss_nats": 3', '"loss_nats": 2', 1))
    text = next(two[0].glob("data/*/train.bin"))
    text.write_bytes(text.read_bytes()[:-2])
    found = sl.merge(two, tmp_path / "c")
    assert [note for note in found.notes if "is damaged" in note and run_id in note]
    assert numbers(open_store(tmp_path / "c"), MORE) == numbers(open_store(two[1]), MORE)
    other = two[1] / "runs" / run_id / "run.json"
    other.write_bytes(path.read_bytes())
    with pytest.raises(StoreError, match=r"not what was written there.*Delete the folder"):
        sl.merge(two, tmp_path / "d")
    shutil.rmtree(other.parent)
    shutil.rmtree(path.parent)
    text = next(two[1].glob("data/*/train.bin"))
    text.write_bytes(text.read_bytes()[:-2])
    with pytest.raises(StoreError, match=r"train.bin"):
        sl.merge(two, tmp_path / "d")
    assert not (tmp_path / "d").exists() and not list(tmp_path.glob(".*"))


def test_folders_that_cannot_be_merged_are_refused_before_anything_is_written(tmp_path, two, data):
    a, b = two
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("mine")
    for stores, to, said in (
        ([a], "c", "give two or more"),
        ([a, b, tmp_path / "." / "a"], "c", "given twice"),
        ([a, tmp_path / "full"], "c", "is not a store"),
        ([a, tmp_path / "nowhere"], "c", "is not a store"),
        ([a, b], "full", "exists. Name a new folder"),
        ([a, b], "full/notes", "exists. Name a new folder"),
        ([a, b], "a", "exists. Name a new folder"),
        ([a, b], "a/c", "is in a folder that is merged"),
    ):
        with pytest.raises(MisuseError, match=said):
            sl.merge(stores, tmp_path / to)
    code, _, err = spoken("merge", a, b, "--to", tmp_path / "c", "--take", tmp_path / "full")
    assert code == 2 and f"is none of the folders that are merged. Name one: --take {a} or --take {b}." in err
    assert spoken("merge", a, b, "--to", tmp_path / "d", "--take", a)[0] == 0
    spec = next((a / "runs").glob("*/spec.json"))
    spec.write_text(spec.read_text().replace('"seed": 0', '"seed": 7'))
    with pytest.raises(StoreError, match="is that of another run"):
        sl.merge([a, b], tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_folder_in_which_something_trains_is_refused(tmp_path, two):
    for lock in (two[0] / LOCK, next((two[1] / "runs").glob("*")) / "lock"):
        code = (
            f"import fcntl, time; f = open({str(lock)!r}, 'a'); fcntl.flock(f, 2); print(1, flush=True); time.sleep(60)"
        )
        holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        holder.stdout.readline()
        with pytest.raises(FailureError, match="Wait for it, or end it"):
            sl.merge(two, tmp_path / "c")
        holder.kill()
        holder.wait()
        holder.stdout.close()
    assert not (tmp_path / "c").exists()


def test_a_disk_that_fills_up_leaves_nothing(tmp_path, two, monkeypatch):
    def full(*words, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scalinglaws.studying.merge.shutil.copytree", full)
    with pytest.raises(StoreError, match=r"No space left on device\. Free some space"):
        sl.merge(two, tmp_path / "c")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_of_two_predictions_the_first_is_kept_and_held_out_runs_stay_so(tmp_path, two):
    for folder, at in zip(two, ("2026-01-02", "2026-01-01"), strict=True):
        (folder / "prediction.json").write_text(json.dumps({"predicted_at": at}))
        (folder / "ledger.jsonl").write_text(f"{at}\n")
    sweep = read_json(two[1] / "sweep.json")
    sweep["held_out"] = [sweep["runs"][-1]["parent"], *sweep["held_out"]]
    (two[1] / "sweep.json").write_text(json.dumps(sweep))
    found = sl.merge(two, tmp_path / "c")
    assert read_json(tmp_path / "c" / "prediction.json")["predicted_at"] == "2026-01-01"
    assert read_json(tmp_path / "c" / "sweep.json")["held_out"] == sweep["held_out"]
    assert {"prediction.json", "ledger-2.jsonl"} <= {note.split()[0] for note in found.notes}


def test_a_store_that_cannot_be_written_is_merged_from(tmp_path, two):
    with held(tmp_path / "x", TRAINING):
        pass
    two[0].chmod(0o555)
    try:
        assert sl.merge(two, tmp_path / "c").runs == 6
    finally:
        two[0].chmod(0o755)


def test_what_one_folder_leaves_out_by_hand_stays_out(tmp_path, two, trained):
    gone = next(spec.id for spec in read_sweep(two[1]).runs if not spec.is_trunk)
    sl_exclude(two[1], [gone], "a node with a broken GPU")
    (two[0] / "launches.json").write_text("7.0")
    found = sl.merge(two, tmp_path / "both")
    assert any(f"left out by hand in one of the folders, and here too. {gone}: a node" in note for note in found.notes)
    assert read_sweep(tmp_path / "both").left_out[gone].endswith("a node with a broken GPU")
    assert [one.because for one in excluded(tmp_path / "both").values()] == ["a node with a broken GPU"]
    assert (tmp_path / "both" / "launches.json").read_text() == "7.0"
