"""Files that a command is to write: never one that it reads, nor one that scalinglaws did not write."""

import os
from collections.abc import Iterable
from pathlib import Path

from ..errors import MisuseError

ENDS = 65_536  # bytes at either end of a file by which it is known
POINTS = ("loss_nats", "loss_train_nats", "loss_bits_per_byte", "excluded_because")  # heads of our own tables
REJECTED = ("line,reason",)
MAPPING = ('"map"',)
CONFIGURATION = ("Planned by scalinglaws",)
PAGE = ("Made by `scalinglaws",)


def spared(option: str, path: Path | None, read: Iterable[str | Path | None], known_by: Iterable[str]) -> None:
    """Refuse, before any work, to write over a file that is read, or over one that is somebody's.

    Args:
        option: that names the file; `path` is None where it was not asked for.
        read: what the command reads, and what else it writes.
        known_by: texts of which a file that scalinglaws wrote for this option holds one.

    Raises:
        MisuseError: naming the option and the file, with what to do instead.
    """
    if path is None:
        return
    if _place(path) in {_place(other) for other in read if other is not None and str(other) != "-"}:
        raise MisuseError(f"{option} {path}: the command reads or writes that file already. Name another.")
    if path.is_dir():
        raise MisuseError(f"{option} {path} is a folder. Name a file.")
    if path.is_file() and path.stat().st_size and not any(text.encode() in _ends(path) for text in known_by):
        raise MisuseError(
            f"{option} {path}: there is such a file, and scalinglaws did not write it. Name another, or move it away."
        )


def _place(path: str | Path) -> str:
    return os.path.realpath(path)


def _ends(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            head = file.read(ENDS)
            file.seek(max(0, path.stat().st_size - ENDS))
            return head + file.read(ENDS)
    except OSError:
        return b""
