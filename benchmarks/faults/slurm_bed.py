"""A Slurm of two nodes on this machine, from unpacked Debian packages that SLURM_ROOT names.

apt-get download munge libmunge2 slurmctld slurmd slurm-client slurm-wlm-basic-plugins libhwloc15 liblua5.1-0, and
dpkg-deb -x each into one folder: nothing is installed. The daemons run as root.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

UP_SECONDS = 60.0  # until both nodes are idle
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
NODES = ("n1", "n2")
MUNGE = (("key-file", "key"), ("socket", "socket"), ("pid-file", "m.pid"), ("log-file", "m.log"), ("seed-file", "seed"))


def missing() -> str:
    """Say why there can be no Slurm here; empty if there can."""
    root = os.environ.get("SLURM_ROOT")
    if not root or not (Path(root) / "usr/sbin/slurmctld-wlm").exists():
        return "SLURM_ROOT names no folder of unpacked Slurm packages"
    return "the daemons of Slurm run as root here" if os.geteuid() else ""


@dataclass
class Cluster:
    """The daemons of a cluster, by name: munged, slurmctld, and those of the nodes."""

    root: Path
    state: Path
    daemons: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self, name: str) -> None:
        """Start a daemon."""
        sbin, conf = self.root / "usr/sbin", ["-D", "-f", str(self.state / "slurm.conf")]
        commands = {
            "munged": [sbin / "munged", "--foreground", "--force", *(f"--{a}={self.state}/{b}" for a, b in MUNGE)],
            "slurmctld": [sbin / "slurmctld-wlm", *conf],
        } | {node: [sbin / "slurmd-wlm", *conf, "-N", node, "-d", sbin / "slurmstepd-wlm"] for node in NODES}
        with open(self.state / "said.log", "ab") as said:
            self.daemons[name] = subprocess.Popen(list(map(str, commands[name])), stdout=said, stderr=said)

    def wait_until_idle(self) -> None:
        """Wait until both nodes are there and nothing is in the queue; what waits there is to begin at once.

        A task that a lost node gave back waits two minutes otherwise, also where another has since done its runs.
        """
        deadline = time.monotonic() + UP_SECONDS
        while slurm("sinfo", "-h", "-o", "%D %t").split() != ["2", "idle"] or slurm("squeue", "-h"):
            for job in slurm("squeue", "-h", "-t", "PD", "-o", "%A", "--array").split():
                slurm("scontrol", "update", f"jobid={job}", "starttime=now")
            if time.monotonic() > deadline:
                raise RuntimeError(slurm("sinfo") + slurm("squeue") + (self.state / "said.log").read_text())
            time.sleep(0.5)


@contextmanager
def started(state: Path) -> Iterator[Cluster]:
    """Start munged, slurmctld and two slurmd; their commands stand first on PATH while the block runs.

    Args:
        state: an empty folder for what they write.
    """
    root, before = os.environ["SLURM_ROOT"], dict(os.environ)
    libraries = f"{root}/usr/lib/x86_64-linux-gnu"
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
    cluster = Cluster(Path(root), state)
    try:
        for name in ("munged", "slurmctld", *NODES):
            cluster.start(name)
            time.sleep(2)
        cluster.wait_until_idle()
        yield cluster
    finally:
        slurm("scancel", "--user=root")
        for daemon in reversed(cluster.daemons.values()):
            daemon.terminate()
            daemon.wait()
        os.environ.clear()
        os.environ |= before


def slurm(*words: str) -> str:
    """Run a command of Slurm, and give what it prints."""
    return subprocess.run(words, capture_output=True, text=True).stdout
