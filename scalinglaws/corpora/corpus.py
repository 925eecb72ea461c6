"""Corpus: where documents come from, and the rules that cut them into training, validation and test text."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from ..errors import CorpusError

SPLITS = ("train", "val", "test")
HELD_OUT_ONE_IN = 20  # one document in so many is test text, another one validation text


@dataclass(frozen=True)
class Documents:
    """The documents of each split, in order: UTF-8 bytes, or arrays of token ids where `vocabulary` is not None.

    Attributes:
        truth: what is known exactly of a synthetic source, such as its entropy; empty for text.
    """

    train: Sequence
    val: Sequence
    test: Sequence
    vocabulary: int | None = None
    truth: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Corpus:
    """A source of documents that is read only when asked.

    Attributes:
        name: as it was asked for, e.g. "stdlib" or "text:books".
        origin: one sentence on what it is, for the report.
        licence: one sentence on what may be done with it.
        stamp: hash of what can be known without reading (paths, sizes, times of change; parameters). While it stays the
            same, so does the text.
        read: gives the documents; raises CorpusError where they are missing, empty or not UTF-8.
        symbols: whether its documents are token ids, not text.
    """

    name: str
    origin: str
    licence: str
    stamp: str
    read: Callable[[], Documents]
    symbols: bool = False


def split_of(digest: bytes) -> str:
    """Say which split a document belongs to, by the SHA-256 of its content alone: no other document can move it."""
    place = int.from_bytes(digest[:4], "big") % HELD_OUT_ONE_IN
    return {0: "test", 1: "val"}.get(place, "train")


def split_documents(
    name: str, unassigned: Iterable[bytes], given: dict[str, list[bytes]] | None = None, limit_bytes: int | None = None
) -> Documents:
    """Drop exact duplicates, give every document to one split, and order each split by a hash.

    The order makes every prefix of a split a random sample of it, and the prefixes nest. Split and order come from
    different bytes of the digest, so that neither tells of the other.

    Args:
        unassigned: documents that their own hash assigns.
        given: documents that came assigned, by split; a document given twice stays in test before val before train. A
            split that nothing is given for takes its share of `unassigned`; one that is given takes nothing else.
        limit_bytes: keep only the first training documents, up to this many bytes; val and test stay whole, so that
            losses under different limits are of the same text.

    Raises:
        CorpusError: a split is left without documents.
    """
    given = given or {}
    seen: set[bytes] = set()
    splits: dict[str, list[tuple[bytes, bytes]]] = {split: [] for split in SPLITS}
    for split in reversed(SPLITS):
        _place(given.get(split, ()), seen, lambda _, split=split: splits[split])
    _place(unassigned, seen, lambda digest: splits["train" if split_of(digest) in given else split_of(digest)])
    ordered = {split: [text for _, text in sorted(entries)] for split, entries in splits.items()}
    if empty := [split for split in SPLITS if not ordered[split]]:
        raise CorpusError(
            f"corpus {name!r} has {len(seen)} distinct documents, too few to leave any for {' and '.join(empty)}: "
            f"one document in {HELD_OUT_ONE_IN} goes to each of val and test. Give more documents (in .txt files two "
            f"blank lines part them, in .jsonl each line is one), or a folder with train.txt, val.txt and test.txt."
        )
    return Documents(_first_bytes(ordered["train"], limit_bytes), ordered["val"], ordered["test"])


def _place(documents: Iterable[bytes], seen: set[bytes], choose: Callable[[bytes], list]):
    for text in documents:
        digest = hashlib.sha256(text).digest()
        if digest not in seen:
            seen.add(digest)
            choose(digest).append((digest[4:], text))


def _first_bytes(documents: list[bytes], limit: int | None) -> list[bytes]:
    """Keep documents while they fit, and one at least."""
    if limit is None:
        return documents
    total = 0
    for count, text in enumerate(documents):
        total += len(text)
        if total > limit:
            return documents[: max(count, 1)]
    return documents


def content_hash(documents: Documents) -> str:
    """Hash every document in its place: equal for equal text, whatever files it came from."""
    digest = hashlib.sha256()
    for split in SPLITS:
        entries = getattr(documents, split)
        digest.update(f"{split} {len(entries)} ".encode())
        for entry in entries:
            content = entry if isinstance(entry, bytes) else entry.astype("<u4").tobytes()
            digest.update(len(content).to_bytes(8, "little"))
            digest.update(content)
    return digest.hexdigest()


def stamp_of(*parts: object) -> str:
    """Hash facts that are known without reading the text."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
