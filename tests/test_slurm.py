"""A launch on a real Slurm of two nodes on this machine, as benchmarks/faults/slurm_bed.py starts it."""

import csv
import importlib
import signal
import subprocess
import sys
import time
from dataclasses import replace

import pytest
from test_launch import STUDY, numbers, prepare, text  # noqa: F401 (a fixture)

from scalinglaws.designing.design import Sweep
from scalinglaws.launching.launch import launch
from scalinglaws.launching.slurm import Slurm
from scalinglaws.training.worker import work

slurm_bed = importlib.import_module("slurm_bed")  # from benchmarks/faults, which test_launch puts on the path
slurm = slurm_bed.slurm
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Two nodes; the commands of Slurm stand first on PATH while the tests run."""
    if why := slurm_bed.missing():
        pytest.skip(why)
    with slurm_bed.started(tmp_path_factory.mktemp("slurm")) as started:
        yield started


SIX = replace(STUDY, shapes=((1, 8), (1, 12), (1, 16), (1, 20), (1, 24), (1, 32)), tokens=(3e4, 6e4))


def test_six_chains_with_a_node_drained_and_a_task_requeued_give_the_losses_of_this_machine(tmp_path, text, cluster):  # noqa: F811
    whole, sweep = prepare(tmp_path / "whole", text, SIX)
    for spec in sweep.runs:
        whole.ask(spec)
    work(whole, [spec.id for chain in sweep.chains for spec in chain])
    store, _ = prepare(tmp_path / "store", text, SIX)
    done = []

    def disturb(progress):
        running = slurm("squeue", "-h", "-t", "R", "-o", "%A %N", "--array").split()
        if len(running) >= 4 and not done:
            slurm("scontrol", "update", "nodename=n2", "state=drain", "reason=test")
            done.append(running[0])
            slurm("scontrol", "requeue", running[0])
        elif done:  # a requeued task waits two minutes otherwise
            slurm("scontrol", "update", f"jobid={done[0]}", "starttime=now")

    failures = launch(Sweep("s", sweep.runs), store, Slurm(4), tell=disturb)
    assert done and failures == []
    assert numbers(store) == numbers(whole)
    slurm("scontrol", "update", "nodename=n2", "state=resume")
    assert len(list((store.path / "slurm").glob("*/job.json"))) == 1


def test_a_launch_that_died_finds_its_tasks_in_the_queue_again(tmp_path, text, cluster):  # noqa: F811
    store, sweep = prepare(tmp_path / "store", text, SIX)
    command = [sys.executable, "-m", "scalinglaws", "launch", str(store.path), "--on", "slurm", "--processes", "2"]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 300
    while not list((store.path / "slurm").glob("*/job.json")) or not slurm("squeue", "-h", "-t", "R"):
        assert time.monotonic() < deadline and first.poll() is None
        time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert launch(sweep, store, Slurm(2)) == []
    assert len(list((store.path / "slurm").glob("*/job.json"))) == 1
    assert all(map(store.has, sweep.runs))


def test_a_whole_study_on_slurm_gives_the_points_of_one_here(tmp_path, text, cluster):  # noqa: F811
    (tmp_path / "s.toml").write_text(
        f'corpus = "text:{text}"\nshapes = [[1, 8], [1, 12], [1, 16], [1, 24]]\ntokens = [3e4, 6e4]\nn_ctx = 32\n'
        "eval_tokens = 1024\nevaluations = 4\nwarmup_share = 0.1\nhold_out = 1\ndraws = 50\n"
    )
    tables, said = [], []
    for name, on in (("here", "local"), ("there", "slurm")):
        for words in (("study", "s.toml", "--to", name, "--on", on), ("points", name, "--to", f"{name}.csv")):
            done = subprocess.run(
                [sys.executable, "-m", "scalinglaws", *words], cwd=tmp_path, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stderr
            said.append(done.stderr)
        with open(tmp_path / f"{name}.csv", newline="") as file:
            tables.append([row | {"seconds": ""} for row in csv.DictReader(file)])
    assert tables[0] == tables[1] and len(tables[0]) == 4 * 2 - 1
    assert "predicted before training" in said[2]
    assert list((tmp_path / "there" / "slurm").glob("*/job.json"))
    assert (tmp_path / "there" / "report" / "index.html").exists()
