"""A file that one process at a time holds; the system drops it when that process ends, however it ends."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..errors import FailureError, StoreError

POLL_SECONDS = 0.2
LOCK, TRAINING = "launch.lock", "training the runs of this folder"  # of a study's folder, and what is done under it


@contextmanager
def held(path: Path, what: str, *, patience: float = 0.0) -> Iterator[None]:
    """Hold a lock while the block runs.

    Args:
        what: what is done under it, for whoever finds it held.
        patience: seconds to wait for a process that holds it.

    Raises:
        FailureError: another process holds it.
        StoreError: the file cannot be made.
    """
    deadline = time.monotonic() + patience
    while True:
        with _opened(path) as file:
            while not _taken(file, fcntl.LOCK_EX):
                if time.monotonic() > deadline:
                    file.seek(0)
                    holder = file.read().strip() or "another process"
                    raise FailureError(f"{holder} is {what} already. Wait for it, or end it; what is done is kept.")
                time.sleep(POLL_SECONDS)
            if _is_still(path, file):
                _sign(file.fileno())
                yield
                return


def _is_still(path: Path, file) -> bool:
    """Whether a path leads to an open file: one that was removed before it was locked holds nobody off."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return False


def _sign(descriptor: int):
    """Say who holds a lock; on a full disk nothing is said, and the lock is held all the same."""
    told = f"process {os.getpid()} (since {time.strftime('%Y-%m-%d %H:%M:%S UTC', time.gmtime())})\n"
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.write(descriptor, told.encode())


def in_use(path: Path) -> bool:
    """Whether a process that lives holds a lock."""
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
        raise StoreError(f"cannot write {path}: {failure.strerror}. Name a folder that can be written to.") from None


def _no_link(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o666)


def _taken(file, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
