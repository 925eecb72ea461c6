"""The facts that a report gives about the machine that made it, and about the packages."""

import math
import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def machine() -> dict[str, str | int]:
    """Describe this machine."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": cores(),
        "python": platform.python_version(),
    }


def cores(control_group: Path = Path("/sys/fs/cgroup")) -> int:
    """Count the processors that this process may use: those of its affinity, or fewer if its control group has fewer.

    Args:
        control_group: folder of the group's limits (version 2; of version 1, its `cpu` folder).
    """
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, math.ceil(min(bound, _quota(control_group))))


def _quota(folder: Path) -> float:
    """Processors that a control group may use at a time; infinity if there is no limit."""
    try:
        if (folder / "cpu.max").exists():
            most, period = (folder / "cpu.max").read_text().split()
        else:
            most, period = ((folder / "cpu" / f"cpu.cfs_{name}_us").read_text() for name in ("quota", "period"))
        return float(most) / float(period) if float(most) > 0 else math.inf
    except (OSError, ValueError, ZeroDivisionError):  # "max" too: no limit
        return math.inf


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Find the versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
