"""TensorBoard's event files: framed records of protocol buffers, read as far as scalars need.

A file is a row of frames: length (8 bytes), its checksum (4), an Event, its checksum (4). Of an Event the step
(field 2) and the summary (field 5) are read; of the summary's values the tag (field 1) and the number: simple_value
(field 2), or a tensor of one float (field 8). See event.proto, summary.proto and tensor.proto of TensorFlow.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

from ..errors import PointsError
from .raw import Raw, columns_of

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


def looks_like_events(path: Path) -> bool:
    """Say whether a file is named as TensorBoard names its own."""
    return "tfevents" in path.name


def read_events(path: Path, run: str | None = None) -> Raw:
    """Read the scalars of an event file: a row for each step, a column for each tag.

    A file that ends within a record, as that of a run which is still written, gives what stands before it.

    Raises:
        PointsError: no scalar in it.
    """
    rows: dict[int, dict] = {}
    for event in _frames(path.read_bytes()):
        step, values = _scalars(event)
        for tag, value in values:
            rows.setdefault(step, {})[tag] = value
    if not rows:
        raise PointsError(f"{path} holds no scalar: it is an event file of TensorBoard without a logged number.")
    name = run or path.parent.name or path.stem
    records = [{"run_id": name, "steps": step, **values} for step, values in sorted(rows.items())]
    return Raw(columns_of(records), list(range(1, len(records) + 1)), form="event file of TensorBoard")


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        if at + 12 + length + 4 > len(data):
            return
        yield data[at + 12 : at + 12 + length]
        at += 16 + length


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
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


def _scalars(event: bytes) -> tuple[int, list[tuple[str, float]]]:
    step, found = 0, []
    for number, value in _fields(event):
        if number == 2 and isinstance(value, int):
            step = value
        elif number == 5 and isinstance(value, bytes):
            found += [_scalar(inner) for one, inner in _fields(value) if one == 1 and isinstance(inner, bytes)]
    return step, [pair for pair in found if pair is not None]


def _scalar(data: bytes) -> tuple[str, float] | None:
    tag, number = "", None
    for field, value in _fields(data):
        if isinstance(value, int):
            continue
        if field == 1:
            tag = value.decode("utf-8", "replace")
        elif field == 2 and len(value) == 4:
            number = struct.unpack("<f", value)[0]
        elif field == 8:
            number = _of_tensor(value)
    return None if number is None else (tag, number)


def _of_tensor(data: bytes) -> float | None:
    """Read a tensor of one float (dtype 1) or double (dtype 2), in its content or in its list of values."""
    found = dict(_fields(data))
    code = "<f" if found.get(1) == 1 else "<d" if found.get(1) == 2 else None
    for number in (4, 5, 6):  # content, floats, doubles
        held = found.get(number)
        if code and isinstance(held, bytes) and len(held) == struct.calcsize(code):
            return float(struct.unpack(code, held)[0])
    return None
