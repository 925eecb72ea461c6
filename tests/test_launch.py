"""A launch survives the death of any of its processes, and ends with the same numbers."""

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.design import Sweep, design, read_sweep
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import StoreError
from scalinglaws.launching.launch import launch
from scalinglaws.launching.processes import Local
from scalinglaws.launching.progress import Clock
from scalinglaws.records.json_values import to_plain, write_json
from scalinglaws.results.live_study import TRAINING
from scalinglaws.store.points_of_runs import points_of
from scalinglaws.store.store import open_store
from scalinglaws.studying.page_while_training import PageWhileTraining
from scalinglaws.studying.status import status
from scalinglaws.training.worker import work

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks" / "faults"))
launches = importlib.import_module("launches")

STUDY = Study(
    "s", ((1, 8), (1, 16)), (3e4, 6e4), n_ctx=32, corpus="text", eval_tokens=1024, evaluations=4, warmup_share=0.1
)


def prepare(folder, text, study=STUDY):
    store = open_store(folder, create=True)
    data = tokenise(f"text:{text}", "bytes", store.data)
    sweep = design(study, data.vocabulary, data.data_id, len(data.split("train")))
    write_json(folder / "sweep.json", to_plain(sweep))
    return store, sweep


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    for i in range(60):
        (folder / f"{i}.txt").write_text(f"document {i} " + " ".join(rng.choice(["power", "law", "loss", "of"], 2500)))
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory, text):
    """The store of a sweep that nothing interrupted, trained in this process."""
    store, sweep = prepare(tmp_path_factory.mktemp("whole") / "store", text)
    for spec in sweep.runs:
        store.ask(spec)
    work(store, [spec.id for chain in sweep.chains for spec in chain])
    return store


def numbers(store):
    return {
        run.spec.id: [(e.step, e.loss_nats, e.loss_nats_sem, e.loss_train_nats) for e in run.curve]
        for run in store.runs()
    }


def start(folder, processes=2):
    """A launch whose workers keep their states and tell how far they are many times a second, and last long enough."""
    command = [sys.executable, "-m", "scalinglaws", "launch", str(folder), "--processes", str(processes)]
    hasty = {"PYTHONPATH": str(launches.INSIDE), "FAULTS_SECONDS": str(launches.HASTE_SECONDS), "FAULTS_PAUSE": "0.04"}
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | hasty)


def wait_for(condition, seconds=180):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def under_way(store):
    return list((store.path / "runs").glob("*/progress.json"))


def test_killed_workers_and_a_killed_launch_change_no_number(whole, tmp_path, text):
    store, sweep = prepare(tmp_path / "store", text)
    first = start(store.path)
    wait_for(lambda: under_way(store))
    os.kill(launches.processes_of(store.path)[0], signal.SIGKILL)
    first.kill()
    first.wait()
    wait_for(lambda: not launches.processes_of(store.path))
    assert len(store.runs()) < len(whole.runs())
    assert launch(sweep, store, Local(1)) == []
    assert numbers(store) == numbers(whole)


def test_ctrl_c_keeps_the_state_and_the_next_launch_goes_on(whole, tmp_path, text):
    store, sweep = prepare(tmp_path / "store", text)
    first = start(store.path, processes=1)
    wait_for(lambda: under_way(store))
    first.send_signal(signal.SIGINT)
    assert first.wait() == 1
    assert launches.processes_of(store.path) == []
    runs = [path.parent for path in under_way(store)]
    assert all((run / "run.json").exists() or (run / "checkpoint.safetensors").exists() for run in runs)
    assert launch(sweep, store, Local(1)) == []
    assert numbers(store) == numbers(whole)


def test_launching_again_trains_nothing(whole):
    before = {p: p.stat().st_mtime_ns for p in (whole.path / "runs").glob("*/run.json")}
    sweep = Sweep("s", tuple(run.spec for run in whole.runs()))
    assert launch(sweep, whole, Local(2)) == []
    assert before == {p: p.stat().st_mtime_ns for p in (whole.path / "runs").glob("*/run.json")}


def test_a_worker_that_fails_is_a_failure_with_its_log(whole, tmp_path, text):
    store, sweep = prepare(tmp_path / "store", text)
    trunk, *branches = sweep.chains[0]
    (store.folder(trunk.id) / "lock").mkdir(parents=True)
    (failure,) = launch(Sweep("s", (trunk, *branches)), store, Local(2))
    assert failure.run_ids == tuple(spec.id for spec in (trunk, *branches))
    assert failure.exit_code != 0
    assert "lock: Is a directory" in Path(failure.log).read_text()


def test_a_chain_that_fails_costs_no_other_chain_of_its_process(whole, tmp_path, text):
    store, sweep = prepare(tmp_path / "store", text)
    bad, good = sweep.chains
    (store.folder(bad[0].id) / "lock").mkdir(parents=True)
    (failure,) = launch(sweep, store, Local(1), seconds=lambda spec: float(spec in bad))
    assert failure.run_ids == tuple(spec.id for spec in bad)
    kept = numbers(store)
    assert kept.keys() == {spec.id for spec in good}
    assert all(kept[run_id] == numbers(whole)[run_id] for run_id in kept)
    assert "lock: Is a directory" not in (store.folder(good[0].id) / "log.txt").read_text()


def test_tokens_that_are_gone_are_told_before_anything_starts(tmp_path, text):
    store, sweep = prepare(tmp_path / "store", text)
    for file in store.data.glob("*/train.bin"):
        file.unlink()
    with pytest.raises(StoreError, match=r"train.bin is not .* Delete the folder"):
        launch(sweep, store, Local(2))


class Recorded:
    """An executor whose processes train nothing: each answers after as many polls as its longest run has steps."""

    slots = 2

    def __init__(self, specs):
        self.steps, self.taken, self.processes = {spec.id: spec.steps for spec in specs}, [], 0

    def start(self, command, log):
        self.processes += 1
        taken, steps = self.taken, self.steps

        class Job:
            left = 0

            def give(self, ids):
                taken.append(ids)
                self.left = max(steps[one] for one in ids)

            def poll(self):
                self.left -= 1

            def is_free(self):
                return self.left <= 0

            def cpu_seconds(self):
                return None

            def end(self):
                assert self.is_free()

            def wait(self):
                return 0

        return Job()


def test_a_later_stage_fills_the_processes_that_an_earlier_one_leaves_free(tmp_path, monkeypatch, whole):
    monkeypatch.setattr("scalinglaws.launching.launch.POLL_SECONDS", 0.0)
    trunk = next(run.spec for run in whole.runs() if not run.spec.parent)
    long, short, *later = (
        replace(trunk, seed=100 + i, tokens=steps * trunk.batch_tokens, branch_at=())
        for i, steps in enumerate((40, 5, 9, 8))
    )
    store, sweep = open_store(tmp_path / "store", create=True), Sweep("s", (*later, short, long))
    executor, ends = Recorded(sweep.runs), []
    stages = [frozenset({long.id, short.id}), frozenset(spec.id for spec in later)]

    def ended(stage):
        ends.append((stage, len(executor.taken)))

    assert launch(sweep, store, executor, stages=stages, ended=ended) == []
    assert executor.taken == [[long.id], [short.id], [later[0].id], [later[1].id]]
    assert executor.processes == 2
    assert ends == [(1, 4)]  # the second stage, beside the long run of the first, whose end is the launch's own


def test_the_time_left_is_what_was_foretold_and_then_what_the_progress_says(whole, tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("scalinglaws.launching.progress.time.monotonic", lambda: now[0])
    trunk = next(run.spec for run in whole.runs() if not run.spec.parent)
    long, short = (replace(trunk, seed=seed, tokens=100 * trunk.batch_tokens, branch_at=()) for seed in (100, 101))
    store, sweep = open_store(tmp_path / "store", create=True), Sweep("s", (long, short))
    foretold = {long.id: 1000.0, short.id: 500.0}
    clock = Clock(sweep, store, lambda spec: foretold[spec.id], slots=2)
    assert clock.read([], 0).seconds_left == pytest.approx(1000, rel=0.01)  # no sooner than the longest
    begun = clock.read([long, short], 2, [[long], [short]]).active
    assert [(one.run_id, one.step, one.share) for one in begun] == [(long.id, None, 0.0), (short.id, None, 0.0)]
    now[0] = 400.0  # half as fast as foretold: a fifth of the long one is done
    for spec, step in ((long, 20), (short, 40)):
        store.folder(spec.id).mkdir(parents=True)
        store.tell(spec.id, step, 2.0)
    assert 1300 < clock.read([long, short], 2).seconds_left < 1600
    for spec in (long, short):  # as a trainer of one's own that counts past the end of its run
        store.tell(spec.id, 9 * spec.steps, 2.0)
    over = clock.read([long, short], 2)
    assert over.seconds_left >= 0 and over.share <= 1 and all(one.step == one.steps for one in over.active)
    unforetold = Clock(sweep, store, None, slots=2)
    assert unforetold.read([], 0).seconds_left is None


def test_status_tells_done_from_to_come(whole, tmp_path, text):
    store, _ = prepare(tmp_path / "store", text)
    assert {run.state for run in status(store.path).runs} == {"to come"}
    assert {run.state for run in status(whole.path).runs} == {"finished"}
    assert f"{len(whole.runs())} of {len(whole.runs())} runs done" in status(whole.path).blocks()[0]


def test_the_terminal_the_status_and_the_page_while_training_count_the_same_runs(whole):
    sweep = read_sweep(whole.path)
    told = Clock(sweep, whole, None, slots=1).read([], 0)
    page = PageWhileTraining(whole, "s", "", lambda progress: None)._found(told, TRAINING, "")
    trunks = sum(spec.is_trunk for spec in sweep.runs)
    assert page.done == told.done == page.total == told.total == len(sweep.runs) > page.trunks == trunks > 0
    assert f"{page.done} of {page.total} runs done" in status(whole.path).blocks()[0]
    assert page.share == told.share == 1 and page.flops_left == 0 < page.flops_done


def test_points_have_one_row_for_each_run_that_decayed(whole):
    points = points_of(whole.runs())
    assert len(points) == 4
    assert set(points["params_nonembedding"]) == {768.0, 3072.0}
    assert np.all(points["flops_6nd"] == 6 * points["params_nonembedding"] * points["tokens"])
    assert np.all(points["loss_bits_per_byte"] > 0)
    assert len(set(points["lineage"])) == 2


def test_held_out_runs_are_shown_and_not_fitted(whole):
    runs = whole.runs()
    last = next(run.spec.id for run in runs if run.spec.parent)
    points = points_of(runs, {last})
    assert len(points) == 4
    assert len(points.kept) == 3
    assert last not in set(points.kept["run_id"])


def test_a_folder_that_is_no_store_or_another_version_is_refused(tmp_path):
    with pytest.raises(StoreError, match="is not a store"):
        open_store(tmp_path)
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "store.json").write_text(json.dumps({"version": 99}))
    with pytest.raises(StoreError, match="version 99"):
        open_store(tmp_path / "old")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(StoreError, match="new or an empty folder"):
        open_store(tmp_path / "full", create=True)
