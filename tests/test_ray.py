"""Runs as tasks of a real Ray on this machine, by a Python with Ray that RAY_PYTHON names, or by this one."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from cli_made import spoken
from test_launch import STUDY, launches, numbers, prepare, text, under_way, wait_for  # noqa: F401 (a fixture)

from scalinglaws.errors import MisuseError, NameUnknownError
from scalinglaws.launching.executors import where
from scalinglaws.launching.ray_tasks import Ray
from scalinglaws.training.worker import work

SIX = replace(STUDY, shapes=((1, 8), (1, 12), (1, 16), (1, 20), (1, 24), (1, 32)))


@pytest.fixture
def python():
    """A Python with Ray and with this package."""
    found = os.environ.get("RAY_PYTHON", sys.executable)
    if subprocess.run([found, "-c", "import ray, scalinglaws"], capture_output=True).returncode:
        pytest.skip(f"{found} has no Ray; RAY_PYTHON may name a Python that has: pip install 'scalinglaws[ray]'")
    return found


def started(python, *words):
    hasty = {"PYTHONPATH": str(launches.INSIDE), "FAULTS_SECONDS": str(launches.HASTE_SECONDS), "FAULTS_PAUSE": "0.05"}
    command = [python, "-m", "scalinglaws", *map(str, words)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | hasty)


def parent_of(process):
    with open(f"/proc/{process}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


@pytest.mark.slow
def test_a_killed_process_and_a_killed_worker_of_ray_change_no_number(tmp_path, text, python):  # noqa: F811
    whole, sweep = prepare(tmp_path / "whole", text, SIX)
    for spec in sweep.runs:
        whole.ask(spec)
    work(whole, [spec.id for chain in sweep.chains for spec in chain])
    store, _ = prepare(tmp_path / "store", text, SIX)
    launch = started(python, "launch", store.path, "--on", "ray", "--processes", 2)
    wait_for(lambda: under_way(store) or launch.poll() is not None, 300)
    first = launches.processes_of(store.path)[0]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: set(launches.processes_of(store.path)) - {first}, 300)
    (other, *_) = set(launches.processes_of(store.path)) - {first}
    os.kill(parent_of(other), signal.SIGKILL)  # the process in which Ray runs the task
    _, said = launch.communicate()
    assert launch.returncode == 0, said
    assert numbers(store) == numbers(whole) and len(numbers(store)) == len(sweep.runs)


@pytest.mark.slow
def test_a_launch_that_is_stopped_or_dies_leaves_states_and_the_next_goes_on(tmp_path, text, python):  # noqa: F811
    whole, sweep = prepare(tmp_path / "whole", text)
    for spec in sweep.runs:
        whole.ask(spec)
    work(whole, [spec.id for chain in sweep.chains for spec in chain])
    store, _ = prepare(tmp_path / "store", text)
    for word in (signal.SIGINT, signal.SIGKILL):
        launch = started(python, "launch", store.path, "--on", "ray")
        wait_for(lambda: under_way(store) or launch.poll() is not None, 300)  # noqa: B023
        assert launch.poll() is None
        launch.send_signal(word)
        launch.communicate()
        wait_for(lambda: not launches.processes_of(store.path), 120)
        runs = [path.parent for path in under_way(store)] if word == signal.SIGINT else []
        assert all((run / "run.json").exists() or (run / "checkpoint.safetensors").exists() for run in runs)
    last = started(python, "launch", store.path, "--on", "ray")
    _, said = last.communicate()
    assert last.returncode == 0, said
    assert numbers(store) == numbers(whole)


@pytest.mark.slow
def test_a_whole_study_on_ray_gives_the_points_of_one_here(tmp_path, text, python):  # noqa: F811
    (tmp_path / "s.toml").write_text(
        f'corpus = "text:{text}"\nshapes = [[1, 8], [1, 12], [1, 16], [1, 24]]\ntokens = [3e4, 6e4]\nn_ctx = 32\n'
        "eval_tokens = 1024\nevaluations = 4\nwarmup_share = 0.1\nhold_out = 1\ndraws = 50\n"
    )
    tables = []
    for name, on in (("here", "local"), ("there", "ray")):
        study = started(python, "study", tmp_path / "s.toml", "--to", tmp_path / name, "--on", on)
        _, said = study.communicate()
        assert study.returncode == 0, said
        table = json.loads((tmp_path / name / "results.json").read_text())["points"]["columns"]
        tables.append({key: value for key, value in table.items() if key != "seconds"})
    assert tables[0] == tables[1]
    assert (tmp_path / "there" / "report" / "index.html").exists()
    shutil.rmtree(tmp_path / "here")


@pytest.mark.parametrize(
    ("given", "wrong", "said"),
    [
        ({"on": "moon"}, NameUnknownError, "local, ray, slurm"),
        ({"on": "ray", "sbatch": "--time=5"}, MisuseError, "is for on='slurm', and this is on='ray'"),
        ({"prefix": "ssh HOST", "on": "slurm"}, MisuseError, "is for on='local'"),
        ({"prefix": "'"}, MisuseError, "no closing quotation"),
        ({"on": "ray", "ray": "num_gpu=1"}, NameUnknownError, "Did you mean 'num_gpus'"),
        ({"on": "ray", "ray": "num_gpus=many"}, MisuseError, r"such as ray='num_gpus=0\.5'"),
        ({"on": "ray", "ray": "memory=-1"}, MisuseError, "a number of at least 0"),
        ({"on": "ray", "ray": "address="}, MisuseError, "address="),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(given, wrong, said):
    with pytest.raises(wrong, match=said):
        where(**given)


def test_resources_are_read_and_a_cluster_takes_as_many_as_it_has_room_for():
    found = where("ray", ray="address=1.2.3.4:6379 num_gpus=0.25 memory=2e9").executor(0, 2)
    assert found == Ray(10_000, {"address": "1.2.3.4:6379", "num_gpus": 0.25, "memory": 2e9})
    assert where("ray").executor(3, 2) == Ray(3)


def test_what_is_proposed_works_when_it_is_typed(tmp_path, text):  # noqa: F811
    store, sweep = prepare(tmp_path / "store", text)
    for spec in sweep.runs:
        (store.folder(spec.id)).mkdir(parents=True)
        (store.folder(spec.id) / "run.json").write_text("{}")  # all there, so that nothing starts
    code, _, err = spoken("launch", store.path, "--on", "ray", "--prefix", "nice")
    assert code == 2 and "Leave it out, or give --on local." in err
    code, _, err = spoken("launch", store.path, "--on", "ray", "--ray", "num_gpus=x")
    assert code == 2 and "such as --ray num_gpus=0.5" in err
