"""Files that a command writes: never one that it reads, that somebody else wrote, or that a user edited."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import MisuseError
from ..records.cache_folder import cache_folder


def spared(option: str, path: Path | None, read: Iterable[str | Path | None] = ()) -> None:
    """Refuse, before any work, to overwrite a file that is read, or one that is not as scalinglaws wrote it.

    A file is recognised by the digest of all its bytes, which was kept when it was written (`wrote`). An edited file is
    not recognised; column names would not be enough, because another program's table may have ours.

    Args:
        option: the one that names the file; `path` is None if it was not given.
        read: files that the command reads or also writes.

    Raises:
        MisuseError: naming the option and the file, with what to do instead.
    """
    if path is None:
        return
    if _place(path) in {_place(other) for other in read if other is not None and str(other) != "-"}:
        raise MisuseError(f"{option} {path}: the command reads or writes that file already. Name another.")
    if path.is_dir():
        raise MisuseError(f"{option} {path} is a folder. Name a file.")
    if path.is_file() and path.stat().st_size and _digest(path) not in _written():
        raise MisuseError(
            f"{option} {path}: this file exists and is not as scalinglaws wrote it: it was written by another program "
            "or edited since. Name another, or move it away."
        )


def wrote(path: Path) -> None:
    """Keep the digest of a file that was just written, so that it may be overwritten until somebody edits it."""
    with suppress(OSError, RuntimeError):  # if nothing can be kept, the file is not recognised later
        ledger = _ledger()
        ledger.parent.mkdir(parents=True, exist_ok=True)
        with open(ledger, "a", encoding="ascii") as file:
            file.write(f"{_digest(path)}\n")


def _ledger() -> Path:
    """Give the file of digests, one per line, of this user on this machine."""
    return cache_folder() / "written"


def _written() -> frozenset[str]:
    try:
        return frozenset(_ledger().read_text(encoding="ascii").split())
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return frozenset()


def _digest(path: Path) -> str:
    """Give the digest of a file's bytes; an empty one, which is never kept, if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _place(path: str | Path) -> str:
    return os.path.realpath(path)
