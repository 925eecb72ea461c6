"""Faults on a Slurm of two nodes: of its tasks, its jobs, its nodes, its limits and of the launch that waits for it."""

import signal
import tempfile
import time
from pathlib import Path

import numpy as np
from counts import Counts, Missing
from launches import POLL_SECONDS, Launches, processes_of, send
from placed import PACE, STUDY
from slurm_bed import missing, slurm, started
from tries import ANY, Fault, Try, meet, second_launch, to_launch, to_worker

SAVED = "the state is kept"  # what a worker says that was asked to end
START_SECONDS = 60.0  # for the scheduler to begin a task


def measure(seed: int, size: int) -> Counts:
    """Meet `size` faults, each kind in turn.

    Raises:
        Missing: there can be no Slurm here.
    """
    if why := missing():
        raise Missing(why)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as state, tempfile.TemporaryDirectory() as place, started(Path(state)) as bed:
        launches = Launches(Path(place), STUDY, seed, options=("--on", "slurm"), faults={"pace": 2 * PACE}, leaves=True)
        meet(launches, KINDS, size, rng, bed)
    return launches.counts


def running(one: Try) -> list[tuple[str, str]]:
    """The tasks that run, and the nodes that they run on."""
    rows = (line.split() for line in slurm("squeue", "-h", "-t", "R", "-o", "%A %N %F", "--array").splitlines())
    return [(row[0], row[1]) for row in rows if len(row) == 3]


def _first(do):
    """Do something to the first task that runs, and its node."""

    def done(one: Try):
        one.soon()
        if there := running(one):
            do(*there[0], one)

    return done


def _requeue(job: str, node: str, one: Try) -> None:
    slurm("scontrol", "requeue", job)
    _hurry(one, job)


def _hurry(one: Try, job: str) -> None:
    """Let a task that was put back to the queue start at once, in place of after two minutes."""
    until = time.monotonic() + START_SECONDS
    while one.process.poll() is None and time.monotonic() < until:
        state = slurm("squeue", "-h", "-j", job, "-o", "%t").split()
        if state == ["PD"]:
            slurm("scontrol", "update", f"jobid={job}", "starttime=now")
        if state in (["R"], []):
            return
        time.sleep(POLL_SECONDS)


def _cancel(job: str, node: str, one: Try) -> None:
    slurm("scancel", "--full", job)


def _cancel_all(job: str, node: str, one: Try) -> None:
    slurm("scancel", "--full", "--user=root")


def _kill_at_once(job: str, node: str, one: Try) -> None:
    slurm("scancel", "--full", "--signal=KILL", job)


def _drain(job: str, node: str, one: Try) -> None:
    slurm("scontrol", "update", f"nodename={node}", "state=drain", "reason=test")


def _down(job: str, node: str, one: Try) -> None:
    slurm("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    _hurry(one, job)


def _node_lost(job: str, node: str, one: Try) -> None:
    """The daemon of a node dies, and another is started."""
    daemon = one.bed.daemons[node]
    daemon.kill()
    daemon.wait()
    one.bed.start(node)


def _scheduler_lost(one: Try) -> None:
    """The scheduler dies in mid-run, and another is started."""
    one.soon()
    daemon = one.bed.daemons["slurmctld"]
    daemon.kill()
    daemon.wait()
    time.sleep(2)
    one.bed.start("slurmctld")


def _time_limit(job: str, node: str, one: Try) -> None:
    slurm("scontrol", "update", f"jobid={job}", "timelimit=1")
    _hurry(one, job)


def _suspended(job: str, node: str, one: Try) -> None:
    slurm("scontrol", "suspend", job)
    time.sleep(1)
    slurm("scontrol", "resume", job)


def _launch_and_job(one: Try) -> None:
    to_launch(signal.SIGKILL)(one)
    slurm("scancel", "--full", "--user=root")


def _launch_and_workers(one: Try) -> None:
    one.soon()
    for process in (one.process.pid, *processes_of(one.folder)):
        send(process, signal.SIGKILL)


def _well(one: Try) -> None:
    """Bring the nodes back, and wait for what the queue still has where it was cancelled."""
    for node in ("n1", "n2"):
        slurm("scontrol", "update", f"nodename={node}", "state=resume")


def _forgotten(one: Try) -> None:
    """Take out of the queue what ended while the scheduler was away: it believes such tasks to run for minutes."""
    _well(one)
    slurm("scancel", "--user=root")


KINDS = {
    "a worker killed": Fault(to_worker(signal.SIGKILL)),
    "a worker terminated": Fault(to_worker(signal.SIGTERM)),
    "a task requeued": Fault(_first(_requeue), said=SAVED, if_again=True),
    "a task cancelled": Fault(_first(_cancel), said=SAVED, if_again=True),
    "a task killed": Fault(_first(_kill_at_once)),
    "the whole job cancelled": Fault(_first(_cancel_all), said=SAVED, if_again=True),
    "a node drained": Fault(_first(_drain), after=_well),
    "a node down": Fault(_first(_down), after=_well),
    "the daemon of a node lost": Fault(_first(_node_lost), after=_well),
    "the scheduler lost for a while": Fault(_scheduler_lost, after=_forgotten),
    "a time limit reached": Fault(_first(_time_limit), meets={"pace": 0.8}, said=SAVED),
    "a task suspended": Fault(_first(_suspended)),
    "the launch killed": Fault(to_launch(signal.SIGKILL), codes=ANY),
    "the launch terminated": Fault(to_launch(signal.SIGTERM), codes=ANY),
    "the launch interrupted": Fault(to_launch(signal.SIGINT), codes=ANY, said="interrupted"),
    "the launch killed and its job cancelled": Fault(_launch_and_job, codes=ANY),
    "the launch and its workers killed": Fault(_launch_and_workers, codes=ANY),
    "out of memory raised": Fault(meets={"raise": "memory:4"}, codes=(1,), said="out of memory: Mem", tracebacks=1),
    "a bug raised": Fault(meets={"raise": "bug:4"}, codes=(1,), said="a bug: ValueError: a made-up", tracebacks=1),
    "the disk full for a while": Fault(meets={"disk": "ENOSPC on write:3"}, said="wait for a disk"),
    "two launches on one folder": Fault(second_launch, said="is already training the runs of this folder"),
    "stopped by a limit of hours": Fault(
        options=("--max-hours", "1e-4"), codes=(3,), said="--max-hours 0.0001 is reached"
    ),
}
