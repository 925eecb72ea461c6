"""A launch on a real Slurm of two nodes on this machine, from unpacked Debian packages that SLURM_ROOT names.

apt-get download munge libmunge2 slurmctld slurmd slurm-client slurm-wlm-basic-plugins libhwloc15 liblua5.1-0, and
dpkg-deb -x each into one folder: nothing is installed. The daemons run as root.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from test_launch import STUDY, numbers, prepare, text  # noqa: F401 (a fixture)

from scalinglaws.designing.design import Sweep
from scalinglaws.launching.launch import launch
from scalinglaws.launching.slurm import Slurm
from scalinglaws.training.worker import work

pytestmark = pytest.mark.slow
CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={state}/socket
CryptoType=crypto/munge
PluginDir={root}/usr/lib/x86_64-linux-gnu/slurm-wlm
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
StateSaveLocation={state}/saved
SlurmdSpoolDir={state}/spool-%n
SlurmctldPidFile={state}/ctld.pid
SlurmdPidFile={state}/d-%n.pid
SlurmctldLogFile={state}/ctld.log
SlurmdLogFile={state}/d-%n.log
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
KillWait=30
SchedulerParameters=batch_sched_delay=1,sched_interval=5
NodeName=n[1-2] NodeHostname={host} NodeAddr=127.0.0.1 Port=[{first}-{second}] CPUs=2
PartitionName=p Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Start munged, slurmctld and two slurmd; their commands stand first on PATH while the tests run."""
    root = os.environ.get("SLURM_ROOT")
    if not root or not (Path(root) / "usr/sbin/slurmctld-wlm").exists():
        pytest.skip("SLURM_ROOT names no folder of unpacked Slurm packages")
    if os.geteuid():
        pytest.skip("the daemons of Slurm run as root here")
    state = tmp_path_factory.mktemp("slurm")
    libraries = f"{root}/usr/lib/x86_64-linux-gnu"
    before = dict(os.environ)
    os.environ |= {
        "LD_LIBRARY_PATH": f"{libraries}:{libraries}/slurm-wlm",
        "SLURM_CONF": str(state / "slurm.conf"),
        "PATH": f"{root}/usr/bin:{os.environ['PATH']}",
    }
    (state / "saved").mkdir()
    (state / "key").write_bytes(os.urandom(1024))
    (state / "key").chmod(0o400)
    state.chmod(0o755)
    ports = {"port": 26817, "first": 26818, "second": 26819}
    (state / "slurm.conf").write_text(CONFIGURATION.format(host=socket.gethostname(), root=root, state=state, **ports))
    own = [f"--{name}={state}/{file}" for name, file in MUNGE]
    sbin = Path(root) / "usr/sbin"
    conf = ["-D", "-f", str(state / "slurm.conf")]
    step = ["-d", str(sbin / "slurmstepd-wlm")]
    with open(state / "said.log", "ab") as said:
        commands = [[sbin / "munged", "--foreground", "--force", *own], [sbin / "slurmctld-wlm", *conf]]
        commands += [[sbin / "slurmd-wlm", *conf, "-N", node, *step] for node in ("n1", "n2")]
        daemons = []
        for command in commands:
            daemons.append(subprocess.Popen(command, stdout=said, stderr=said))
            time.sleep(2)
    deadline = time.monotonic() + 60
    while slurm("sinfo", "-h", "-o", "%D %t").split() != ["2", "idle"]:
        assert time.monotonic() < deadline, slurm("sinfo") + (state / "said.log").read_text()
        time.sleep(1)
    yield state
    slurm("scancel", "--user=root")
    for daemon in reversed(daemons):
        daemon.terminate()
        daemon.wait()
    os.environ.clear()
    os.environ |= before


MUNGE = (("key-file", "key"), ("socket", "socket"), ("pid-file", "m.pid"), ("log-file", "m.log"), ("seed-file", "seed"))


def slurm(*words):
    return subprocess.run(words, capture_output=True, text=True).stdout


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
