"""TensorBoard's event files: framed records of protocol buffers, read as far as scalars and hyperparameters need.

A file is a row of frames: length (8 bytes), its checksum (4), an Event, its checksum (4). Of an Event the step
(field 2) and the summary (field 5) are read; of the summary's values the tag (field 1) and the number: simple_value
(field 2), or a tensor of one float (field 8). Hyperparameters are in the metadata (field 9) of a value, as the data
of a plugin (field 1, then 2). See event.proto, summary.proto and tensor.proto of TensorFlow, and plugin_data.proto of
TensorBoard's hparams.
"""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

from ..errors import PointsError
from .protobuf import double, fields, messages, number, text
from .raw import Raw, columns_of

STATUS = {1: "finished", 2: "failed", 3: "running"}


def looks_like_events(path: Path) -> bool:
    """Say whether a file is named as TensorBoard names its own."""
    return "tfevents" in path.name


def event_files(folder: Path) -> dict[str, list[Path]]:
    """List the event files under a folder by the name of their run, which is that of their own folder."""
    found = sorted(path for path in folder.rglob("*") if looks_like_events(path))
    by_run = groupby(found, key=lambda path: path.parent)
    return {place.relative_to(folder.parent).as_posix(): list(paths) for place, paths in by_run}


@dataclass
class _Record:
    """What the event files of one run hold."""

    rows: dict[int, dict[str, float]] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)


def read_events(paths: Path | Sequence[Path], run: str | None = None) -> Raw:
    """Read the event files of one run: a row for each step, a column for each tag and each hyperparameter.

    A file that ends within a record, as that of a run which is still written, gives what stands before it.

    Raises:
        PointsError: no scalar in them.
    """
    paths = [paths] if isinstance(paths, Path) else paths
    found = _Record()
    for path in paths:
        for event in _frames(path.read_bytes()):
            _take(event, found)
    if not found.rows:
        said = ", ".join(map(str, paths[:3])) or "the folder"
        raise PointsError(f"{said} holds no scalar: it is an event file of TensorBoard without a logged number.")
    name = run or paths[0].parent.name or paths[0].stem
    settings = dict(sorted(found.settings.items()))  # the files hold them in no order
    records = [{"run_id": name, "steps": step} | settings | row for step, row in sorted(found.rows.items())]
    return Raw(columns_of(records), list(range(1, len(records) + 1)), form="event file of TensorBoard")


def _frames(data: bytes) -> Iterator[bytes]:
    at = 0
    while at + 12 <= len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        if at + 12 + length + 4 > len(data):
            return
        yield data[at + 12 : at + 12 + length]
        at += 16 + length


def _take(event: bytes, found: _Record):
    step = number(event, 2) or 0
    for summary in messages(event, 5):
        for value in messages(summary, 1):
            tag, scalar = _scalar(value)
            if scalar is not None:
                found.rows.setdefault(step, {})[tag] = scalar
            found.settings |= _settings(value)


def _scalar(data: bytes) -> tuple[str, float | None]:
    tag, found = "", None
    for one, value in fields(data):
        if isinstance(value, int):
            continue
        if one == 1:
            tag = value.decode("utf-8", "replace")
        elif one == 2 and len(value) == 4:
            found = struct.unpack("<f", value)[0]
        elif one == 8:
            found = _of_tensor(value)
    return tag, found


def _of_tensor(data: bytes) -> float | None:
    """Read a tensor of one float (dtype 1) or double (dtype 2), in its content or in its list of values."""
    found = dict(fields(data))
    code = "<f" if found.get(1) == 1 else "<d" if found.get(1) == 2 else None
    for one in (4, 5, 6):  # content, floats, doubles
        held = found.get(one)
        if code and isinstance(held, bytes) and len(held) == struct.calcsize(code):
            return float(struct.unpack(code, held)[0])
    return None


def _settings(value: bytes) -> dict[str, object]:
    """Read the hyperparameters of a run, and how it ended, from the value in which the plugin hparams keeps them."""
    found: dict[str, object] = {}
    for plugin in (plugin for metadata in messages(value, 9) for plugin in messages(metadata, 1)):
        if text(plugin, 1) != "hparams":
            continue
        for content in messages(plugin, 2):
            for entry in (entry for start in messages(content, 3) for entry in messages(start, 1)):
                found[text(entry, 1)] = next((_of_value(one) for one in messages(entry, 2)), None)
            for end in messages(content, 4):
                found["outcome"] = STATUS.get(number(end, 1) or 0, "")
    return found


def _of_value(data: bytes) -> object:
    """Read a google.protobuf.Value: a number (field 2), a text (3) or a truth (4)."""
    for one, value in fields(data):
        if isinstance(value, bytes):
            return double(value) if one == 2 else value.decode("utf-8", "replace")
        if one == 4:
            return bool(value)
    return None
