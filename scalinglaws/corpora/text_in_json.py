"""JSON lines and lists of JSON records -> documents, by the field that holds their text."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import CorpusError

TEXT_FIELDS = ("text", "content")  # what a record's text is called, where nothing is said


def documents_of_lines(path: Path, lines: Iterable[bytes], field: str) -> Iterator[bytes]:
    """Give the text of each record of a file of JSON lines; blank lines are passed over.

    Raises:
        CorpusError: a line that is no JSON, a record without the field, or records of which no field is evident.
    """
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return _texts(path, ((f"line {number}", _parsed(path, f"line {number}", line)) for number, line in numbered), field)


def documents_of_list(path: Path, content: bytes, field: str) -> Iterator[bytes]:
    """Give the text of each record of a JSON list of them; any other JSON is one document, as it is written.

    Raises:
        CorpusError: as `documents_of_lines`; or a field was asked for and there is no list of records.
    """
    if field or content.lstrip()[:1] == b"[":
        records = _parsed(path, "it", content)
        if isinstance(records, list) and records and all(isinstance(record, dict) for record in records):
            return _texts(path, ((f"record {number}", record) for number, record in enumerate(records, 1)), field)
        if field:
            raise CorpusError(f"{path} is no list of JSON records, of which to take {field!r}. Name other files.")
    return iter([content])


def _parsed(path: Path, place: str, content: bytes):
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        reason = problem.msg if isinstance(problem, json.JSONDecodeError) else "nested or written beyond what is read"
        raise CorpusError(
            f"{path}: {place} is no JSON ({reason}). Mend it; text that is not JSON needs another suffix, such as .txt."
        ) from None


def _texts(path: Path, records: Iterable[tuple[str, object]], field: str) -> Iterator[bytes]:
    for place, record in records:
        if isinstance(record, str) and not field:
            yield _encoded(path, place, record)
            continue
        if not isinstance(record, dict):
            raise CorpusError(f'{path}: {place} is no JSON record such as {{"text": "..."}}. Mend or remove it.')
        field = field or _evident(path, place, record)
        if field not in record or not isinstance(record[field], str | None):
            held = "holds no text" if field in record else f"is missing; there are {', '.join(map(repr, record))}"
            raise CorpusError(
                f"{path}: {place}: the field {field!r} {held}. Name another, as in text:PATH#{_first(record)}."
            )
        yield _encoded(path, place, record[field] or "")


def _evident(path: Path, place: str, record: dict) -> str:
    """Choose the field of a record that holds its text: one called so, or the only one that holds any."""
    strings = [name for name, value in record.items() if isinstance(value, str)]
    for name in (*TEXT_FIELDS, *(strings if len(strings) == 1 else ())):
        if name in strings:
            return name
    fields = ", ".join(map(repr, record)) or "none"
    raise CorpusError(
        f"{path}: {place} has no field called {' or '.join(TEXT_FIELDS)}; its fields are {fields}. Write the one that "
        f'holds the text after the path, as in corpus = "text:{path}#{_first(record)}".'
    )


def _first(record: dict) -> str:
    """Give the field with the longest text: the likeliest to be meant."""
    strings = {name: len(value) for name, value in record.items() if isinstance(value, str)}
    return max(strings, key=strings.get, default="FIELD")


def _encoded(path: Path, place: str, text: str) -> bytes:
    try:
        content = text.encode()
    except UnicodeEncodeError:
        raise CorpusError(
            f"{path}: {place} holds half of a surrogate pair, which is no text. Mend or remove it."
        ) from None
    if b"\0" in content:
        raise CorpusError(f"{path}: {place} holds the character 0, which marks the end of a document. Remove it.")
    return content
