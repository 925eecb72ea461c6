"""How the command of a trainer ended, in classes: killed, out of memory, a full disk, or a bug."""

import re
from dataclasses import dataclass

KILLED, MEMORY, DISK, BUG, RESULT, ASKED = (
    "killed",
    "out of memory",
    "disk full",
    "a bug",
    "no result",
    "not what was asked",
)
SHELL_SIGNAL = 128  # a shell, ssh or srun gives the exit code 128 + the number of the signal that ended its command
FROM_OUTSIDE = {9, 15, 1, 2, 10}  # SIGKILL, SIGTERM, SIGHUP, SIGINT, SIGUSR1
_MEMORY = re.compile(
    r"out of memory|OutOfMemoryError|\bMemoryError\b|Cannot allocate memory|can't allocate memory|RESOURCE_EXHAUSTED"
)
_DISK = re.compile(r"No space left on device|Disk quota exceeded|Read-only file system")
_TRACEBACK = "Traceback (most recent call last)"
LINES = 12  # of the end of a log that a message quotes


@dataclass(frozen=True)
class End:
    """How a command ended that gave no result: its class, and a sentence."""

    kind: str
    sentence: str


def end_of(code: int, log: str) -> End:
    """Classify an exit code other than 0, by the code and what the log says."""
    if _MEMORY.search(log):
        return End(MEMORY, "it ran out of memory")
    if _DISK.search(log):
        return End(DISK, "it could not write: the disk is full or read-only")
    if (signal := signal_of(code)) in FROM_OUTSIDE:
        more = ", perhaps because the memory of the machine was exhausted" if signal == 9 else ""
        return End(KILLED, f"it was ended from outside by signal {signal}{more}")
    if signal:
        return End(BUG, f"it crashed with signal {signal}")
    return End(BUG, f"it ended with exit code {code}")


def signal_of(code: int) -> int:
    """The signal that ended a command, also where a shell, ssh or srun stands between; 0 for none."""
    return -code if code < 0 else code - SHELL_SIGNAL if SHELL_SIGNAL < code < SHELL_SIGNAL + 65 else 0


def quoted(log: str) -> str:
    """The lines of a log that say most: from its first traceback, else its last ones."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    first = next((i for i, line in enumerate(lines) if _TRACEBACK in line), None)
    if first is None:
        return "\n".join(lines[-LINES:])
    told = lines[first:]
    ends = next((i for i, line in enumerate(told) if i and not line.startswith(" ")), len(told) - 1)
    told = told[: ends + 1]
    return "\n".join(told if len(told) <= LINES else [told[0], " ...", *told[2 - LINES :]])
