"""Messages of protocol buffers -> their fields, for the files of trackers that are written in them.

See "Encoding" in the documentation of Protocol Buffers.
"""

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Give the fields of a message, number and value: a varint as a number, the rest as bytes."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == VARINT:
            whole, at = _varint(data, at)
            yield number, whole
            continue
        if kind == BYTES:
            length, at = _varint(data, at)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            return
        yield number, data[at : at + length]
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    return value, at


def messages(data: bytes, wanted: int) -> Iterator[bytes]:
    """Give the messages, or texts, in the fields of one number."""
    return (value for number, value in fields(data) if number == wanted and isinstance(value, bytes))


def text(data: bytes, wanted: int) -> str:
    """Give the text of a field; empty where there is none."""
    return next(messages(data, wanted), b"").decode("utf-8", "replace")


def number(data: bytes, wanted: int) -> int | None:
    """Give the whole number of a field; None where there is none."""
    return next((value for one, value in fields(data) if one == wanted and isinstance(value, int)), None)


def double(data: bytes) -> float | None:
    """Read a double; None where there are not eight bytes of one."""
    return float(struct.unpack("<d", data)[0]) if len(data) == 8 else None
