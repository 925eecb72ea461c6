"""Faults on a Ray of this machine: of the processes of its tasks, of its own workers, and of the launch."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
from counts import Counts, Missing
from launches import POLL_SECONDS, Launches, hasty, processes_of, send
from placed import PACE, STUDY
from tries import AGAIN, ANY, Fault, Try, meet, second_launch, to_launch, to_worker

UP_SECONDS = 120.0  # for a cluster to start
NOTED = Path("/tmp/ray/ray_current_cluster")  # where the next Ray of this machine looks for one that runs


def measure(seed: int, size: int) -> Counts:
    """Meet `size` faults, each kind in turn.

    Raises:
        Missing: there is no Python with Ray here.
    """
    python = os.environ.get("RAY_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import ray, scalinglaws"], capture_output=True).returncode:
        raise Missing(f"{python} has no Ray; RAY_PYTHON may name a Python that has")
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as place, cluster(python, Path(place)) as address:
        options = ("--on", "ray", "--ray", f"address={address}")
        launches = Launches(Path(place) / "s", STUDY, seed, options, faults={"pace": 2 * PACE}, python=python)
        meet(launches, KINDS, size, rng)
    return launches.counts


@contextmanager
def cluster(python: str, place: Path) -> Iterator[str]:
    """Start a cluster of one node with two cores while the block runs; give its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [python, "-m", "ray.scripts.scripts", "start", "--head", "--block", f"--port={port}", "--num-cpus=2"]
    command += ["--include-dashboard=false", "--node-ip-address=127.0.0.1", "--disable-usage-stats"]
    with open(place / "ray.log", "ab") as said:
        head = subprocess.Popen(command, env=hasty(), stdout=said, stderr=said, start_new_session=True)
    try:
        _wait_for(port, head, place / "ray.log")
        yield f"127.0.0.1:{port}"
    finally:
        head.terminate()
        with suppress(subprocess.TimeoutExpired):
            head.wait(30)
        with suppress(ProcessLookupError):
            os.killpg(head.pid, signal.SIGKILL)
        if NOTED.exists() and f":{port}" in NOTED.read_text():
            NOTED.unlink()


def _wait_for(port: int, head: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while "Ray runtime started" not in log.read_text():
        if head.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(log.read_text())
        time.sleep(POLL_SECONDS)


def parent_of(process: int) -> int:
    """The process that started another: of a task's process, the one in which Ray runs the task."""
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def _to_rays_worker(word, *, launch: bool = False):
    def do(one: Try):
        one.soon()
        if launch:
            send(one.process.pid, signal.SIGKILL)
        for process in processes_of(one.folder)[:1]:
            with suppress(OSError):
                send(parent_of(process), word)

    return do


def _stopped(one: Try) -> None:
    """A process that stands still when its launch dies, and goes on later."""
    one.soon()
    there = processes_of(one.folder)[:1]
    for process in there:
        send(process, signal.SIGSTOP)
    send(one.process.pid, signal.SIGKILL)
    time.sleep(1)
    for process in there:
        send(process, signal.SIGCONT)


def _twice(one: Try) -> None:
    to_launch(signal.SIGINT)(one)
    time.sleep(POLL_SECONDS)
    send(one.process.pid, signal.SIGINT)


KILLED = Fault(said=AGAIN, if_again=True)
KINDS = {
    "a worker killed": replace(KILLED, do=to_worker(signal.SIGKILL)),
    "a worker terminated": replace(KILLED, do=to_worker(signal.SIGTERM)),
    "every worker killed": replace(KILLED, do=to_worker(signal.SIGKILL, True)),
    "a worker of Ray killed": replace(KILLED, do=_to_rays_worker(signal.SIGKILL)),
    "a worker of Ray terminated": replace(KILLED, do=_to_rays_worker(signal.SIGTERM)),
    "the launch killed": Fault(to_launch(signal.SIGKILL), codes=ANY),
    "the launch terminated": Fault(to_launch(signal.SIGTERM), codes=ANY),
    "the launch interrupted": Fault(to_launch(signal.SIGINT), codes=ANY, said="interrupted"),
    "the launch interrupted twice": Fault(_twice, codes=ANY, tracebacks=ANY),
    "the launch and its workers killed": Fault(to_launch(signal.SIGKILL, workers=True), codes=ANY),
    "the launch and a worker of Ray killed": Fault(_to_rays_worker(signal.SIGKILL, launch=True), codes=ANY),
    "a worker stopped, then the launch killed": Fault(_stopped, codes=ANY),
    "out of memory raised": Fault(meets={"raise": "memory:4"}, codes=(1,), said="out of memory: Mem", tracebacks=1),
    "a bug raised": Fault(meets={"raise": "bug:4"}, codes=(1,), said="a bug: ValueError: a made-up", tracebacks=1),
    "the disk full for a while": Fault(meets={"disk": "ENOSPC on write:3"}, said="wait for a disk"),
    "two launches on one folder": Fault(second_launch, said="is already training the runs of this folder"),
    "stopped by a limit of hours": Fault(
        options=("--max-hours", "1e-4"), codes=(3,), said="--max-hours 0.0001 is reached"
    ),
    "a worker killed three times": Fault(meets={"raise": "kill:0"}, codes=(1,), said="was killed 3 times by signal 9"),
}
