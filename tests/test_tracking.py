"""Runs go to trackers while they train: once each, resumed or not, and no tracker changes a run or ends it."""

import importlib.util
import os
import shutil
import tempfile
import threading
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from store_made import small_text, sweep_of

import scalinglaws as sl
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import MisuseError, NameUnknownError
from scalinglaws.launching.launch import _lacking
from scalinglaws.launching.progress import work_of
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.store.store import open_store
from scalinglaws.training.trackers import check_trackers, complaints, forget_complaints, start_tracking
from scalinglaws.training.tracking import Tracking
from scalinglaws.training.train import Interrupted
from scalinglaws.training.worker import work

STUDY = Study("s", ((1, 4),), (1e3, 2e3), n_ctx=16, batch=4, eval_tokens=256, evaluations=6, warmup_steps=4)
LEARNS = Study(
    "s", ((1, 8), (1, 16)), (2e4, 4e4), n_ctx=32, batch=8, eval_tokens=1024, evaluations=6, warmup_steps=4, max_epochs=9
)
NAMES = ("wandb", "mlflow", "tensorboard")
SAME = "loss_nats loss_nats_sem loss_train_nats tokens flops_6nd flops_exact steps batch_tokens".split()
SAME += "params_nonembedding params_nonembedding_exact params_with_head params_total n_layer d_model n_vocab".split()


class Noted:
    """A tracker that notes what it is asked, and forgets nothing between the processes that use it."""

    def __init__(self, records, fails=""):
        self.records, self.fails, self.now = records, fails, None

    def _may_fail(self, call):
        if self.fails == call:
            raise SystemExit(f"no {call} today")

    def open(self, run_id, config):
        self._may_fail("open")
        self.now = self.records.setdefault(run_id, {"config": config, "rows": [], "ended": []})
        return max((step for step, _ in self.now["rows"]), default=-1)

    def log(self, step, values):
        self._may_fail("log")
        self.now["rows"].append((step, values))

    def end(self, step, numbers, words, finished):
        self._may_fail("end")
        self.now["ended"].append((numbers, words, finished))
        self.now = None

    def pause(self):
        if self.now is not None:
            self.now["ended"].append("paused")
            self.now = None


@cache
def text():
    """The tokens that all stores here share, made once."""
    return small_text(Path(tempfile.mkdtemp()))


def prepared(folder, study=STUDY):
    store = open_store(folder, create=True)
    shutil.copytree(text().folder, store.data / text().data_id, dirs_exist_ok=True)
    sweep = sweep_of(study, text())
    write_json(store.path / "sweep.json", to_plain(sweep))
    for spec in sweep.runs:
        store.ask(spec)
    return store, sweep


def trained(folder, trackers, study=STUDY, stop=lambda: False, patience=20.0):
    """Train a study with these trackers; gives its store and what was said of trackers."""
    store, sweep = prepared(folder, study)
    said = []
    tracking = Tracking(trackers, lambda name, why: said.append((name, why)), patience)
    try:
        work(store, [spec.id for spec in sweep.runs], tracking=tracking, stop=stop)
    finally:
        tracking.pause()
    return store, said


def losses(store):
    return {run.spec.id: [(e.step, e.loss_nats) for e in run.curve] for run in store.runs()}


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The store of a study that no tracker followed."""
    return trained(tmp_path_factory.mktemp("alone") / "store", {})[0]


def test_every_run_is_sent_with_its_settings_its_curve_and_its_result(alone, tmp_path):
    records = {}
    store, said = trained(tmp_path / "store", {"noted": Noted(records)})
    assert said == []
    assert losses(store) == losses(alone)
    for run in store.runs():
        sent = records[run.spec.id]
        assert sent["config"]["params_nonembedding"] == run.spec.shape.params()
        assert sent["config"]["peak_lr"] == run.spec.lr
        assert sent["config"]["d_ff"] == 4 * run.spec.shape.d_model
        assert sent["config"]["planned_steps"] == run.spec.steps
        assert [(step, values["loss_nats"]) for step, values in sent["rows"]] == losses(store)[run.spec.id]
        step, values = sent["rows"][-1]
        assert values["tokens"] == step * run.spec.batch_tokens
        assert values["flops_6nd"] == run.spec.shape.flops_per_token("6n") * values["tokens"]
        [(numbers, words, finished)] = sent["ended"]
        assert (words["outcome"], finished) == (run.outcome, run.outcome == "finished")
        assert numbers["mfu"] == run.readings["mfu"]


def test_a_run_that_was_interrupted_continues_its_record_without_a_step_twice(alone, tmp_path):
    records, asked = {}, iter(range(99))
    with pytest.raises(Interrupted):
        trained(tmp_path / "store", {"noted": Noted(records)}, stop=lambda: next(asked) >= 1)
    first = {run_id: len(record["rows"]) for run_id, record in records.items()}
    store, _ = trained(tmp_path / "store", {"noted": Noted(records)})
    assert losses(store) == losses(alone)
    assert len(first) < len(records)
    for run_id, curve in losses(store).items():
        assert [(step, values["loss_nats"]) for step, values in records[run_id]["rows"]] == curve


def test_steps_that_a_tracker_has_already_are_not_sent_again(tmp_path):
    """As after a kill: the run goes on from an earlier state than the last evaluation that was sent."""
    records = {}
    store, _ = trained(tmp_path / "one", {"noted": Noted(records)})
    before = {run_id: list(record["rows"]) for run_id, record in records.items()}
    trained(tmp_path / "two", {"noted": Noted(records)})
    assert {run_id: record["rows"] for run_id, record in records.items()} == before
    assert len(before) == len(store.runs())


def test_runs_that_a_tracker_lacks_are_sent_by_the_next_command_without_training(alone, tmp_path):
    records, other = {}, {}
    store, _ = trained(tmp_path / "store", {"failing": Noted(records, "log"), "noted": Noted(other)})
    for run in store.runs():
        assert set(store.sent(run.spec.id)) == {"noted"}
    seconds = [run.readings["mfu"] for run in store.runs()]
    trained(tmp_path / "store", {"failing": Noted(records), "noted": Noted(other), "later": Noted(late := {})})
    assert [run.readings["mfu"] for run in store.runs()] == seconds  # of the training before
    for run_id, curve in losses(alone).items():
        for sent in (records, late, other):
            assert [(step, values["loss_nats"]) for step, values in sent[run_id]["rows"]] == curve
        assert len(other[run_id]["ended"]) == len(late[run_id]["ended"]) == 1
        assert set(store.sent(run_id)) == {"failing", "noted", "later"}


def test_a_launch_has_nothing_to_do_only_where_every_tracker_has_every_run(alone, tmp_path):
    store, sweep = prepared(tmp_path / "store")
    shutil.copytree(alone.path / "runs", store.path / "runs", dirs_exist_ok=True)
    stages = [frozenset(spec.id for spec in sweep.runs)]
    assert _lacking(sweep, store, stages, (), work_of) == []
    (chain,) = _lacking(sweep, store, stages, ("mlflow",), work_of)
    assert {spec.id for spec in chain.specs} == stages[0] and chain.work == 0
    for spec in sweep.runs:
        store.note_sent(spec, ["mlflow"])
    assert _lacking(sweep, store, stages, ("mlflow",), work_of) == []


@pytest.mark.parametrize("call", ["open", "log", "end"])
def test_a_tracker_that_fails_is_given_up_once_and_the_runs_and_other_trackers_go_on(call, alone, tmp_path):
    records, other = {}, {}
    store, said = trained(tmp_path / "store", {"failing": Noted(records, call), "noted": Noted(other)})
    assert losses(store) == losses(alone)
    assert said == [("failing", f"SystemExit: no {call} today")]
    assert set(other) == set(losses(store))


def test_a_tracker_that_hangs_is_given_up_and_known_to_hang(alone, tmp_path):
    released = threading.Event()

    class Hanging(Noted):
        def log(self, step, values):
            released.wait(60)

    store, sweep = prepared(tmp_path / "store")
    said = []
    tracking = Tracking({"hanging": Hanging({})}, lambda name, why: said.append(why), patience=0.05)
    work(store, [spec.id for spec in sweep.runs], tracking=tracking)
    assert losses(store) == losses(alone)
    assert said == ["it did not answer in time"]
    assert tracking.is_stuck
    released.set()


def test_what_was_said_of_a_tracker_is_kept_for_the_launch_and_said_there_once(tmp_path):
    from scalinglaws.training import trackers

    store, _ = prepared(tmp_path / "store")
    write_json(trackers._complaint(store, "mlflow"), ["mlflow is given up"])
    for said in (["mlflow is given up"], []):
        assert complaints(store) == said
        assert trackers._complaint(store, "mlflow").exists()  # the other processes of the launch do not try it
    forget_complaints(store)
    assert complaints(store) == []
    assert not trackers._complaint(store, "mlflow").exists()


def test_an_unknown_tracker_and_one_that_is_not_installed_are_refused_before_anything_trains(tmp_path):
    with pytest.raises(NameUnknownError, match=r"no tracker is called 'wandbb'\. Did you mean 'wandb'"):
        check_trackers(["wandbb"])
    for name in NAMES:
        if importlib.util.find_spec(name) is None:
            with pytest.raises(MisuseError, match=f"track='{name}' needs the package {name}.*scalinglaws.{name}."):
                sl.study("quickstart", tmp_path / "q", track=name)
    assert not (tmp_path / "q").exists()


def test_a_folder_that_a_tracker_made_is_not_taken_for_its_package(tmp_path, monkeypatch):
    if importlib.util.find_spec("wandb") is not None:
        pytest.skip("wandb is installed")
    (tmp_path / "wandb").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MisuseError, match="is not installed"):
        check_trackers(["wandb"])


PLACES = {"wandb": "wandb", "mlflow": "mlflow.db", "tensorboard": "tensorboard"}


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # of packages that are not ours
@pytest.mark.parametrize("name", NAMES)
def test_what_a_real_tracker_has_is_read_back_as_the_points_of_the_store(name, tmp_path, monkeypatch):
    """Offline, interrupted after the first run and resumed; read by the same reader as anyone's records."""
    package = pytest.importorskip(name, reason=f"{name} is not installed")
    if name == "wandb":
        package.teardown()  # a session of an earlier test has its folder
    for variable in [one for one in os.environ if one.startswith(("WANDB_", "MLFLOW_"))]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("WANDB_MODE", "offline")
    store, sweep = prepared(tmp_path / "store", LEARNS)
    asked = iter(range(99))
    for stop in (lambda: next(asked) >= 3, lambda: False):
        tracking = start_tracking([name], store)
        try:
            work(store, [spec.id for spec in sweep.runs], tracking=tracking, stop=stop)
        except Interrupted:
            assert not all(map(store.has, sweep.runs))
        finally:
            tracking.pause()
    assert complaints(store) == []
    assert not tracking.is_stuck
    found = sl.read(store.path / PLACES[name])
    curves = losses(store)
    for run_id, curve in curves.items():
        rows = found["run_id"] == run_id
        assert list(zip(found["steps"][rows], found["loss_nats"][rows], strict=True)) == curve
    ends, points = sl.points_of_checkpoints(found).kept, sl.read(store.path)
    ends = ends.take(ends["kind_of_run"] != "trunk")
    assert len(points) > 3
    assert sorted(ends["run_id"]) == sorted(points.kept["run_id"])
    order = [list(ends["run_id"]).index(run_id) for run_id in points.kept["run_id"]]
    for column in SAME:
        np.testing.assert_array_equal(ends[column][order], points.kept[column], err_msg=column)
    np.testing.assert_array_equal(ends["peak_lr"][order], points.kept["lr"])
