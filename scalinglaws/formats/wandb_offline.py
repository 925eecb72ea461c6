"""W&B's own files, run-ID.wandb, as its offline mode leaves them: a log of records of protocol buffers.

After a header of 7 bytes the file is in blocks of 32 KiB, as LevelDB writes its log: checksum (4 bytes), length (2),
type (1: whole, 2: first part, 3: middle, 4: last), content. A content is a Record: run (field 17), config (5),
history (2), exit (18). Keys and values in it are pairs of a key (field 1, or 2 where nested) and JSON (field 16). See
wandb_internal.proto of W&B.
"""

import json
import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import PointsError
from .protobuf import messages, number, text
from .raw import Raw, columns_of, flatten
from .wandb_runs import distinct_names

MARK, BLOCK, HEADER = b":W&B", 32768, 7
WHOLE, FIRST, MIDDLE, LAST = 1, 2, 3, 4
ITEM, NESTED_KEY, JSON_VALUE = 1, 2, 16


@dataclass
class _Run:
    """What the files of one run hold."""

    name: str = ""
    outcome: str = "running"
    config: dict[str, object] = field(default_factory=dict)
    rows: dict[int, dict[str, object]] = field(default_factory=dict)


def wandb_files(folder: Path) -> list[Path]:
    """List the files of W&B under a folder, the earlier of a resumed run first."""
    return sorted(folder.rglob("*.wandb"))


def read_wandb_files(paths: Sequence[Path]) -> Raw:
    """Read runs: a row for each logged step, its values and the run's settings in columns.

    Several files of one run are one: a run that was resumed offline has one for each process. A file that ends within
    a record, as that of a run which is still written, gives what stands before it.

    Raises:
        PointsError: no value was logged.
    """
    runs: dict[str, _Run] = {}
    for path in paths:
        _read(path, runs)
    names = distinct_names({run_id: run.name for run_id, run in runs.items()})
    records = [
        {"run_id": names[run_id], "outcome": run.outcome, "steps": step} | run.config | row
        for run_id, run in runs.items()
        for step, row in sorted(run.rows.items())
    ]
    if not records:
        said = ", ".join(map(str, paths[:3])) or "the folder"
        raise PointsError(f"{said} holds no row: it is a file of W&B without a logged value.")
    columns = columns_of(records)
    return Raw(columns, list(range(1, len(records) + 1)), form="offline file of W&B")


def _read(path: Path, runs: dict[str, _Run]):
    run = _Run()
    for record in _records(path.read_bytes()):
        for told in messages(record, 17):
            run = runs.setdefault(text(told, 1), run)
            run.name, run.outcome = text(told, 8) or text(told, 1), "running"
            for config in messages(told, 4):
                run.config |= _pairs(config)
        for config in messages(record, 5):
            run.config |= _pairs(config)
        for history in messages(record, 2):
            _take(history, run)
        for ended in messages(record, 18):
            run.outcome = "failed" if number(ended, 1) else "finished"


def _take(history: bytes, run: _Run):
    row = _pairs(history)
    step = next((number(one, 1) or 0 for one in messages(history, 2)), row.get("_step"))
    values = {name: value for name, value in row.items() if not name.startswith("_")}
    if values and isinstance(step, int | float):
        run.rows.setdefault(int(step), {}).update(values)


def _pairs(data: bytes) -> dict[str, object]:
    """Read the keys and values of a config or a row; what W&B keeps for itself, under _wandb, is left out."""
    found: dict[str, object] = {}
    for item in messages(data, ITEM):
        key = text(item, 1) or ".".join(part.decode("utf-8", "replace") for part in messages(item, NESTED_KEY))
        with suppress(ValueError):  # no JSON, or nested too deep
            value = json.loads(text(item, JSON_VALUE))
            if key.split(".")[0] != "_wandb":
                found |= flatten({key: value})
    return found


def _records(data: bytes) -> Iterator[bytes]:
    """Give the records of a log; a part at its end that is not whole is left out."""
    if data[: len(MARK)] != MARK:
        return
    at, parts = HEADER, b""
    while at + HEADER <= len(data):
        if BLOCK - at % BLOCK < HEADER:  # the rest of a block is too short for a header
            at += BLOCK - at % BLOCK
            continue
        length, kind = struct.unpack_from("<HB", data, at + 4)
        content, at = data[at + HEADER : at + HEADER + length], at + HEADER + length
        if len(content) < length or kind not in (WHOLE, FIRST, MIDDLE, LAST):
            return
        parts = content if kind in (WHOLE, FIRST) else parts + content
        if kind in (WHOLE, LAST):
            yield parts
