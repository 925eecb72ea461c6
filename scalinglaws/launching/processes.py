"""Processes on this machine: this starts command lines, gives them lines to work on, and does nothing else."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..store.store import Store

# One thread per process: below 1e6 parameters two processes with one thread each are 1.5 times as fast as one process
# with two. The other settings make glibc keep freed memory, which avoids page faults at every step (1.05 to 1.2 times
# as fast; more for the smallest models).
SETTINGS = ["OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "MALLOC_MMAP_MAX_=0", "MALLOC_TRIM_THRESHOLD_=4294967295"]

PROCESS_CLOCK = 2  # CPUCLOCK_SCHED of Linux: the clock of a process by its id, as clock_getcpuclockid makes it
ASKED_TO_END = 75  # exit code of a worker that was asked to end and saved its state
UNWRITABLE = 74  # exit code of a worker that could not write: a disk that is full or read-only, perhaps for a while


SHELL_SIGNAL = 128  # a shell, ssh or srun gives 128 + the number of the signal that ended its command
FROM_OUTSIDE = (1, 2, 9, 15)  # SIGHUP, SIGINT, SIGKILL, SIGTERM
LOST = 255  # exit code of ssh where the connection ended


def was_killed(exit_code: int) -> bool:
    """Whether a process was ended from outside: by a signal, also of a wrapper's command, or as it was asked to."""
    return (
        exit_code < 0 or exit_code in (ASKED_TO_END, LOST) or exit_code in [SHELL_SIGNAL + one for one in FROM_OUTSIDE]
    )


def cpu_seconds(pid: int) -> float | None:
    """Give the processor seconds that a process has used, on Linux; None elsewhere, or when it has ended."""
    try:
        return time.clock_gettime((~pid << 3) | PROCESS_CLOCK)
    except (OSError, AttributeError, OverflowError):
        return None


@dataclass(eq=False)
class Job:
    """A command that was started: it reads lines of work and answers each with an empty line."""

    process: subprocess.Popen
    lines: IO[bytes]
    answers: IO[bytes]
    unanswered: int = field(default=0)

    def give(self, words: Sequence[str]):
        """Give it a line of work; one that has ended does not get it, which `poll` will tell."""
        self.unanswered += 1
        with suppress(BrokenPipeError):
            self.lines.write(f"{' '.join(words)}\n".encode())

    def is_free(self) -> bool:
        """Whether it has answered all that it was given."""
        self.unanswered -= (self.answers.read() or b"").count(b"\n")
        return self.unanswered == 0

    def end(self):
        """Let it end when it has done what it was given."""
        self.lines.close()

    def poll(self) -> int | None:
        """Its exit code; None while it runs."""
        return self.process.poll()

    def cpu_seconds(self) -> float | None:
        """Processor seconds that it has used; None where the system does not say, or when it has ended."""
        return cpu_seconds(self.process.pid)

    def stop(self):
        """Ask it to save its state and end."""
        self.process.terminate()
        self.end()

    def wait(self) -> int:
        """Wait until it ends, and give its pipes back."""
        code = self.process.wait()
        self.end()
        self.answers.close()
        return code


@dataclass(frozen=True)
class Local:
    """Start commands on this machine, at most `slots` at a time.

    Attributes:
        prefix: words before each command, such as `ssh HOST`, `srun` or `docker exec -i NAME`. What they start must see
            the same files, and what is written to them must reach its standard input.
        gpus: of this machine, over which the processes are spread; 0 where they use none.
    """

    slots: int
    prefix: tuple[str, ...] = ()
    gpus: int = 0

    def start(self, command: Sequence[str], log: Path) -> Job:
        """Start a command; what it says besides its answers is appended to `log`."""
        log.parent.mkdir(parents=True, exist_ok=True)
        asked, pipe = through(self.prefix, ["env", *SETTINGS, *command]), subprocess.PIPE
        with open(log, "ab") as file:
            process = subprocess.Popen(asked, stdin=pipe, stdout=pipe, stderr=file, bufsize=0)
        assert process.stdin and process.stdout
        os.set_blocking(process.stdout.fileno(), False)
        return Job(process, process.stdin, process.stdout)


def gpus_of_slot(slot: int, slots: int, gpus: int) -> tuple[list[int], float]:
    """The GPUs of the process in one of `slots` places, by their number on this machine, and how much of one it has.

    Where there are more places than GPUs several processes share one; where there are fewer a process has several.
    """
    if slots >= gpus:
        mine = slot % gpus
        return [mine], 1.0 / len(range(mine, slots, gpus))
    each = gpus // slots
    return list(range(slot * each, (slot + 1) * each)), float(each)


def through(prefix: Sequence[str], command: Sequence[str]) -> list[str]:
    """Put a prefix before a command; ssh gives its words to a shell, for which they are quoted."""
    if prefix and Path(prefix[0]).name == "ssh":
        return [*prefix, *map(shlex.quote, command)]
    return [*prefix, *command]


def worker(store: Store) -> list[str]:
    """Give the command of a process that trains; -P prevents it from importing files of the current folder."""
    return [sys.executable, "-P", "-m", "scalinglaws", "train", str(store.path.resolve())]
