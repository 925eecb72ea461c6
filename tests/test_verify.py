"""Whatever is changed in a folder after it was written is found, by the verb that looks and by whoever reads it."""

import json
import shutil
from dataclasses import replace

import pytest
from cli_made import spoken
from report_sample import sample
from store_made import STUDY, extend, small_text, store_with

from scalinglaws.corpora.token_files import check_data, open_data
from scalinglaws.designing.design import read_sweep
from scalinglaws.errors import StoreError
from scalinglaws.launching.launch import launch
from scalinglaws.launching.processes import Local
from scalinglaws.points.points import Points
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.results.sentences import verdict
from scalinglaws.studying.tested_prediction import keep_prediction, with_start
from scalinglaws.studying.verify import verify
from scalinglaws.training.run_state import check_checkpoint

HELD_OUT = replace(STUDY, shapes=((1, 4), (1, 8)), hold_out=1, hold_out_seeds=1)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small store, with a kept prediction, that nobody changed."""
    text = small_text(tmp_path_factory.mktemp("data"))
    store = store_with(tmp_path_factory.mktemp("whole") / "store", text, HELD_OUT)
    sweep = read_sweep(store.path)
    made = replace(sample().held_out, run_ids=sweep.held_out, predicted_at="2026-01-01T00:00:00Z")
    keep_prediction(store.path / "prediction.json", made, trained=False)
    return store


@pytest.fixture
def store(whole, tmp_path):
    shutil.copytree(whole.path, tmp_path / "store")
    return replace(whole, path=tmp_path / "store")


def found(folder):
    return {check.kind: check for check in verify(folder).checks}


def flip_a_bit(path):
    content = bytearray(path.read_bytes())
    content[-1 - len(content) // 3] ^= 1
    path.write_bytes(content)


def first(store, pattern):
    return sorted(store.path.glob(pattern))[0]


def test_a_folder_that_nobody_changed_is_what_it_says(whole):
    checks = found(whole.path)
    assert not [check for check in checks.values() if check.differs]
    counts = {kind: check.compared for kind, check in checks.items()}
    assert counts == {"tokens": 1, "runs": 4, "states": 2, "times": 4, "points": 0, "prediction": 1}


def test_runs_trained_again_are_the_same_to_the_bit_and_an_edited_one_is_not(store):
    assert not verify(store.path, retrain=3).differs
    path = store.folder(read_sweep(store.path).held_out[0]) / "run.json"
    record = json.loads(path.read_text())
    record["curve"][-1]["loss_nats"] += 1e-15 + abs(record["curve"][-1]["loss_nats"]) * 2**-52
    write_json(path, {name: value for name, value in record.items() if name != "digest"})  # a forger removes the digest
    again = verify(store.path, retrain=3).checks[-1]
    assert len(again.differs) == 1
    assert "a different curve when it is trained again" in again.differs[0]


@pytest.mark.parametrize(
    ("kind", "pattern", "said"),
    [
        ("tokens", "data/*/test.bin", "Delete the folder .*data"),
        ("tokens", "data/*/train.starts.bin", "has changed since it was written"),
        ("states", "runs/*/state-*.safetensors", "Delete it and repeat the study or launch command"),
    ],
)
def test_a_flipped_bit_is_found_and_the_message_says_what_to_delete(store, kind, pattern, said):
    flip_a_bit(first(store, pattern))
    check = found(store.path)[kind]
    assert len(check.differs) == 1
    with pytest.raises(StoreError, match=said):
        if kind == "tokens":
            check_data(open_data(store.data, first(store, pattern).parent.name))
        else:
            check_checkpoint(first(store, pattern))


def test_a_launch_looks_at_the_tokens_before_it_trains_on_them(store):
    flip_a_bit(first(store, "data/*/train.bin"))
    shutil.rmtree(store.folder(read_sweep(store.path).held_out[0]))
    with pytest.raises(StoreError, match=r"train.bin has changed since it was written. Delete the folder"):
        launch(read_sweep(store.path), store, Local(1))


def test_an_edited_loss_and_a_run_of_another_folder_are_refused_with_a_next_step(store):
    here, there = sorted(store.path.glob("runs/*/run.json"))[:2]
    here.write_bytes(there.read_bytes())
    there.write_text(there.read_text().replace('"loss_nats": ', '"loss_nats": 1', 1))
    check = found(store.path)["runs"]
    assert len(check.differs) == 2
    assert "belongs to another run" in " ".join(check.differs)
    assert "its digest does not match its content. Delete the folder" in " ".join(check.differs)
    here.write_text("{")
    with pytest.raises(StoreError, match=r"Delete the folder .* trained again, with the same result"):
        store.runs()


def test_an_edited_prediction_is_refused_and_is_found(store):
    path = store.path / "prediction.json"
    path.write_text(path.read_text().replace("1.845", "1.846"))
    assert found(store.path)["prediction"].differs
    with pytest.raises(StoreError, match="Restore the file"):
        keep_prediction(path, sample().held_out, trained=True)


def test_a_prediction_made_after_its_runs_is_called_that_everywhere(store):
    path = store.path / "prediction.json"
    path.unlink()
    sweep = read_sweep(store.path)
    made = replace(sample().held_out, run_ids=sweep.held_out, predicted_at="2100-01-01T00:00:00Z", measured=())
    kept = keep_prediction(path, made, trained=True)
    assert kept.is_late
    assert "after its runs had started" in found(store.path)["prediction"].differs[0]
    assert "made AFTER its runs" in verdict(kept)
    runs = store.runs_of([spec for spec in sweep.runs if spec.id in sweep.held_out])
    assert with_start(replace(kept, after_its_runs=False), runs).is_late
    assert not with_start(replace(kept, after_its_runs=False, predicted_at="2026-01-01T00:00:00Z"), runs).is_late


def test_the_hash_of_points_holds_no_clock():
    points = Points({"loss_nats": [2.0, 3.0], "seconds": [1.0, 2.0]})
    assert points.fingerprint == points.replace(seconds=[5.0, 6.0]).fingerprint
    assert points.fingerprint != points.replace(loss_nats=[2.0, 3.1]).fingerprint


def test_every_run_says_when_it_started_and_ended(whole):
    for run in whole.runs():
        assert "2026" <= run.provenance["started"] <= run.provenance["ended"] < "2100"


def test_evidence_of_the_first_releases_is_not_claimed(store):
    for path in store.path.glob("runs/*/run.json"):
        record = json.loads(path.read_text())
        record["provenance"] = {"torch": "2.0"}
        write_json(path, {name: value for name, value in record.items() if name != "digest"})
    prediction = json.loads((store.path / "prediction.json").read_text())
    write_json(store.path / "prediction.json", {name: v for name, v in prediction.items() if name != "digest"})
    checks = found(store.path)
    assert not verify(store.path).differs
    assert (checks["runs"].compared, checks["times"].compared) == (0, 0)
    assert "earlier release" in checks["prediction"].text()
    kept = keep_prediction(
        store.path / "prediction.json", replace(sample().held_out, fingerprint="other"), trained=True
    )
    assert not kept.after_its_runs
    assert to_plain(kept.predicted) == to_plain(sample().held_out.predicted)


def _without_digest(path):
    record = json.loads(path.read_text())
    write_json(path, {name: value for name, value in record.items() if name not in ("digest", "digests")})


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [("runs", "runs/*/run.json"), ("prediction", "prediction.json"), ("tokens", "data/*/index.json")],
)
def test_a_digest_that_was_taken_out_is_missed_and_not_put_down_to_an_earlier_release(store, kind, pattern):
    _without_digest(first(store, pattern))
    check = found(store.path)[kind]
    assert verify(store.path).differs
    assert "its digest is missing" in check.text() and "earlier release" not in check.text()
    code, out, _ = spoken("verify", store.path)
    assert code == 1 and "its digest is missing" in out


def test_tokens_without_their_index_are_found(store):
    first(store, "data/*/index.json").unlink()
    assert found(store.path)["tokens"].differs


def test_a_run_that_was_lost_is_trained_again_and_the_prediction_kept(store):
    before = (store.path / "prediction.json").read_bytes()
    lost = read_sweep(store.path).runs[1]
    numbers = [e.loss_nats for e in store.run(lost).curve]
    shutil.rmtree(store.folder(lost.id))
    assert extend(store, HELD_OUT) == {lost.id}
    assert [e.loss_nats for e in store.run(lost).curve] == numbers
    assert (store.path / "prediction.json").read_bytes() == before
