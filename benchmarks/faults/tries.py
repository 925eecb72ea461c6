"""Faults while an engine places the runs of a study: each met, said, and gone when the same command has finished."""

import re
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from launches import Hang, Launches, processes_of, said_by, send, told, under_way

from scalinglaws.store.attempts import attempts_in

ANY = None
AGAIN = "killed from outside and started again"  # what a launch says of it
LONGEST_SECONDS = 1.0  # from the first progress of a launch to the fault
MOST_EARLY_ENDS = 20  # launches of one kind that end before their fault comes


@dataclass
class Try:
    """One launch that meets a fault: its folder and process, and what the engine has beside."""

    folder: Path
    process: Any
    launches: Launches
    rng: np.random.Generator
    bed: Any = None

    def soon(self) -> None:
        """Wait for a random moment, early ones more often."""
        time.sleep(self.rng.uniform(0, LONGEST_SECONDS) ** 2 / LONGEST_SECONDS)


def nothing(one: Try) -> None:
    """Leave the launch to what its options and its processes meet."""


@dataclass(frozen=True)
class Fault:
    """One kind of fault.

    Attributes:
        do: what is done to a launch that is under way.
        options: of the launch that meets it. meets: what its processes meet, as inside/sitecustomize.py reads it.
        codes: exit codes that this launch may have; ANY for every one.
        said: a pattern of what the launch, or one after it, must have said.
        if_again: only where a run was begun more than once: a process may have been done when it was killed.
        tracebacks: how many the launches quote: the first of a bug, once; ANY for a number that is not known before.
        after: what is done before the study is finished.
    """

    do: Callable[[Try], None] = nothing
    options: tuple[str, ...] = ()
    meets: Mapping[str, object] = field(default_factory=dict)
    codes: tuple[int, ...] | None = (0,)
    said: str = ""
    if_again: bool = False
    tracebacks: int | None = 0
    after: Callable[[Try], None] = nothing


def meet(launches: Launches, faults: Mapping[str, Fault], size: int, rng, bed: Any = None) -> None:
    """Meet `size` faults, each kind in turn; launches that ended before their fault came are tried again.

    Raises:
        RuntimeError: a fault came too late for every launch of a row of them.
    """
    launches.counts.untold = 0
    for name in [name for _ in range(-(-size // len(faults))) for name in faults][:size]:
        start = time.monotonic()
        if not any(_met(launches, name, faults[name], launches.fresh(), rng, bed) for _ in range(MOST_EARLY_ENDS)):
            raise RuntimeError(f"{name}: {MOST_EARLY_ENDS} launches ended before their fault came")
        print(f"  {name}: {time.monotonic() - start:.0f} s", file=sys.stderr, flush=True)


def _met(launches: Launches, name: str, fault: Fault, folder: Path, rng, bed: Any) -> bool:
    """Launch, meet a fault, finish and judge; give whether it was met."""
    launches.counts.tries += 1
    process = launches.start(folder, *fault.options, **fault.meets)
    one = Try(folder, process, launches, rng, bed)
    try:
        if not (there := under_way(process, folder)) and fault.do is not nothing:
            launches.counts.tries -= 1
            launches.wait(process, folder, name)
            return False
        if there:
            fault.do(one)
        code = launches.wait(process, folder, name)
        fault.after(one)
        launches.finish(folder, name)
        if bed is not None:
            bed.wait_until_idle()  # its tasks write into the folder to their end
        _heard(launches, name, fault, folder, code)
        launches.judge(folder, name)
    except Hang:
        pass
    return True


def _heard(launches: Launches, name: str, fault: Fault, folder: Path, code: int) -> None:
    """Compare what was said, and the exit code, with what the fault is."""
    said, counts = told(folder), launches.counts
    due = not fault.if_again or begun_again(folder)
    wrong = []
    if fault.codes is not ANY and code not in fault.codes:
        wrong.append(f"exit code {code}, and {fault.codes} were expected")
    if due and not re.search(fault.said, " ".join(said.split())):
        wrong.append(f"nothing like {fault.said!r} was said")
    quoted = said_by(folder).read_text(errors="replace").count("Traceback (most")
    if fault.tracebacks not in (quoted, ANY):
        wrong.append(f"{quoted} tracebacks were shown")
    counts.untold = (counts.untold or 0) + bool(wrong)
    counts.found += [f"{name}: {one}, seed {launches.seed}: {said[-600:]}" for one in wrong]


def begun_again(folder: Path) -> bool:
    """Whether a run of a folder was begun more than once."""
    return any(len(attempts_in(run)) > 1 for run in (folder / "runs").iterdir())


def to_worker(word, every: bool = False) -> Callable[[Try], None]:
    """Signal a process that trains, or each."""

    def do(one: Try):
        one.soon()
        for process in processes_of(one.folder)[: None if every else 1]:
            send(process, word)

    return do


def to_launch(word, *, workers: bool = False) -> Callable[[Try], None]:
    """Signal the launch, and with it the processes that train."""

    def do(one: Try):
        one.soon()
        for process in (one.process.pid, *(processes_of(one.folder) if workers else ())):
            send(process, word)

    return do


def second_launch(one: Try) -> None:
    """Launch the folder a second time while the first launch is at it."""
    other = one.launches.start(one.folder)
    other.wait()
    one.launches.walls[one.folder].pop()
    if other.returncode != 1:
        one.launches.counts.untold = (one.launches.counts.untold or 0) + 1
        one.launches.counts.found.append(f"a second launch ended with {other.returncode}")
