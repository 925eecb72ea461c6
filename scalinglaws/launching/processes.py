"""Processes on this machine: this starts command lines and does nothing else."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# One thread per process: below 1e6 parameters two processes with one thread each are 1.5 times as fast as one process
# with two. The other settings make glibc keep freed memory, which avoids page faults at every step (1.05 to 1.2 times
# as fast; more for the smallest models).
SETTINGS = ["OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=4294967295"]

ASKED_TO_END = 75  # exit code of a worker that was asked to end and saved its state


def was_killed(exit_code: int) -> bool:
    """Whether a process was ended from outside: by a signal, or because it was asked to end."""
    return exit_code < 0 or exit_code == ASKED_TO_END


@dataclass(frozen=True)
class Job:
    """A command that was started."""

    process: subprocess.Popen

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.poll()

    def stop(self):
        """Ask it to save its state and end."""
        self.process.terminate()

    def wait(self) -> int:
        """Wait until it ends."""
        return self.process.wait()


@dataclass(frozen=True)
class Local:
    """Start commands on this machine, at most `slots` at a time."""

    slots: int

    def start(self, command: Sequence[str], log: Path) -> Job:
        """Start a command; its output is appended to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        with open(log, "ab") as file:
            process = subprocess.Popen(["env", *SETTINGS, *command], stdin=subprocess.DEVNULL, stdout=file, stderr=file)
        return Job(process)
