"""What a report says of the machine that made it, and of the packages."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version


def machine() -> dict[str, str | int]:
    """Describe this machine."""
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "cores": os.cpu_count() or 1,
        "python": platform.python_version(),
    }


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Find the versions of those packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
