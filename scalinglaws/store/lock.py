"""A lock file that one process at a time holds; the system releases it when that process ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import FailureError, StoreError

POLL_SECONDS = 0.2
LOCK, TRAINING = "launch.lock", "training the runs of this folder"  # of a study's folder, and what its holder does


@contextmanager
def held(path: Path, what: str, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock while the block runs.

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
            while not _taken(file, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    file.seek(0)
                    holder = file.read().strip() or "another process"
                    raise FailureError(f"{holder} is already {what}. Wait for it, or end it; finished work is kept.")
                time.sleep(POLL_SECONDS)
            if _is_still(path, file):
                _sign(file.fileno())
                yield
                return


def _is_still(path: Path, file) -> bool:
    """Whether a path still leads to this open file: a file that was removed before it was locked excludes nobody."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return False


def _sign(descriptor: int):
    """Write the holder into the lock file; on a full disk nothing is written, and the lock is held nevertheless."""
    told = f"process {os.getpid()} (since {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())})\n"
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, told.encode())


def in_use(path: Path) -> bool:
    """Whether a running process holds a lock."""
    try:
        with open(path) as file:
            return not _taken(file, fcntl.LOCK_SH)
    except OSError:
        return False


def _opened(path: Path):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return open(path, "a+", encoding="utf-8", errors="replace", opener=_no_link)
    except OSError as failure:
        raise StoreError(f"cannot write {path}: {failure.strerror}. Name a folder that is writable.") from None


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _taken(file, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
