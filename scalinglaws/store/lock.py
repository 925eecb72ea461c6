"""A lock file that one process at a time holds: of one machine by the system, of several by signs of life."""

import fcntl
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Event, Thread

from ..errors import FailureError, StoreError, UnwritableError
from ..records.json_values import PASSING, parse_json
from ..records.numbers_in_text import about

POLL_SECONDS = 0.2
SIGN_SECONDS = 10.0  # between two signs of life of a holder: the file's time of change
SILENT_SECONDS = 60.0  # without a sign, after which a holder on another machine counts as lost
LOCK, TRAINING = "launch.lock", "training the runs of this folder"  # of a study's folder, and what its holder does
BOOT = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class Holder:
    """The process that wrote itself into a lock file, and the seconds since its last sign of life.

    Attributes:
        machine: identifies it, also where two have one name; here: whether it is this one.
    """

    pid: int
    host: str
    machine: str
    since: str
    silent: float = field(default=0.0, compare=False)

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, where the system says which locks are held."""
        return self.machine == this_machine()

    @property
    def is_lost(self) -> bool:
        """Whether it gave no sign of life for so long that it counts as lost."""
        return self.silent > SILENT_SECONDS

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} (since {self.since})"


@dataclass
class Lease:
    """A lock that this process holds, until another machine that got no sign of life from it takes it.

    Attributes:
        descriptor: of the lock file: a process that inherits it holds the lock as well.
    """

    descriptor: int | None = None
    taken_over: Event = field(default_factory=Event)

    @property
    def is_lost(self) -> bool:
        """Whether another process holds the lock now: what the lock protects is no longer to be written."""
        return self.taken_over.is_set()

    def or_lost(self, stop: Callable[[], bool]) -> Callable[[], bool]:
        """Make a question whether to stop that is answered yes, too, once the lock is lost."""
        return lambda: stop() or self.is_lost


@cache
def this_machine() -> str:
    """Identify this machine since it started; containers on it are the same one."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return platform.node()


@contextmanager
def held(path: Path, what: str, *, patience: float = 0.0) -> Iterator[Lease]:
    """Hold a lock while the block runs, and give signs of life.

    The system of one machine releases a lock however its holder ends. File systems that machines share may not: there
    a holder on another machine counts until it has given no sign of life for `SILENT_SECONDS`, and while it is watched.

    Args:
        what: what the holder does, for the message that another process prints.
        patience: seconds to wait for another process that holds the lock.

    Raises:
        FailureError: another process holds the lock.
        StoreError: the file cannot be created.
    """
    deadline = time.monotonic() + patience
    while True:
        with _opened(path) as file:
            while (holder := _other_holder(path, file)) is not None:
                if time.monotonic() > deadline:
                    raise FailureError(_refused(holder, what))
                time.sleep(POLL_SECONDS)
            if _is_still(path, file):
                mine = _sign(file.fileno())
                lease, ended = Lease(file.fileno()), Event()
                signs = Thread(target=_give_signs, args=(path, mine, lease, ended), daemon=True)
                signs.start()
                try:
                    yield lease
                finally:
                    ended.set()
                    signs.join(1.0)  # a file system that does not answer would hold it
                    if not lease.is_lost:
                        with suppress(OSError):
                            os.ftruncate(file.fileno(), 0)
                return


def _other_holder(path: Path, file) -> Holder | str | None:
    """Take the lock, or give who has it."""
    if not _taken(file, fcntl.LOCK_EX):
        return holder_of(path) or "another process"
    holder = holder_of(path)
    if holder is None or holder.is_here or (holder.is_lost and not _shows_life(path)):
        return None
    fcntl.flock(file, fcntl.LOCK_UN)
    return holder


def _shows_life(path: Path) -> bool:
    """Watch a lock whose holder looks lost for two signs' time: the clocks of two machines may differ."""
    try:
        before, until = os.stat(path).st_mtime_ns, time.monotonic() + 2 * SIGN_SECONDS
        while time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            if os.stat(path).st_mtime_ns != before:
                return True
    except OSError:
        pass
    return False


def _refused(holder: Holder | str, what: str) -> str:
    if isinstance(holder, Holder) and not holder.is_here:
        return (
            f"{holder} is already {what}; its last sign of life came {about(max(0.0, holder.silent))} ago. Wait for "
            f"it, or end it; finished work is kept. If that machine is lost, repeat this command "
            f"{SILENT_SECONDS:.0f} s after that sign."
        )
    return f"{holder} is already {what}. Wait for it, or end it; finished work is kept."


def _is_still(path: Path, file) -> bool:
    """Whether a path still leads to this open file: a file that was removed before it was locked excludes nobody."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return False


def _sign(descriptor: int) -> str:
    """Write the holder into the lock file; on a full disk nothing is written, and the lock is held nevertheless."""
    since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    signed = f'{{"pid": {os.getpid()}, "host": "{platform.node()}", "machine": "{this_machine()}", "since": "{since}"}}'
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{signed}\n".encode())
    return signed


def _give_signs(path: Path, mine: str, lease: Lease, ended: Event):
    """Change the file's time every few seconds; a file with another holder says that the lock was taken over."""
    while not ended.wait(SIGN_SECONDS):
        with suppress(OSError):
            said = path.read_text(encoding="utf-8").strip()
            if said and said != mine:
                lease.taken_over.set()
                return
            os.utime(path)


def holder_of(path: Path) -> Holder | None:
    """The process that wrote itself into a lock file and did not release it; it may have died since."""
    try:
        silent = time.time() - os.stat(path).st_mtime
        found = parse_json(path.read_text(encoding="utf-8", errors="replace"))
        return Holder(int(found["pid"]), str(found["host"]), str(found["machine"]), str(found["since"]), silent)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def in_use(path: Path) -> bool:
    """Whether a running process holds a lock; of one on another machine, whether it gave a sign of life lately."""
    try:
        with open(path) as file:
            if not _taken(file, fcntl.LOCK_SH):
                return True
    except OSError:
        return False
    holder = holder_of(path)
    return holder is not None and not holder.is_here and not holder.is_lost


def _opened(path: Path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "a+", encoding="utf-8", errors="replace", opener=_no_link)
    except OSError as failure:
        kind = UnwritableError if failure.errno in PASSING else StoreError
        raise kind(f"cannot write {path}: {failure.strerror}. Name a folder that is writable.") from None


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _taken(file, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
