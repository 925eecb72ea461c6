"""Energy that this machine's devices have used so far, from the counters that they have: NVML's of GPUs, RAPL's."""

import ctypes
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NVML, RAPL = "NVML", "RAPL"
LIBRARY = "libnvidia-ml.so.1"
POWERCAP = Path("/sys/class/powercap")
STAT = Path("/proc/stat")
TICKS = 100.0  # per second, of /proc/stat on Linux
IDLE = (3, 4)  # columns of /proc/stat after its name: idle, waiting for a disk


@dataclass
class GpuCounters:
    """Energy counters of GPUs, which NVIDIA's boards have since Volta."""

    names: Sequence[str] = ()
    library: Any = None
    handles: list[Any] = field(default_factory=list)

    def __post_init__(self):
        if not self.names:
            return
        with suppress(OSError, AttributeError):
            self.library = self.library or ctypes.CDLL(LIBRARY)
            if self.library.nvmlInit_v2() == 0:
                found = [self._handle(name) for name in self.names]
                self.handles = found if all(one is not None for one in found) else []

    def _handle(self, name: str) -> Any:
        """Find a GPU by its number, in the order of the bus, or by its UUID; None if there is none."""
        handle = ctypes.c_void_p()
        if name.isdecimal():
            code = self.library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(int(name)), ctypes.byref(handle))
        else:
            code = self.library.nvmlDeviceGetHandleByUUID(name.encode(), ctypes.byref(handle))
        return handle if code == 0 else None

    def joules(self) -> float | None:
        """Joules of all these GPUs since their driver was loaded; None where there is no counter."""
        if not self.handles:
            return None
        whole = 0.0
        for handle in self.handles:
            millijoules = ctypes.c_ulonglong()
            if self.library.nvmlDeviceGetTotalEnergyConsumption(handle, ctypes.byref(millijoules)) != 0:
                return None
            whole += millijoules.value / 1000
        return whole


@dataclass
class PackageCounters:
    """Energy counters of the processors' packages, and how busy all processes of the machine kept them."""

    folder: Path = POWERCAP
    stat: Path = STAT
    before: dict[Path, int] = field(default_factory=dict)
    whole: float = 0.0

    def joules(self) -> float | None:
        """Joules of all packages since the first call; None where the counters are missing or may not be read."""
        packages = [one for one in self.folder.glob("*-rapl:*") if one.name.count(":") == 1]
        try:
            now = {one: int((one / "energy_uj").read_text()) for one in packages}
            for one, value in now.items():
                used = value - self.before.get(one, value)
                wraps = int((one / "max_energy_range_uj").read_text()) if used < 0 else 0
                self.whole += (used + wraps) / 1e6
        except (OSError, ValueError):
            return None
        self.before = now
        return self.whole if now else None

    def busy_seconds(self) -> float | None:
        """Processor seconds of everything that runs on this machine; None where the system does not say."""
        try:
            ticks = [int(word) for word in self.stat.read_text().split("\n", 1)[0].split()[1:9]]
        except (OSError, ValueError):
            return None
        return sum(value for i, value in enumerate(ticks) if i not in IDLE) / TICKS


@dataclass
class EnergyMeter:
    """The energy of one process: of the GPUs that it holds, times the part that it holds, and its share of processors.

    The share is its processor seconds among those of all processes. What a machine uses while idle is in it, for it is
    in the counters; fans, memory and power supplies are not.

    Attributes:
        gpus: how many GPUs it holds, or the part of one; names: which, as CUDA_VISIBLE_DEVICES names them.
    """

    gpus: float = 0.0
    names: Sequence[str] = ()
    packages: PackageCounters = field(default_factory=PackageCounters)
    library: Any = None

    def __post_init__(self):
        self.counters = GpuCounters(self.names if self.gpus else (), self.library)
        self.last = self.counters.joules(), self.packages.joules(), 0.0, self.packages.busy_seconds()
        self.of_gpus = self.of_packages = 0.0

    def read(self, cpu_seconds: float | None) -> tuple[float | None, str]:
        """Joules so far, and with what they were measured; None where a device that it uses has no counter.

        Args:
            cpu_seconds: of the process since the meter was made.
        """
        gpu, package, cpu, busy = self.last
        now = self.counters.joules(), self.packages.joules(), cpu_seconds, self.packages.busy_seconds()
        self.last = (now[0], now[1], cpu if now[2] is None else now[2], now[3])
        part = min(1.0, self.gpus / len(self.names)) if self.names else 0.0
        if now[0] is not None and gpu is not None:
            self.of_gpus += part * (now[0] - gpu)
        known = None not in (now[1], package, now[2], now[3], busy)
        if known and now[3] > busy:  # type: ignore[operator]
            share = min(1.0, max(0.0, (now[2] - cpu) / (now[3] - busy)))  # type: ignore[operator]
            self.of_packages += share * (now[1] - package)  # type: ignore[operator]
        if self.gpus and now[0] is None:
            return None, ""
        if not self.gpus and not known:
            return None, ""
        by = [name for name, there in ((NVML, bool(self.gpus)), (RAPL, known)) if there]
        return self.of_gpus + self.of_packages, " and ".join(by)


def cpu_seconds_with_children(processes: Path = Path("/proc")) -> float:
    """Processor seconds of this process, of the children that ended, and of those that run, with theirs."""
    whole = sum(os.times()[:4])
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for stat in processes.glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            words = stat.read_text().rpartition(")")[2].split()
            pid = int(stat.parent.name)
            parents[pid] = int(words[1])
            seconds[pid] = sum(map(int, words[11:15])) / TICKS
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return whole + sum(seconds.get(pid, 0.0) for pid in family - {os.getpid()})
