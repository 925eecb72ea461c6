"""Files that a command writes: never one that it reads, that somebody else wrote, or that a user edited."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import MisuseError
from ..records.cache_folder import cache_folder

SEAL = "\n<!-- as scalinglaws wrote it: sha256 {} -->\n"
DIGITS = 64  # of a SHA-256 digest


def spared(option: str, path: Path | None, read: Iterable[str | Path | None] = ()) -> None:
    """Refuse, before any work, to overwrite a file that is read, or one that is not as scalinglaws wrote it.

    A file is recognised by the digest of all its bytes, which was kept when it was written (`wrote`), or which it ends
    with (`sealed`). An edited file is not recognised; column names would not be enough, because another program's table
    may have ours.

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
    if path.is_file() and path.stat().st_size and _digest(path) not in _written() and not _is_sealed(path):
        raise MisuseError(
            f"{option} {path}: this file exists and is not as scalinglaws wrote it: it was written by another program "
            "or edited since. Name another, or move it away."
        )


def sealed(page: str) -> str:
    """End a page with the digest of what it says, so that another machine too knows that nobody edited it."""
    return page + SEAL.format(hashlib.sha256(page.encode()).hexdigest())


def unsealed(page: str) -> str:
    """Give what a page says, without the digest that it may end with."""
    return page[: -len(SEAL.format("0" * DIGITS))] if sealed_with(page) else page


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


def sealed_with(page: str) -> str:
    """Give the digest that a page ends with; empty for none."""
    begin, end = SEAL.split("{}")
    digest = page[-len(end) - DIGITS : -len(end)]
    return digest if len(digest) == DIGITS and page.endswith(f"{begin}{digest}{end}") else ""


def _is_sealed(path: Path) -> bool:
    try:
        page = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return sealed_with(page) == hashlib.sha256(unsealed(page).encode()).hexdigest()


def _place(path: str | Path) -> str:
    return os.path.realpath(path)
