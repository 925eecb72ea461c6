"""Frozen dataclasses to plain JSON values and back, with errors that name the key and the nearest known one."""

import contextlib
import dataclasses
import errno
import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ..errors import FEW, MisuseError, StoreError, StudyError, UnwritableError, nearest

MOST_BYTES = 2**30  # maximum size of a JSON file
MOST_DIGITS = 30  # maximum number of digits of an integer
MOST_SHOWN = 40  # maximum number of characters of a wrong value in a message
_WORDS: dict[Any, str] = {dict: "keys with values, {...}", list: "a list, [...]"}
PASSING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.ETIMEDOUT)  # may be well again
SEAL = "digest"  # key of a record's own digest


@cache
def _adapter(kind: Any) -> Any:
    from pydantic import ConfigDict, TypeAdapter, with_config

    for part in _dataclasses_in(kind):
        with_config(ConfigDict(extra="forbid", arbitrary_types_allowed=True))(part)
    return TypeAdapter(kind)


def _dataclasses_in(kind: Any, seen: set | None = None) -> set:
    """Find every dataclass that occurs in the fields of a dataclass, at any depth."""
    seen = set() if seen is None else seen
    if dataclasses.is_dataclass(kind) and kind not in seen:
        seen.add(kind)
        for field in dataclasses.fields(kind):
            _dataclasses_in(field.type, seen)
    for part in getattr(kind, "__args__", ()):
        _dataclasses_in(part, seen)
    return seen


def to_plain(record: Any) -> Any:
    """Convert a record to JSON values; arrays become lists, not-a-number and infinity become null."""
    kind: Any = type(record)
    return json.loads(_adapter(kind).dump_json(record, warnings="error", fallback=lambda array: array.tolist()))


def finite(value: float | None) -> float | None:
    """A number as JSON can hold it: nothing for infinity and what is no number."""
    return None if value is None or not abs(value) < float("inf") else float(value)


def from_plain(kind: type, values: Mapping, where: str = "", error: type[MisuseError] = StudyError) -> Any:
    """Make a record from JSON or TOML values.

    Raises:
        error: a value is unknown, missing or wrong; the message names `where`, the key and the nearest known key.
    """
    from pydantic import ValidationError

    if not isinstance(values, Mapping):
        raise error(f"{where or kind.__name__}: it must contain keys with values, not {values!r:.40}.")
    try:
        return _adapter(kind).validate_python(dict(values))
    except ValidationError as failure:
        lines = [_sentence(kind, problem) for problem in failure.errors()]
        raise error(f"{where or kind.__name__}: " + " ".join(lines)) from None


def _sentence(kind: type, problem: Mapping) -> str:
    key = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "unexpected_keyword_argument":
        *path, last = problem["loc"]
        known = [field.name for field in dataclasses.fields(_holder(kind, path))]
        near = nearest(str(last), known)
        listed = f" Known keys: {', '.join(known)}." if len(known) <= FEW else f" {len(known)} keys are known."
        return f"unknown key {key!r:.60}.{near or listed}"
    if problem["type"] == "missing":
        return f"the key {key!r} is missing."
    given = repr(problem["input"])
    return f"{key} = {given if len(given) <= 80 else given[:60] + '..'}: {problem['msg']}."


def _holder(kind: type, path: list) -> type:
    """Find the dataclass at a path of keys and positions."""
    for part in path:
        kinds = {field.name: field.type for field in dataclasses.fields(kind)}
        kind = _first_dataclass(kinds.get(part)) or kind
    return kind


def _first_dataclass(kind: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return kind
    return next(filter(None, map(_first_dataclass, getattr(kind, "__args__", ()))), None)


def write_json(path: Path, values: Any) -> None:
    """Write JSON to a temporary file beside the target, flush it to the disk, then rename it: all or nothing."""
    write_whole(path, (json.dumps(values, indent=1, allow_nan=False) + "\n").encode())


def utc_now() -> str:
    """The current time, to the second, as 2026-11-21T09:12:44Z: such strings sort in the order of their times."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def write_sealed(path: Path, values: Mapping) -> None:
    """Write JSON with a digest of its content, so that a reader can detect later changes."""
    write_json(path, {**values, SEAL: digest_of(values)})


def read_sealed(path: Path) -> tuple[Any, bool]:
    """Read JSON, and say whether it has a digest; files of the first releases have none.

    Raises:
        StoreError: the file is missing, is not JSON, or was changed after it was written.
    """
    values = read_json(path)
    if not isinstance(values, dict) or SEAL not in values:
        return values, False
    content = {name: value for name, value in values.items() if name != SEAL}
    if values[SEAL] != digest_of(content):
        raise StoreError(f"{path} is not what was written there: its digest does not match its content.")
    return content, True


def digest_of(values: Any) -> str:
    """Hash JSON values, independently of the order of their keys."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a temporary file beside the target, flush it to the disk, then rename it.

    Raises:
        StoreError: the folder cannot be written to; no partial file is left.
        UnwritableError: nor now, because the disk is full, read-only or out of reach.
    """
    beside = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(beside, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as failure:
        with contextlib.suppress(OSError):
            beside.unlink()
        full = failure.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        cure = "Free some space, or name another folder." if full else "Name a folder that can be written to."
        kind = UnwritableError if failure.errno in PASSING else StoreError
        raise kind(f"cannot write {path}: {failure.strerror}. {cure}") from None


def _beside(path: Path) -> Path:
    """Give a file that is being written a random name that cannot be predicted."""
    return path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")


def write_hint(path: Path, values: Any):
    """Write a file that may be lost: renamed without waiting for the disk, or not written if the disk is full."""
    beside = _beside(path)
    try:
        with open(beside, "x") as file:
            file.write(json.dumps(values))
        os.replace(beside, path)
    except OSError:
        with contextlib.suppress(OSError):
            beside.unlink()


def read_hint(path: Path) -> Any:
    """Read a file that may have been lost, or truncated by a power failure; None in that case."""
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        return None


def read_json(path: Path, kind: type = object) -> Any:
    """Read JSON; `kind` is the type that it must have (dict, list ...).

    Raises:
        StoreError: the file is missing, is not JSON, is too large, or contains a value of another type.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise StoreError(f"{path} has {size:,} bytes; a JSON file may have at most {MOST_BYTES:,}.")
        found = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StoreError(f"{path} does not exist.") from None
    except (ValueError, OSError, RecursionError) as failure:
        raise StoreError(f"{path} cannot be read as JSON: {failure}.") from None
    if not isinstance(found, kind):
        raise StoreError(f"{path} must contain {_WORDS.get(kind, kind.__name__)}, not {str(found)[:MOST_SHOWN]!r}.")
    return found


def parse_json(text: str) -> Any:
    """Parse a JSON text; all JSON is parsed here. An integer with more digits than any count has becomes a float.

    Raises:
        ValueError: the text is not JSON, is nested too deeply, or gives a key of an object twice.
    """
    try:
        return json.loads(text, parse_int=_whole, object_pairs_hook=_object)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_json_values(text: str) -> Iterator[tuple[int, Any]]:
    """Parse JSON values that follow one another, up to the first broken one; give each with the line it begins at."""
    decoder = json.JSONDecoder(parse_int=_whole, object_pairs_hook=_object)
    at, line = 0, 1
    while at < len(text):
        start = at + len(text[at:]) - len(text[at:].lstrip(" \t\r\n,"))
        if start == len(text):
            return
        line += text.count("\n", at, start)
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            return
        yield line, value
        line += text.count("\n", start, end)
        at = end


def _whole(text: str) -> int | float:
    return int(text) if len(text) <= MOST_DIGITS else float(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for i, (name, _) in enumerate(pairs) if name in dict(pairs[:i]))
        raise ValueError(f"the key {twice!r} occurs in it twice")
    return found
