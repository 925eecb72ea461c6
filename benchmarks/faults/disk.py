"""Disks that are full, broken, slow or shut while a launch writes; once they are well it ends with the same bits."""

import tempfile
from pathlib import Path

import numpy as np
from counts import Counts
from launches import SMALL, Hang, Launches

LATEST = 12  # of a process's writes, that the fault begins with
# What goes wrong, as inside/sitecustomize.py reads it, until the launch says that it waits for the disk. The last is a
# limit that the system itself keeps.
KINDS = {
    "no space left": "ENOSPC on write",
    "over quota": "EDQUOT on write",
    "an error of the device": "EIO on fsync",
    "mounted read-only": "EROFS on open",
    "no space left for a name": "ENOSPC on rename",
    "a slow disk": "slow on fsync",
    "a folder that cannot be written to": "EACCES on open",
    "a folder that cannot be listed": "EACCES on list",
    "a file too large": "limit",
}


def measure(seed: int, size: int) -> Counts:
    """Meet `size` faults, each kind in turn."""
    rng = np.random.default_rng(seed)
    names = list(KINDS)
    with tempfile.TemporaryDirectory() as place:
        launches = Launches(Path(place) / "studies", SMALL, seed, processes=1)
        for kind in [names[i % len(names)] for i in range(size)]:
            folder = launches.fresh()
            launches.counts.tries += 1
            fault = f"{KINDS[kind]}:{rng.integers(LATEST)}"
            try:
                launches.wait(launches.start(folder, disk=fault), folder, kind)
                launches.finish(folder, kind)
                launches.judge(folder, kind)
            except Hang:
                pass
    return launches.counts
