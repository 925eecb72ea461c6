"""Files that a command is to write: never one that it reads, nor one that holds another's words or a user's edits."""

import hashlib
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..errors import MisuseError


def spared(option: str, path: Path | None, read: Iterable[str | Path | None] = ()) -> None:
    """Refuse, before any work, to write over a file that is read, or over one that is not as scalinglaws wrote it.

    A file is known by the digest of all its bytes, kept when it was written (`wrote`): after one edit it is its
    editor's, and a table of somebody else may have our column names.

    Args:
        option: that names the file; `path` is None where it was not asked for.
        read: what the command reads, and what else it writes.

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
            f"{option} {path}: there is such a file, and it is not as scalinglaws wrote it here: somebody else's, or "
            "edited since. Name another, or move it away."
        )


def wrote(path: Path) -> None:
    """Keep the digest of a file that was just written, so that it may be written again as long as nobody edits it."""
    with suppress(OSError, RuntimeError):  # where nothing can be kept, the file counts as somebody's
        ledger = _ledger()
        ledger.parent.mkdir(parents=True, exist_ok=True)
        with open(ledger, "a", encoding="ascii") as file:
            file.write(f"{_digest(path)}\n")


def _ledger() -> Path:
    """The file of digests: one a line, of this user on this machine."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "scalinglaws" / "written"


def _written() -> frozenset[str]:
    try:
        return frozenset(_ledger().read_text(encoding="ascii").split())
    except (OSError, ValueError, RuntimeError):  # RuntimeError: nobody's home
        return frozenset()


def _digest(path: Path) -> str:
    """The digest of a file's bytes; of what cannot be read, none that was ever kept."""
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _place(path: str | Path) -> str:
    return os.path.realpath(path)
