"""JSON lines and lists of JSON records -> documents, by the field that contains their text."""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..errors import CorpusError

TEXT_FIELDS = ("text", "content")  # names of the field with the text, tried in this order where the user names none


def documents_of_lines(path: Path, lines: Iterable[bytes], field: str) -> Iterator[bytes]:
    """Return the text of each record of a file of JSON lines; blank lines are skipped.

    Raises:
        CorpusError: a line is not JSON, a record lacks the field, or no field is the obvious one.
    """
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return _texts(path, ((f"line {number}", _parsed(path, f"line {number}", line)) for number, line in numbered), field)


def documents_of_list(path: Path, content: bytes, field: str) -> Iterator[bytes]:
    """Return the text of each record of a JSON list of records; any other JSON is one document, unchanged.

    Raises:
        CorpusError: as `documents_of_lines`; or a field was named and there is no list of records.
    """
    if field or content.lstrip()[:1] == b"[":
        records = _parsed(path, "it", content)
        if isinstance(records, list) and records and all(isinstance(record, dict) for record in records):
            return _texts(path, ((f"record {number}", record) for number, record in enumerate(records, 1)), field)
        if field:
            raise CorpusError(f"{path} is not a list of JSON records with a field {field!r}. Name other files.")
    return iter([content])


def _parsed(path: Path, place: str, content: bytes):
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        reason = problem.msg if isinstance(problem, json.JSONDecodeError) else "too deeply nested or too long to read"
        raise CorpusError(
            f"{path}: {place} is not JSON ({reason}). Fix it; text that is not JSON needs another suffix, such as .txt."
        ) from None


def _texts(path: Path, records: Iterable[tuple[str, object]], field: str) -> Iterator[bytes]:
    for place, record in records:
        if isinstance(record, str) and not field:
            yield encoded(path, place, record)
            continue
        if not isinstance(record, dict):
            raise CorpusError(f'{path}: {place} is not a JSON record such as {{"text": "..."}}. Fix or remove it.')
        field = field or evident_field(path, place, record)
        if field not in record or not isinstance(record[field], str | None):
            raise wrong_field(path, place, field, record)
        yield encoded(path, place, record[field] or "")


def wrong_field(path: Path, place: str, field: str, record: Mapping[str, object]) -> CorpusError:
    """Make the error for a field that a record lacks, or whose value is not text."""
    held = "is not text" if field in record else f"is missing; it has {', '.join(map(repr, record))}"
    return CorpusError(f"{path}: {place}: the field {field!r} {held}. Name another, as in text:PATH#{_first(record)}.")


def evident_field(path: Path, place: str, record: Mapping[str, object]) -> str:
    """Choose the field of a record that contains its text: by its name, or because no other field contains text.

    Raises:
        CorpusError: no field is the obvious one.
    """
    strings = [name for name, value in record.items() if isinstance(value, str)]
    for name in (*TEXT_FIELDS, *(strings if len(strings) == 1 else ())):
        if name in strings:
            return name
    fields = ", ".join(map(repr, record)) or "none"
    raise CorpusError(
        f"{path}: {place} has no field called {' or '.join(TEXT_FIELDS)}; its fields are {fields}. Write the name of "
        f'the field with the text after the path, as in corpus = "text:{path}#{_first(record)}".'
    )


def _first(record: Mapping[str, object]) -> str:
    """Return the field with the longest text, which is probably the one that is meant."""
    strings = {name: len(value) for name, value in record.items() if isinstance(value, str)}
    return max(strings, key=lambda name: strings[name], default="FIELD")


def encoded(path: Path | str, place: str, text: str) -> bytes:
    """Give a text as UTF-8.

    Raises:
        CorpusError: it contains half of a surrogate pair, or the character 0.
    """
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise CorpusError(
            f"{path}: {place} contains half of a surrogate pair, which is not text. Fix or remove it."
        ) from None
    if b"\0" in content:
        raise CorpusError(f"{path}: {place} contains the character 0, which marks the end of a document. Remove it.")
    return content
