"""Multiple-choice items of one's own: read from JSON lines, each with a text, its choices and the right one."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import CorpusError
from .text_in_json import encoded

ASKED = ("query", "question", "context", "ctx")  # fields of the text before the choices: of these a record has one
CHOICES = ("choices", "endings")
ANSWERS = ("answer", "gold", "label", "answerKey")
EXAMPLE = '{"query": "The capital of France is", "choices": ["Lyon", "Paris"], "answer": 1}'
MOST_ITEMS = 100_000
PER = ("byte", "token", "choice")  # by what the cost of a choice is divided before choices are compared

Part = str | tuple[int, ...]  # text, or token ids


@dataclass(frozen=True)
class Item:
    """One item: text or token ids before the choices, the choices, and the place of the right one.

    Attributes:
        place: where it stands, for messages: "line 3".
    """

    place: str
    asked: Part
    choices: tuple[Part, ...]
    answer: int


def read_items(path: Path, *, symbols: bool = False) -> tuple[Item, ...]:
    """Read the items of a file of JSON lines, or of a JSON list.

    A record has a text (`query`, `question`, `context` or `ctx`), choices (`choices`, a list or ARC's {"text": [..],
    "label": [..]}; or `endings`, as HellaSwag's), and the right one (`answer`, `gold` or `label`, counted from 0; or
    `answerKey`, a label of ARC's). Other fields are not read.

    Args:
        symbols: the items are token ids: lists of numbers in place of strings.

    Raises:
        CorpusError: there is no such file, or a record is no item; it names the line.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        said = (problem.strerror or "it cannot be read").lower()
        raise CorpusError(f"items: {path}: {said}. Name a file of JSON lines such as {EXAMPLE}.") from None
    found = tuple(_item(path, place, record, symbols) for place, record in _records(path, content))
    if not 0 < len(found) <= MOST_ITEMS:
        raise CorpusError(f"items: {path} has {len(found):,} items; give 1 to {MOST_ITEMS:,}, one a line: {EXAMPLE}.")
    return found


def _records(path: Path, content: bytes) -> Iterator[tuple[str, object]]:
    if content.lstrip()[:1] == b"[":
        for number, record in enumerate(_parsed(path, "it", content), 1):
            yield f"record {number}", record
        return
    for number, line in enumerate(content.splitlines(), 1):
        if line.strip():
            yield f"line {number}", _parsed(path, f"line {number}", line)


def _parsed(path: Path, place: str, content: bytes):
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise CorpusError(f"items: {path}: {place} is not JSON. Write one item a line: {EXAMPLE}.") from None


def _item(path: Path, place: str, record: object, symbols: bool) -> Item:
    def wrong(said: str) -> CorpusError:
        return CorpusError(f"items: {path}: {place} {said} Write it as {EXAMPLE}.")

    if not isinstance(record, Mapping):
        raise wrong("is no JSON record.")
    asked, choices, answer = (_only(record, names, wrong) for names in (ASKED, CHOICES, ANSWERS))
    texts, labels = choices, None
    if isinstance(choices, Mapping):
        texts, labels = choices.get("text"), choices.get("label")
    if not isinstance(texts, list) or len(texts) < 2:
        raise wrong(f"has the choices {_shown(texts)}; it needs a list of two or more.")
    parts = [_part(path, place, one, symbols, wrong) for one in (asked, *texts)]
    if not all(parts[1:]) or len(set(parts[1:])) < len(texts):
        raise wrong("has a choice that is empty, or twice the same.")
    return Item(place, parts[0], tuple(parts[1:]), _place_of(answer, labels, len(texts), wrong))


def _only(record: Mapping, names: Sequence[str], wrong) -> object:
    given = [name for name in names if name in record]
    if len(given) != 1:
        has = f"has {' and '.join(given)}" if given else f"has none of {', '.join(names)}: it has {', '.join(record)}"
        raise wrong(f"{has}; it needs one of them.")
    return record[given[0]]


def _part(path: Path, place: str, value: object, symbols: bool, wrong) -> Part:
    if not symbols and isinstance(value, str):
        encoded(path, place, value)  # refused where it is no text
        return value
    if symbols and isinstance(value, list) and all(type(one) is int and one >= 0 for one in value):
        return tuple(value)
    kind = "a list of token ids, because the study's text is token ids" if symbols else "text"
    raise wrong(f"has {_shown(value)} where {kind} is needed.")


def _place_of(answer: object, labels: object, many: int, wrong) -> int:
    if isinstance(labels, list) and answer in labels:
        return labels.index(answer)
    found = int(answer) if isinstance(answer, str) and answer.isdecimal() and answer.isascii() else answer
    if type(found) is int and 0 <= found < many:
        return found
    allowed = f"from 0 to {many - 1}"
    allowed += f", or one of {', '.join(map(str, labels))}" if isinstance(labels, list) else ""
    raise wrong(f"has the answer {_shown(answer)}; it must be the place of the right choice, {allowed}.")


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else text[:38] + ".."
