"""Bytes -> text: compressed files, and the encodings in which programs save text."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import PointsError

PART_BYTES = 1 << 22
MOST_BYTES = 4 << 30  # of a file that was compressed, when it is open
_OPENERS: dict[bytes, Callable[..., Any]] = {
    b"\x1f\x8b": gzip.open,
    b"\xfd7zXZ\x00": lzma.open,
    b"BZh": bz2.open,
}
BROKEN = (OSError, EOFError, lzma.LZMAError, zlib.error)  # what a file that cannot be read raises
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


def beginning(path: Path) -> bytes:
    """Give the first bytes of a file.

    Raises:
        PointsError: no such file, or it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(64)
    except FileNotFoundError:
        raise PointsError(f"{path} does not exist.") from None
    except OSError as failure:
        raise PointsError(f"{path} cannot be read: {failure.strerror}.") from None


def text_of(path: Path) -> str:
    """Read a file's text; gzip, xz and bzip2 are opened, and the mark at the start names the encoding.

    Raises:
        PointsError: broken, too large when open, or no text.
    """
    return decoded(_bytes(path), str(path))


def opened(path: Path) -> Any:
    """Open a file to read its bytes; those inside of gzip, xz and bzip2."""
    start = beginning(path)
    return next((one for magic, one in _OPENERS.items() if start.startswith(magic)), open)(path, "rb")


def _bytes(path: Path) -> bytes:
    data = bytearray()
    try:
        with opened(path) as file:
            while part := file.read(PART_BYTES):  # Python sets aside memory for all that is asked for at once
                data += part
                if len(data) > MOST_BYTES:
                    most = MOST_BYTES >> 30
                    raise PointsError(f"{path} holds more than {most} GiB of text when opened; cut it into parts.")
    except BROKEN as failure:
        raise PointsError(f"{path} cannot be read: {failure}.") from None
    return bytes(data)


def decoded(data: bytes, name: str) -> str:
    """Turn bytes into text: UTF-8, or UTF-16 where its mark says so.

    Raises:
        PointsError: neither, or empty.
    """
    encoding = next((one for mark, one in _MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as failure:
        raise PointsError(
            f"{name} is not UTF-8 text (byte {failure.start}). Save it as UTF-8 CSV, TSV, JSON lines or Parquet."
        ) from None
    return checked_text(text, name)


def checked_text(text: str, name: str) -> str:
    """Give a text back without its mark.

    Raises:
        PointsError: empty, or no text.
    """
    text = text.removeprefix("\ufeff")
    if not text.strip():
        raise PointsError(f"{name} is empty. A table has a line of column names and a line for every point.")
    if "\0" in text[:4096]:
        raise PointsError(f"{name} is not text. Save it as UTF-8 CSV, TSV, JSON lines or Parquet.")
    return text
