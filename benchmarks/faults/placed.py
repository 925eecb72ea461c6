"""Faults of our own runs on this machine, behind a prefix or not: what is raised, killed, refused and stopped."""

import signal
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from counts import Counts
from launches import SLOW, Launches, processes_of, send
from tries import AGAIN, ANY, Fault, Try, meet, second_launch, to_launch, to_worker

PACE = 0.04  # seconds that a call of the training step takes longer
SHELL = ("--prefix", """sh -c '"$@"; exit $?' sh""")
NICE = ("--prefix", "nice -n 1")


def measure(seed: int, size: int) -> Counts:
    """Meet `size` faults, each kind in turn."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as place:
        launches = Launches(Path(place), STUDY, seed, processes=1, faults={"pace": PACE})
        meet(launches, KINDS, size, rng)
    return launches.counts


# With a rate at which every run diverges beside one at which they learn.
STUDY = replace(SLOW, shapes=((1, 8), (1, 12)), each_lr_factor=(1.0, 1e5))


def wrappers(one: Try) -> list[int]:
    """The shells that stand between the launch and its processes."""
    found = []
    for process in filter(str.isdigit, (path.name for path in Path("/proc").iterdir())):
        try:
            words = Path(f"/proc/{process}/cmdline").read_text().split("\0")
        except OSError:
            continue
        if words[0] == "sh" and "train" in words and str(one.folder) in words:
            found.append(int(process))
    return found


def _to_wrapper(word, *, launch: bool = False):
    def do(one: Try):
        one.soon()
        for process in (*([one.process.pid] if launch else []), *wrappers(one)[:1]):
            send(process, word)

    return do


def _more_hours(one: Try) -> None:
    """Type what the message says: the command again with a larger limit."""
    one.launches.wait(one.launches.start(one.folder, "--max-hours", "1"), one.folder, "with a larger limit")


def _all_of(one: Try) -> None:
    one.soon()
    for process in (one.process.pid, *wrappers(one), *processes_of(one.folder)):
        send(process, signal.SIGKILL)


ENDED = {"codes": ANY}
KINDS = {
    "a worker killed, 137 through a shell": Fault(to_worker(signal.SIGKILL), SHELL, said=AGAIN, if_again=True),
    "a worker terminated behind a shell": Fault(to_worker(signal.SIGTERM), SHELL, said=AGAIN, if_again=True),
    "every worker killed behind nice": Fault(to_worker(signal.SIGKILL, True), NICE, said=AGAIN, if_again=True),
    "a shell killed, its worker left": Fault(_to_wrapper(signal.SIGKILL), SHELL, said=AGAIN, if_again=True),
    "a shell terminated": Fault(_to_wrapper(signal.SIGTERM), SHELL, said=AGAIN, if_again=True),
    "the launch and a shell killed": Fault(_to_wrapper(signal.SIGKILL, launch=True), SHELL, **ENDED),
    "the launch killed, workers behind a shell": Fault(to_launch(signal.SIGKILL), SHELL, **ENDED),
    "the launch terminated, workers behind a shell": Fault(to_launch(signal.SIGTERM), SHELL, **ENDED),
    "the launch interrupted, workers behind nice": Fault(to_launch(signal.SIGINT), NICE, **ENDED, said="interrupted"),
    "all killed behind a shell": Fault(_all_of, SHELL, **ENDED),
    "out of memory raised": Fault(
        meets={"raise": "memory:4"}, codes=(1,), said="out of memory: MemoryError: a made-up.* Its log", tracebacks=1
    ),
    "a bug raised": Fault(
        meets={"raise": "bug:4"}, codes=(1,), said="a bug: ValueError: a made-up bug.* Its log", tracebacks=1
    ),
    "a bug raised behind a shell": Fault(
        options=SHELL, meets={"raise": "bug:9"}, codes=(1,), said="a bug: ValueError: a made-up bug", tracebacks=1
    ),
    "the disk full for a while": Fault(meets={"disk": "ENOSPC on write:3"}, said="wait for a disk"),
    "the disk read-only for a while": Fault(meets={"disk": "EROFS on open:2"}, said="wait for a disk"),
    "the disk out of reach for a while": Fault(options=SHELL, meets={"disk": "EIO on fsync:2"}, said="wait for a disk"),
    "two launches on one folder": Fault(second_launch, said="is already training the runs of this folder"),
    "stopped by a limit of hours": Fault(
        options=("--max-hours", "1e-4"), codes=(3,), said="--max-hours 0.0001 is reached", after=_more_hours
    ),
    "stopped by a limit of money": Fault(
        options=("--max-cost", "1e-4", "--price-per-hour", "1"), codes=(3,), said="--max-cost 0.0001 is reached"
    ),
    "a worker killed three times": Fault(meets={"raise": "kill:0"}, codes=(1,), said="was killed 3 times by signal 9"),
}
