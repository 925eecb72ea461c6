"""A run is what its numbers depend on: neither how its text is called nor which runs are trained beside it."""

import json
import shutil
from dataclasses import replace

import pytest
from store_made import STUDY, extend, numbers, small_text, store_with

from scalinglaws.corpora.token_files import open_data
from scalinglaws.designing.design import design, read_sweep
from scalinglaws.errors import NameUnknownError, StoreError
from scalinglaws.launching.launch import without_states
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.run.run import RunSpec, together
from scalinglaws.run.shape import Shape
from scalinglaws.store.store import FailedRun, new_or_kept, open_store
from scalinglaws.studying.run_tables import history, table_of

SHAPE = Shape(n_layer=1, d_model=8, n_heads=1, n_ctx=32, n_vocab=256)
BRANCH = RunSpec(SHAPE, "text:notes", "bytes", "0" * 16, 100_000, 8, 0.03, 10, parent="L1-d8-0123456789ab")


def trunk_of(*branches):
    states = tuple(sorted(branch.first_step for branch in branches))
    tokens = max(states) * branches[0].batch_tokens
    return replace(branches[0], schedule="constant", parent="", tokens=tokens, branch_at=states)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return small_text(tmp_path_factory.mktemp("data"))


@pytest.mark.parametrize("path", ["t/base", "t/base/", "./t/base", "/somewhere/t/base", "t/base/*.txt"])
def test_five_spellings_of_a_path_are_one_run(path):
    named = replace(BRANCH, corpus=f"text:{path}", foreign=((f"text:{path}", "abc"),))
    plain = replace(BRANCH, corpus="text:t", foreign=(("text:t", "abc"),))
    assert named.id == plain.id
    assert replace(named, data="1" * 16).id != plain.id
    assert replace(named, foreign=(("text:t", "abd"),)).id != plain.id


def test_a_trunk_has_the_id_of_its_steps_and_not_of_its_branches():
    later = replace(BRANCH, tokens=200_000)
    assert trunk_of(BRANCH).id == trunk_of(BRANCH, later).id == trunk_of(replace(BRANCH, decay=0.5)).id
    assert BRANCH.lineage == later.lineage == trunk_of(BRANCH).id
    assert replace(BRANCH, parent="another").id == BRANCH.id != replace(BRANCH, parent="").id
    others = [{}, {"lr": 0.02}, {"warmup": 9}, {"seed": 1}]
    assert len({trunk_of(replace(BRANCH, **change)).id for change in others}) == len(others)


def test_a_trunk_asked_for_twice_goes_as_far_as_either_asks():
    later = replace(BRANCH, tokens=200_000)
    (found,) = together([trunk_of(BRANCH), trunk_of(later)])
    assert found == trunk_of(BRANCH, later)


def test_one_horizon_more_pays_its_own_steps_and_gives_what_a_study_of_all_of_them_gives(tmp_path, text):
    longer = replace(STUDY, tokens=(1e3, 2e3, 4e3))
    store = store_with(tmp_path / "extended", text, STUDY)
    before = {path: path.read_bytes() for path in store.path.glob("runs/*/run.json")}
    trained = extend(store, longer)
    assert len(trained) == 2  # the trunk goes on, one branch is new
    untouched = [path for path, content in before.items() if path.read_bytes() == content]
    assert len(untouched) == 2
    at_once = store_with(tmp_path / "at-once", text, longer)
    assert numbers(store, longer) == numbers(at_once, longer)
    assert extend(store, STUDY) == set()


def test_a_horizon_between_two_and_a_lost_branch_are_trained_to_the_bit(tmp_path, text):
    between = replace(STUDY, tokens=(1e3, 1.5e3, 2e3))
    store, at_once = store_with(tmp_path / "a", text, STUDY), store_with(tmp_path / "b", text, between)
    shutil.rmtree(store.folder(next(run.spec.id for run in store.runs() if run.spec.parent)))
    assert len(extend(store, between)) == 2
    assert numbers(store, between) == numbers(at_once, between)


def test_a_trunk_whose_states_are_gone_is_trained_again_to_the_bit(tmp_path, text):
    longer = replace(STUDY, tokens=(1e3, 2e3, 4e3))
    store, at_once = store_with(tmp_path / "a", text, STUDY), store_with(tmp_path / "b", text, longer)
    sweep = design(longer, text.vocabulary, text.data_id, len(text.split("train")))
    assert without_states(sweep, store) == ""
    for state in store.path.glob("runs/*/state-*.safetensors"):
        state.unlink()
    assert "1 trunks were trained before, but their saved states are gone" in without_states(sweep, store)
    extend(store, longer)
    assert without_states(sweep, store) == ""
    assert numbers(store, longer) == numbers(at_once, longer)


def as_written_before(store):
    """Make a store as the first version wrote it: folders and ids of every field."""
    now = {path.parent.name: json.loads(path.read_text()) for path in store.path.glob("runs/*/spec.json")}
    sweep = read_sweep(store.path)
    parents = {spec.id: spec.first_id for spec in sweep.runs if spec.is_trunk}
    specs = [replace(spec, parent=parents[spec.parent]) if spec.parent else spec for spec in sweep.runs]
    for new in specs:
        folder = store.path / "runs" / new.id
        record = json.loads((folder / "run.json").read_text()) | {"spec": to_plain(new)}
        write_json(folder / "run.json", {name: value for name, value in record.items() if name != "digest"})
        write_json(folder / "spec.json", to_plain(new))
        folder.rename(folder.with_name(new.first_id))
    held = tuple(spec.first_id for spec in specs if spec.id in sweep.held_out)
    write_json(store.path / "sweep.json", to_plain(replace(sweep, runs=tuple(specs), held_out=held)))
    write_json(store.path / "store.json", {"version": 1})
    assert len(now) == len(specs)


def test_a_store_of_the_first_version_opens_and_lacks_nothing(tmp_path, text):
    study = replace(STUDY, shapes=((1, 4), (1, 8)), hold_out=1, hold_out_seeds=1)
    store = store_with(tmp_path / "old", text, study)
    rows = table_of(store, read_sweep(store.path)).columns
    as_written_before(store)
    store = open_store(store.path)
    assert not list(store.path.glob(f"runs/{BRANCH.lineage}"))
    found = table_of(store, read_sweep(store.path)).columns
    assert {name: list(map(str, found[name])) for name in found} == {name: list(map(str, rows[name])) for name in rows}
    assert extend(store, study) == set()
    assert len(extend(store, replace(study, tokens=(1e3, 2e3, 4e3)))) == 3


def test_points_are_of_the_sweep_and_all_of_the_folder_on_request(tmp_path, text):
    study = replace(STUDY, shapes=((1, 4), (1, 8)), hold_out=1, hold_out_seeds=1)
    store = store_with(tmp_path / "store", text, study)
    extend(store, replace(study, lr_factor=0.5))
    points = table_of(store, read_sweep(store.path))
    assert len(points) == 3
    assert list(points["role"]).count("held-out") == 1
    assert set(table_of(store, read_sweep(store.path), curves=True)["run_id"]) < {run.spec.id for run in store.runs()}
    every = history(store, read_sweep(store.path))
    assert len(every) == 6
    assert list(every["in_study"]).count("yes") == 3
    assert [role for role, now in zip(every["role"], every["in_study"], strict=True) if now == "yes"].count("fit") == 2


def test_a_folder_whose_runs_are_gone_is_refused(tmp_path, text):
    store = store_with(tmp_path / "store", text, STUDY)
    shutil.rmtree(store.path / "runs")
    with pytest.raises(StoreError, match="has no runs"):
        table_of(store, read_sweep(store.path))


@pytest.mark.parametrize("there", [True, False])
def test_a_first_try_that_fails_leaves_a_folder_as_it_was(tmp_path, there):
    path = tmp_path / "mine"
    if there:
        path.mkdir()
    with pytest.raises(StoreError, match="no text"), new_or_kept(path):
        raise StoreError("no text")
    assert [path.exists(), *tmp_path.rglob("*.json")] == [there]


def test_a_later_try_that_fails_leaves_the_store_and_what_was_made_in_it(tmp_path):
    for making in ("data", ""):
        with pytest.raises(StoreError, match="too large"), new_or_kept(tmp_path / "s") as store:
            (store.path / making).mkdir(exist_ok=True)
            raise StoreError("too large")
        assert open_store(tmp_path / "s").data.is_dir()


def test_runs_that_cannot_be_read_are_one_line(tmp_path):
    open_store(tmp_path / "s", create=True)
    (tmp_path / "s" / "runs").write_text("no folder")
    with pytest.raises(StoreError, match="runs cannot be read: Not a directory"):
        open_store(tmp_path / "s")
    with pytest.raises(StoreError, match="leads out of"):
        open_data(tmp_path / "s" / "data", "../../elsewhere")


@pytest.mark.parametrize("name", ["../escape", "L1-d8-0123456789AB", "", "L1-d8-0123456789ab/..", "/etc"])
def test_what_is_no_id_leads_to_no_folder(tmp_path, name):
    with pytest.raises(StoreError, match="is not the id of a run"):
        open_store(tmp_path / "s", create=True).folder(name)


def test_a_folder_without_its_specification_is_not_told_to_be_named_as_it_is(tmp_path):
    store = open_store(tmp_path / "my store", create=True)
    (store.path / "runs" / "L2-d16-0123456789ab").mkdir(parents=True)
    with pytest.raises(StoreError, match=r"has no spec\.json.*scalinglaws launch '.*my store'") as raised:
        store.spec("L2-d16-0123456789ab")
    assert "Did you mean" not in str(raised.value)
    with pytest.raises(NameUnknownError) as raised:
        store.spec("L2-d16-0123456789ac")
    assert "Did you mean" not in str(raised.value)


def test_a_size_and_a_seed_more_and_what_failed_or_was_deleted_are_all_that_is_trained(tmp_path, text):
    store = store_with(tmp_path / "s", text, STUDY)
    before = {path: path.stat().st_mtime_ns for path in store.path.glob("runs/*/run.json")}
    wider, again = replace(STUDY, shapes=((1, 4), (1, 8))), replace(STUDY, seeds=2)
    sizes, seeds = extend(store, wider), extend(store, again)
    assert sizes and all("-d8-" in run_id for run_id in sizes)
    assert {store.spec(run_id).seed for run_id in seeds} == {1}
    failed = next(run_id for run_id in sorted(sizes) if not store.spec(run_id).is_trunk)
    first = numbers(store, wider)[failed]
    (store.folder(failed) / "run.json").unlink()
    store.note_failure(FailedRun(failed, "a bug", "a bug: it failed.", "log.txt", ""))
    assert extend(store, wider) == {failed} and store.failure(failed) is None
    assert numbers(store, wider)[failed] == first
    assert {path: path.stat().st_mtime_ns for path in before} == before  # whatever else was added


def test_runs_of_another_version_are_complete_and_are_named_with_it(tmp_path, text):
    store = store_with(tmp_path / "s", text, STUDY)
    for run in store.runs():
        store.keep(replace(run, provenance=run.provenance | {"scalinglaws": "0.0.1", "torch": "1.0"}))
    assert extend(store, STUDY) == set()
    added = extend(store, replace(STUDY, shapes=((1, 4), (1, 8))))
    versions = {run.spec.id: run.provenance["scalinglaws"] for run in store.runs()}
    assert {run_id for run_id, version in versions.items() if version != "0.0.1"} == added
