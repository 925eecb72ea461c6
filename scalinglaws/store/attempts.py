"""What each process used at a run, lost work included: a file per attempt in the run's folder, while it runs too."""

import math
import os
import platform
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import StoreError
from ..records.json_values import from_plain, read_hint, to_plain, utc_now, write_hint

PATTERN = "attempt-*.json"
HOUR = 3600.0
JOULES_PER_KWH = 3.6e6


@dataclass(frozen=True)
class Attempt:
    """One process at one run.

    Attributes:
        seconds: wall seconds of the attempt so far; cpu_seconds: processor seconds, None where they are not known.
        gpus: GPUs that it holds, or the part of one.
        joules: energy that its devices used meanwhile; None where it cannot be measured. by: with what.
        written: when; it is written every few seconds.
    """

    host: str
    pid: int
    began: str
    seconds: float
    cpu_seconds: float | None
    gpus: float
    joules: float | None
    by: str
    written: str


@dataclass(frozen=True)
class Used:
    """The sum over attempts, of one run or of many; those of one run are in no other sum.

    Attributes:
        attempts: how many; seconds: wall seconds of all processes.
        gpu_seconds: seconds of GPUs held.
        joules: energy, None unless it was measured in every attempt.
    """

    attempts: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    gpu_seconds: float = 0.0
    joules: float | None = 0.0
    by: tuple[str, ...] = field(default=())

    def __add__(self, other: "Used") -> "Used":
        joules = None if self.joules is None or other.joules is None else self.joules + other.joules
        return Used(
            self.attempts + other.attempts,
            self.seconds + other.seconds,
            self.cpu_seconds + other.cpu_seconds,
            self.gpu_seconds + other.gpu_seconds,
            joules,
            tuple(dict.fromkeys((*self.by, *other.by))),
        )


class AttemptFile:
    """The file of one attempt, which only its process writes."""

    def __init__(self, folder: Path):
        self.path = folder / f"attempt-{os.getpid()}-{secrets.token_hex(4)}.json"
        self.began = utc_now()

    def write(self, seconds: float, cpu_seconds: float | None, gpus: float, joules: float | None, by: str):
        """Write what was used so far; on a full disk nothing is written."""
        by = "" if joules is None else by
        here = platform.node(), os.getpid(), self.began
        write_hint(self.path, to_plain(Attempt(*here, seconds, cpu_seconds, gpus, joules, by, utc_now())))


def attempts_in(folder: Path) -> list[Attempt]:
    """The attempts at a run, in the order in which they began."""
    found = []
    for path in folder.glob(PATTERN):
        try:
            found.append(from_plain(Attempt, read_hint(path) or {}, str(path), StoreError))
        except StoreError:
            continue
    return sorted(found, key=lambda one: one.began)


def used(attempts: Iterable[Attempt]) -> Used:
    """Add attempts up."""
    whole = Used()
    for one in attempts:
        if not (math.isfinite(one.seconds) and one.seconds >= 0):
            continue
        by = (one.by,) if one.by else ()
        whole += Used(1, one.seconds, one.cpu_seconds or 0.0, one.gpus * one.seconds, one.joules, by)
    return whole if whole.attempts else Used(joules=None)
