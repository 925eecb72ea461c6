"""A study whose runs a trainer of one's own trains: what it is asked, how it is read, and how it fails."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

import scalinglaws as sl
from scalinglaws.designing.design import Sweep, design
from scalinglaws.designing.read_study import read_study
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import FailureError, RunsFailedError, StudyError
from scalinglaws.launching.launch import launch
from scalinglaws.launching.processes import Local, through, was_killed
from scalinglaws.run.trainer import ELSEWHERE, KNOWN, SETTINGS, Trainer, evaluate_every
from scalinglaws.store.lock import in_use
from scalinglaws.store.store import open_store
from scalinglaws.training.interrupted import Interrupted, Killed
from scalinglaws.training.own_trainer.ends import end_of, quoted
from scalinglaws.training.own_trainer.work import work

HERE = Path(__file__).parent
SCRIPT = """
import json, os, pathlib, random, signal, sys
run = json.loads(pathlib.Path(sys.argv[1]).read_text())
out = pathlib.Path(sys.argv[1]).parent
n, d = 12 * run["n_layer"] * run["d_model"] ** 2, run["tokens"]
def loss(d):
    return 1.5 + (2e3 / n) ** 0.3 + (1e4 / d) ** 0.3 + random.Random(run["seed"] + n + d).gauss(0, 0.003)
told = {"loss": loss(d), "tokens": d, "steps": run["steps"], "params_nonembedding": n}
told["curve"] = [[run["steps"] * k // 4, loss(d * k // 4)] for k in (1, 2, 3)]
FAULT
(out / "result.json").write_text(json.dumps(told))
"""
ASKED = {"shapes": ((1, 8), (1, 12)), "tokens": (1e5,), "n_vocab": 256, "n_ctx": 32, "batch": 8}


def trainer_of(folder, fault="", **more):
    """A trainer in a few lines: losses by a law, in place of training; `fault` is done before it writes its result."""
    (folder / "train.py").write_text(SCRIPT.replace("FAULT", fault))
    return Trainer(f"{sys.executable} train.py {{run_file}}", directory=str(folder), **more)


def store_of(folder, trainer, **changes):
    study = Study("mine", **(ASKED | {"trainer": trainer} | changes))
    store, sweep = open_store(folder / "store", create=True), design(study, 256, "own", None)
    for spec in sweep.runs:
        store.ask(spec)
    return store, sweep.runs


def failure_of(tmp_path, fault, kind=FailureError, **more):
    """What is said of a run whose trainer has a fault, and its class in the store."""
    store, (run, *_) = store_of(tmp_path, trainer_of(tmp_path, fault, **more))
    with pytest.raises(kind) as told:
        work(store, [run.id])
    return str(told.value), store.failure(run.id).kind


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_setting_under_a_trainers_own_name_is_offered_under_ours(name):
    with pytest.raises(StudyError, match=f"Did you mean {{{ELSEWHERE[name]}}}"):
        Trainer(f"python train.py {{steps}} {{d_model}} --x={{{name}}}")


def test_what_every_run_would_have_in_common_is_refused():
    for command, said in (
        ("python train.py", "neither the size"),
        ("python train.py {d_model}", "neither the length"),
        ("python 'train.py", "no closing quotation"),
        (" ", "no command"),
    ):
        with pytest.raises(StudyError, match=said):
            Trainer(command)
    told = Trainer("python train.py {d_model} {steps}")
    for changes, said in (
        ({"seeds": 2}, "does not name {seed}"),
        ({"each_batch": (4, 8)}, "each_batch varies batch"),
        ({"lr": "auto"}, "lr varies lr"),
        ({"reads": "nanogtp"}, "Did you mean 'nanogpt'"),
        ({"n_vocab": 0}, "needs n_vocab"),
        ({"early_stop": 2}, "only our trainer"),
    ):
        with pytest.raises(StudyError, match=said):
            Study("mine", **(ASKED | {"trainer": told} | changes))


def test_keys_of_a_trainer_are_refused_where_there_is_none(tmp_path):
    with pytest.raises(StudyError, match="n_vocab = 256 is for a trainer"):
        design(Study("mine", **ASKED), 256, "d", None)


def test_placeholders_become_the_settings_of_the_run(tmp_path):
    command = " ".join(f"--{name}={{{name}}}" for name in KNOWN)
    study = Study("mine", **(ASKED | {"trainer": f"train {command}"}))
    (run, *_) = design(study, 256, "own", None).runs
    words = run.trainer.words(run, tmp_path / "a folder")
    told = dict(word.removeprefix("--").split("=", 1) for word in words[1:])
    assert (told["n_layer"], told["d_model"], told["steps"], told["tokens"]) == ("1", "8", "391", "100096")
    assert told["folder"] == str(tmp_path / "a folder")
    assert set(told) == set(KNOWN) and set(SETTINGS) <= set(KNOWN)


def test_the_last_evaluation_is_that_of_the_last_step():
    for steps in (1, 7, 100, 391, 2000, 7919):
        assert steps % evaluate_every(steps, 12) == 0
    assert evaluate_every(2000, 12) == 125


def test_the_id_depends_on_the_command_or_on_its_name_and_not_on_how_it_is_read(tmp_path):
    def one(**changes):
        trainer = replace(Trainer("python train.py {run_file}"), **changes)
        return design(Study("mine", **(ASKED | {"trainer": trainer})), 256, "own", None).runs[0].id

    assert one() == one(reads="nanogpt") == one(resume="--resume") == one(directory="/elsewhere")
    assert one() != one(command="python other.py {run_file}")
    assert one(name="a") == one(name="a", command="python other.py {run_file}") != one(name="b")


def test_separate_runs_without_a_branch_and_trunks_with_one():
    apart = Study("mine", **(ASKED | {"trainer": "train {run_file}", "tokens": (1e5, 2e5)}))
    assert apart.schedule == "own"
    assert not any(run.parent or run.is_trunk for run in design(apart, 256, "own", None).runs)
    joined = replace(apart, schedule="wsd", trainer=Trainer("t {run_file}", save="-s {branch_at}", branch="-b {trunk}"))
    runs = design(joined, 256, "own", None).runs
    trunk, branch = runs[0], runs[1]
    assert trunk.is_trunk and branch.parent == trunk.id
    assert trunk.trainer.words(trunk, Path("f"))[-2:] == ["-s", ",".join(map(str, trunk.branch_at))]
    assert branch.trainer.words(branch, Path("f"), Path("t"))[-2:] == ["-b", "t"]


def test_a_run_is_its_command_in_its_folder_and_is_never_started_twice(tmp_path):
    store, runs = store_of(tmp_path, trainer_of(tmp_path))
    work(store, [run.id for run in runs])
    kept = store.runs_of(runs)
    assert [run.outcome for run in kept] == ["finished", "finished"]
    assert kept[0].final.tokens == 100096 and len(kept[0].curve) == 4
    asked = json.loads((store.folder(runs[0].id) / "trainer" / "run.json").read_text())
    assert asked["d_model"] == 8 and asked["steps"] == 391
    before = (store.folder(runs[0].id) / "run.json").stat().st_mtime_ns
    work(store, [run.id for run in runs])
    assert (store.folder(runs[0].id) / "run.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("told['steps'] -= 100", "the last held-out loss is that of step 291 of 391"),
        ("told['tokens'] *= 2", "it was trained on 200,192 tokens, and 100,096 are asked"),
        (
            "told['params_nonembedding'] *= 4",
            "reports params_nonembedding = 3,072, and the shape that is asked has 768",
        ),
        ("told['d_model'] = 16", "its d_model is 16, and 8 is asked"),
        ("told['curve'].insert(0, [0, 8.0])", "in bits"),
        ("told['curve'].insert(0, [0, 1.0])", "n_vocab = 256 is not the trainer's vocabulary"),
        ("told['loss'] = -1", "above 0"),
    ],
)
def test_a_run_that_is_another_than_asked_is_no_point(tmp_path, fault, said):
    message, kind = failure_of(tmp_path, fault)
    assert said in message and kind == "not what was asked"


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        ("raise ValueError('no such data')", "a bug", "ValueError: no such data"),
        ("print('torch.OutOfMemoryError: CUDA out of memory'); sys.exit(1)", "out of memory", "{micro_batch}"),
        ("sys.exit(0)", "no result", "wrote no result.json"),
        ("told['losss'] = 1", "no result", "Did you mean 'loss'"),
        ("told['loss'] = 'low'", "no result", "is not a number"),
        ("raise OSError('No space left on device')", "disk full", "full or read-only"),
    ],
)
def test_failures_are_told_with_the_end_of_the_log(tmp_path, fault, kind, said):
    message, found = failure_of(tmp_path, fault)
    assert found == kind and said in message


def test_a_trainer_that_was_killed_is_no_failure_and_begins_again_or_goes_on(tmp_path):
    seen = "\n(out / f'attempt-{len(sys.argv)}').touch()"
    fault = (
        seen + "\nif len(list(out.glob('attempt*'))) < 2 and len(sys.argv) == 2: os.kill(os.getpid(), signal.SIGKILL)"
    )
    store, (run, *_) = store_of(tmp_path, trainer_of(tmp_path, fault, resume="again"))
    with pytest.raises(Killed, match="signal 9"):
        work(store, [run.id])
    assert store.failure(run.id).kind == "killed"
    work(store, [run.id])
    assert store.run(run).outcome == "finished" and store.failure(run.id) is None
    assert {path.name for path in (store.folder(run.id) / "trainer").glob("attempt*")} == {"attempt-2", "attempt-3"}


def test_memory_that_is_too_small_takes_smaller_parts_of_the_same_batch(tmp_path):
    (tmp_path / "train.py").write_text(
        "import sys, json, pathlib\n"
        "part, times, steps, out, size = sys.argv[1:]\n"
        "assert int(part) <= 2, 'out of memory'\n"
        "told = {'loss': 3.0, 'steps': int(steps), 'tokens': int(part) * int(times) * 32 * int(steps)}\n"
        "pathlib.Path(out, 'result.json').write_text(json.dumps(told))\n"
    )
    command = f"{sys.executable} train.py {{micro_batch}} {{accumulate}} {{steps}} {{folder}} {{d_model}}"
    store, runs = store_of(tmp_path, Trainer(command, directory=str(tmp_path)))
    run = runs[0]
    work(store, [run.id])
    assert store.run(run).provenance["parts_of_batch"] == "4"
    assert {path.name for path in (store.path / "runs").iterdir()} == {one.id for one in runs}  # the same run
    assert (store.folder(run.id) / "trainer" / "result.json").exists()  # where a branch looks for its trunk's states


def test_a_loss_that_is_no_number_is_an_outcome(tmp_path):
    for fault, outcome in (("told['loss'] = None", "diverged"), ("told['loss'] = 6.0", "failed to learn")):
        (tmp_path / outcome).mkdir()
        store, (run, *_) = store_of(tmp_path / outcome, trainer_of(tmp_path / outcome, fault))
        work(store, [run.id])
        assert store.run(run).outcome == outcome


def test_a_trainer_is_asked_to_end(tmp_path):
    fault = "import time; print('step 7 loss 3.5', flush=True); time.sleep(60)"
    store, (run, *_) = store_of(tmp_path, trainer_of(tmp_path, fault))
    with pytest.raises(Interrupted):
        work(store, [run.id], stop=lambda: "step 7" in (store.folder(run.id) / "trainer" / "log.txt").read_text())
    assert not store.has(run)


def test_exit_codes_through_a_shell_are_those_of_the_signal():
    assert end_of(137, "").kind == end_of(-9, "").kind == end_of(143, "").kind == "killed"
    assert end_of(139, "").kind == end_of(-11, "").kind == end_of(1, "").kind == "a bug"
    log = "Traceback (most recent call last):\n  File 'a'\nValueError: first\nTraceback (most recent call last):\nlater"
    assert quoted(log).splitlines()[-1] == "ValueError: first"


def test_a_process_behind_a_shell_that_is_killed_is_started_again_and_not_a_failure(tmp_path):
    fault = "mark = out.parent / 'killed'\nif not mark.exists(): mark.touch(); os.kill(os.getppid(), signal.SIGKILL)"
    store, runs = store_of(tmp_path, trainer_of(tmp_path, fault), shapes=((1, 8),))
    shell = ("sh", "-c", '"$@"; exit $?', "sh")
    assert launch(Sweep("s", runs), store, Local(1, shell)) == []
    assert (store.folder(runs[0].id) / "killed").exists()
    assert [run.outcome for run in store.runs_of(runs)] == ["finished"]


def test_a_trainer_ends_where_its_worker_is_killed_and_the_lock_is_held_until_then(tmp_path):
    worker = (
        "import os, pathlib, signal, subprocess, sys\n"
        "from scalinglaws.store.lock import held\n"
        "from scalinglaws.training.own_trainer.guard import guarded\n"
        "shell = 'trap \"sleep 1; exit\" TERM; echo up; while :; do sleep 0.1; done'\n"
        "with held(pathlib.Path('lock'), 'training') as lease:\n"
        "    one = subprocess.Popen(['sh', '-c', shell], start_new_session=True, stdout=subprocess.PIPE)\n"
        "    one.stdout.readline()\n"
        "    with guarded(one.pid, 20, lease.descriptor):\n"
        "        print(one.pid, flush=True)\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", worker], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL and in_use(tmp_path / "lock")
    deadline = time.monotonic() + 20
    while in_use(tmp_path / "lock"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.killpg(int(done.stdout), 0)


def test_words_are_quoted_for_the_shell_of_another_machine():
    assert through(("ssh", "host"), ["a b", "c"]) == ["ssh", "host", "'a b'", "c"]
    assert through(("srun",), ["a b"]) == ["srun", "a b"] and through((), ["a"]) == ["a"]
    assert all(map(was_killed, (-9, 75, 129, 130, 137, 143, 255))) and not any(map(was_killed, (0, 1, 2, 139)))


def test_a_function_is_a_trainer_and_its_exception_is_told(tmp_path):
    seen = []

    def train(run, folder):
        seen.append(run["seed"])
        if run["d_model"] == 12:
            raise ValueError("no such width")
        return {"loss": 3.0, "steps": run["steps"]}

    asked = Study("mine", **(ASKED | {"trainer": "train {run_file}"}))
    with pytest.raises(RunsFailedError, match="ValueError: no such width"):
        sl.study(asked, tmp_path / "s", trainer=train)
    assert len(seen) == 2 and len(open_store(tmp_path / "s").runs()) == 1


def test_changes_of_a_study_file_are_values_of_any_kind():
    with pytest.raises(StudyError, match="no study file"):
        sl.study("nosuch.toml", changes={"seeds": 2, "corpus": "stdlib"}, trainer="train {run_file}")


@pytest.mark.slow
def test_ten_lines_of_a_study_file_give_laws_a_tested_forecast_and_a_plan(tmp_path):
    trainer_of(tmp_path)
    (tmp_path / "mine.toml").write_text(
        f'trainer = "{sys.executable} train.py {{run_file}}"\n'
        "n_vocab = 256\nn_ctx = 32\nbatch = 8\n"
        "shapes = [[1, 8], [1, 12], [2, 16], [2, 24], [2, 32], [2, 48], [3, 64]]\n"
        "tokens = [1e5, 2e5, 4e5]\nhold_out = 1\nseeds = 2\nseed_shape = [2, 16]\ndraws = 200\n"
    )
    said = []
    results = sl.study(tmp_path / "mine.toml", tmp_path / "mine", say=said.append)
    assert results.runs_present == results.runs_expected == 6 * 3 + 3 + 1
    assert results.held_out.held and results.plans
    assert any(line.startswith("predicted before training") for line in said)
    assert (tmp_path / "mine" / "report" / "index.html").is_file()
    assert read_study(str(tmp_path / "mine.toml")).own_trainer.directory == str(tmp_path)
