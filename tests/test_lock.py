"""Who is at work on a folder is told by its locks, and what a launch says of killed workers is so."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from cli_made import spoken

from scalinglaws.designing.design import Sweep, read_sweep
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import FailureError, RunsFailedError, StoreError, StudyError
from scalinglaws.launching.launch import launch, require_success
from scalinglaws.launching.local import _command
from scalinglaws.launching.processes import ASKED_TO_END
from scalinglaws.records.json_values import read_hint, to_plain, write_hint, write_json
from scalinglaws.run.run import RunSpec, state_name
from scalinglaws.run.shape import Shape
from scalinglaws.store.lock import LOCK, TRAINING, held, holder_of, in_use, this_machine
from scalinglaws.store.store import new_or_kept, open_store
from scalinglaws.studying.clean import clean
from scalinglaws.studying.machine import cores
from scalinglaws.studying.status import status
from scalinglaws.training.failed_attempt import note
from scalinglaws.training.train import Interrupted
from scalinglaws.training.worker import work

SHAPE = Shape(n_layer=1, d_model=8, n_heads=1, n_ctx=32, n_vocab=256)
BRANCH = RunSpec(SHAPE, "text:notes", "bytes", "0" * 16, 100_000, 8, 0.03, 10, parent="its trunk")
TRUNK = replace(BRANCH, parent="", schedule="constant", branch_at=(BRANCH.first_step,))


@pytest.fixture
def store(tmp_path):
    store = open_store(tmp_path / "store", create=True)
    write_json(store.path / "sweep.json", to_plain(Sweep("s", (TRUNK, BRANCH))))
    store.ask(TRUNK)
    return store


class Ending:
    """An executor whose processes end at once, each with the next of these codes."""

    slots = 1

    def __init__(self, *codes):
        self.codes, self.ended = list(codes), []

    def start(self, command, log):
        code, ended = self.codes.pop(0), self.ended

        class Job:
            def give(self, words):
                assert words

            def is_free(self):
                return code == 0

            def poll(self):
                return code

            def cpu_seconds(self):
                return None

            def end(self):
                ended.append(code)

            def wait(self):
                return code

        return Job()


def test_a_lock_is_held_by_one_process_and_says_by_which(tmp_path):
    path = tmp_path / "a" / "lock"
    assert not in_use(path)
    with held(path, "training"):
        assert in_use(path)
        said = r"process \d+ on \S+ \(since .* UTC\) is already training. Wait for it"
        with pytest.raises(FailureError, match=said), held(path, "training"):
            pass
    assert not in_use(path)


def elsewhere(path, machine="another", silent=0.0):
    """Write a holder on another machine into a lock file, with its last sign of life so many seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"pid": 7, "host": "node7", "machine": machine, "since": "2026-01-01 00:00:00 UTC"}))
    os.utime(path, (time.time() - silent,) * 2)


def test_a_holder_on_another_machine_counts_as_long_as_it_gives_signs_of_life(tmp_path, monkeypatch):
    monkeypatch.setattr("scalinglaws.store.lock.SIGN_SECONDS", 0.1)
    path = tmp_path / "lock"
    elsewhere(path)
    assert in_use(path)
    said = r"process 7 on node7 \(since 2026.*\) is already training; its last sign of life came \d s ago"
    with pytest.raises(FailureError, match=said), held(path, "training"):
        pass
    elsewhere(path, silent=100.0)
    assert not in_use(path)
    with held(path, "training"):
        assert in_use(path) and holder_of(path).is_here
    assert path.read_text() == ""
    elsewhere(path, machine=this_machine(), silent=0.0)  # it died here: the system says so
    assert not in_use(path)
    with held(path, "training"):
        pass


def test_a_holder_whose_clock_is_late_is_watched_before_its_lock_is_taken(tmp_path, monkeypatch):
    monkeypatch.setattr("scalinglaws.store.lock.SIGN_SECONDS", 0.5)
    path, ended = tmp_path / "lock", threading.Event()
    elsewhere(path, silent=1000.0)

    def living():
        while not ended.wait(0.1):
            os.utime(path, (time.time() - 1000,) * 2)

    thread = threading.Thread(target=living)
    thread.start()
    with pytest.raises(FailureError, match="node7"), held(path, "training"):
        pass
    ended.set()
    thread.join()


def test_a_process_whose_lock_was_taken_over_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("scalinglaws.store.lock.SIGN_SECONDS", 0.05)
    with held(tmp_path / "lock", "training") as lease:
        before = os.stat(tmp_path / "lock").st_mtime_ns
        time.sleep(0.2)
        assert not lease.is_lost and os.stat(tmp_path / "lock").st_mtime_ns > before
        elsewhere(tmp_path / "lock")
        assert lease.taken_over.wait(5.0)
    assert "node7" in (tmp_path / "lock").read_text()


def test_status_says_who_trains_on_another_machine_and_who_is_silent(store):
    store.tell(TRUNK.id, 40, 2.5)
    lock = store.folder(TRUNK.id) / "lock"
    elsewhere(lock)
    elsewhere(store.path / LOCK)
    found = status(store.path)
    assert (found.runs[0].state, found.runs[0].trained_by) == (
        "under way",
        "process 7 on node7 (since 2026-01-01 00:00:00 UTC)",
    )
    assert "process 7 on node7" in found.launched_by
    code, _, err = spoken("launch", store.path)
    assert code == 1 and "process 7 on node7" in err and "is already training the runs of this folder" in err
    elsewhere(lock, silent=600.0)
    elsewhere(store.path / LOCK, silent=600.0)
    found = status(store.path)
    assert found.runs[0].state == "stopped" and "gave its last sign of life 10 min ago" in found.runs[0].trained_by
    assert found.launched_by == ""


def test_a_lock_never_follows_a_link(tmp_path):
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "lock").symlink_to(tmp_path / "precious")
    with pytest.raises(Exception, match="cannot write"), held(tmp_path / "lock", "training"):
        pass
    assert (tmp_path / "precious").read_text() == "mine"


def _all_at_once(folder, do, many=8):
    """Let threads open a study's folder in one instant, each with a lock of its own; gives what each got.

    `do(store, got)` sees what the others got so far.
    """
    start, got = threading.Barrier(many), []

    def one():
        start.wait()
        try:
            with new_or_kept(folder) as store:
                got.append(do(store, got))
        except (FailureError, StoreError, ZeroDivisionError) as failure:
            got.append(failure)

    threads = [threading.Thread(target=one) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def _stay_until_seven_are_answered(store, got):
    until = time.monotonic() + 20
    while len(got) < 7 and time.monotonic() < until:
        time.sleep(0.002)


def test_of_studies_that_start_in_one_instant_one_goes_on_and_the_others_say_who_it_is(tmp_path):
    for number in range(20):
        got = _all_at_once(tmp_path / str(number), _stay_until_seven_are_answered)
        refused = [one for one in got if isinstance(one, FailureError)]
        assert [len(refused), len(got)] == [7, 8], got
        assert all("is already training the runs of this folder" in str(one) for one in refused)
        assert not in_use(tmp_path / str(number) / LOCK)


def test_studies_that_fail_in_one_instant_never_call_the_folder_somebody_else_s(tmp_path):
    for number in range(40):
        got = _all_at_once(tmp_path / str(number), lambda store, got: 1 // 0)
        assert ZeroDivisionError in map(type, got)
        assert not [one for one in got if "is not a store" in str(one)], got


def test_a_lock_whose_file_was_removed_meanwhile_is_taken_anew(tmp_path):
    path = tmp_path / "lock"
    with held(path, "training"):
        waiting = threading.Thread(target=_hold_and_note, args=(path, noted := []))
        waiting.start()
        time.sleep(0.1)
        path.unlink()
    waiting.join()
    assert noted == [True]


def _hold_and_note(path, noted):
    with held(path, "training", patience=10.0):
        noted.append(in_use(path))


def test_a_run_is_under_way_only_while_somebody_trains_it(store):
    store.tell(TRUNK.id, 40, 2.5)
    assert [run.state for run in status(store.path).runs] == ["stopped", "to come"]
    assert "1 stopped: no process trains them, and the next launch resumes them" in status(store.path).blocks()[0]
    with held(store.folder(TRUNK.id) / "lock", "training"):
        assert [(run.state, run.step) for run in status(store.path).runs] == [("under way", 40), ("to come", 0)]


@pytest.mark.parametrize("content", ["", "5", "[", "[1]", '["a", 2]', "null", "{}", "[" * 5000])
def test_a_hint_that_is_lost_or_cut_short_harms_nobody(store, content):
    (store.folder(TRUNK.id) / "progress.json").write_text(content)
    assert store.progress(TRUNK.id) is None
    assert {run.state for run in status(store.path).runs} == {"to come"}


def test_a_hint_that_cannot_be_written_ends_nothing(tmp_path):
    write_hint(tmp_path / "no folder" / "progress.json", [1, 2.0])
    assert read_hint(tmp_path / "no folder" / "progress.json") is None


def test_a_second_launch_says_who_works_there_and_calls_nothing_failed(store):
    with held(store.path / LOCK, TRAINING):
        code, out, err = spoken("launch", store.path)
    assert (code, out) == (1, "")
    said = r"scalinglaws: process \d+ on \S+ \(since .*\) is already training the runs of this folder"
    assert re.match(said, err) and len(err.splitlines()) == 1


def test_a_worker_that_was_asked_to_end_or_killed_is_started_again(store, monkeypatch):
    monkeypatch.setattr("scalinglaws.launching.launch.POLL_SECONDS", 0.0)
    sweep = read_sweep(store.path)
    assert launch(sweep, store, Ending(ASKED_TO_END, -9, 0)) == []
    failures = launch(sweep, store, Ending(-9, ASKED_TO_END, -9))
    with pytest.raises(RunsFailedError, match="was killed 3 times by signal 9 from outside, perhaps because"):
        require_success(failures, "chains of runs")
    with pytest.raises(RunsFailedError, match=r"the log of the first says why: .*log.txt"):
        require_success(launch(sweep, store, Ending(2)), "chains of runs")


def _raised(failure):
    try:
        raise failure
    except type(failure) as found:
        return found


def test_a_failure_of_our_own_runs_is_classified_and_told_with_its_traceback_once(store):
    noted = {}
    for failure in (MemoryError("no more"), ValueError("a made-up bug"), StoreError("Delete it."), OSError(28, "full")):
        store.forget_failure(TRUNK.id)
        note(_raised(failure), TRUNK, store)
        noted[type(failure)] = store.failure(TRUNK.id)
    assert noted[OSError] is None  # it is tried again
    assert noted[MemoryError].kind == "out of memory" and "Use fewer processes" in noted[MemoryError].sentence
    assert noted[StoreError].sentence == "cannot go on: Delete it." and noted[StoreError].lines == ""
    bug = noted[ValueError]
    assert bug.sentence == "a bug: ValueError: a made-up bug." and bug.log == str(store.folder(TRUNK.id) / "log.txt")
    store.note_failure(bug)
    with pytest.raises(RunsFailedError) as told:
        require_success(launch(read_sweep(store.path), store, Ending(70)), "chains of runs")
    said = str(told.value)
    assert said.count("Traceback (most recent call last)") == 1 and "\n    ValueError: a made-up bug\nFix the" in said
    found = status(store.path)
    assert [run.state for run in found.runs] == ["failed", "to come"]
    assert "1 failed: once the cause is mended" in found.blocks()[0] and bug.log in found.blocks()[-1]


def test_a_process_behind_a_prefix_that_was_killed_is_given_no_more_work(store, monkeypatch):
    monkeypatch.setattr("scalinglaws.launching.launch.POLL_SECONDS", 0.0)
    started = Ending(-9, 0)
    said = []
    assert launch(read_sweep(store.path), store, started, tell=said.append) == []
    assert started.ended == [-9, 0] and said[-1].killed == 1  # its standard input was closed, by which the rest ends


def test_a_worker_is_asked_to_stop_between_runs_too(store):
    store.ask(BRANCH)
    with pytest.raises(Interrupted):
        work(store, [TRUNK.id, BRANCH.id], stop=lambda: True)
    assert not list(store.path.glob("runs/*/checkpoint*"))


def test_a_worker_imports_nothing_of_the_folder_that_it_is_started_in(store, tmp_path):
    (tmp_path / "numpy.py").write_text("open('executed', 'w')")
    python, *options, _ = _command(store, ["--device", "cpu"])[:-5]
    subprocess.run([python, *options[: options.index("-m")], "-c", "import numpy"], cwd=tmp_path, check=True)
    assert not (tmp_path / "executed").exists()
    subprocess.run([sys.executable, "-c", "import numpy"], cwd=tmp_path, check=True)
    assert (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    "name", ["../escape/deep", "/tmp/x", "", ".", "..", ".hidden", "a/b", "a\\b", "-x", "a\nb", "x" * 101]
)
def test_no_name_leads_out_of_the_folder(name, tmp_path):
    with pytest.raises(StudyError, match="the name of a study also names its folder"):
        Study(name, ((1, 8),), (1e5,))
    (tmp_path / "set.toml").write_text(f"families = [{json.dumps(name)}]\nshapes = [[1, 8]]\ntokens = [1e5]\n")
    with pytest.raises(StudyError, match="the name of a study also names its folder"):
        read_study(str(tmp_path / "set.toml"))


def test_ordinary_names_are_names():
    for name in ("quickstart", "F-N", "größen 2", "学", "lr=0.1", "v1.2+b"):
        assert Study(name, ((1, 8),), (1e5,)).name == name


def test_a_relative_text_is_taken_from_the_folder_of_the_study(tmp_path, monkeypatch):
    (tmp_path / "a" / "notes").mkdir(parents=True)
    keys = 'shapes = [[1, 8]]\ntokens = [1e5]\ncorpus = "text:notes"\n'
    keys += 'evaluate_on = ["text:other", "text:/abs", "stdlib"]\n'
    (tmp_path / "a" / "s.toml").write_text(keys)
    monkeypatch.chdir(tmp_path)
    asked = read_study("a/s.toml")
    assert (asked.corpus, asked.evaluate_on) == ("text:a/notes", ("text:a/other", "text:/abs", "stdlib"))
    assert read_study("a/s.toml", {"corpus": "text:here"}).corpus == "text:here"
    monkeypatch.chdir(tmp_path / "a")
    assert read_study("s.toml").corpus == "text:notes"


def test_cleaning_says_what_it_frees_and_keeps_what_is_needed(store):
    folder = store.folder(TRUNK.id)
    (folder / "run.json.1.part").write_bytes(b"x" * 10)
    (store.data / ".abc.part").mkdir(parents=True)
    (store.data / ".abc.part" / "train.bin").write_bytes(b"x" * 5)
    for step in (7, BRANCH.first_step):
        (folder / state_name(step)).write_bytes(b"x" * 100)
    said = clean(store.path, states=True)
    assert (said.unfinished.bytes, said.states.bytes, said.needed.bytes) == (15, 100, 100)
    assert "would free 115 bytes in 3 files" in said.text()
    assert (folder / state_name(7)).exists()
    with held(store.path / LOCK, "training"), pytest.raises(FailureError, match="already"):
        clean(store.path, remove=True)
    assert "freed 15 bytes in 2 files" in clean(store.path, remove=True).text()
    assert clean(store.path, states=True, remove=True).states.files == 1
    assert sorted(Path(folder).glob("*")) == [folder / "spec.json", folder / state_name(BRANCH.first_step)]


def test_cores_are_those_that_the_process_may_use(tmp_path):
    bound = cores(tmp_path)
    assert bound >= 1
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    assert cores(tmp_path) == min(bound, 2)
    (tmp_path / "cpu.max").write_text("50000 100000\n")
    assert cores(tmp_path) == 1
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert cores(tmp_path) == bound
