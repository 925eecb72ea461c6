"""Corpus: where documents come from, and the rules that split them into training, validation and test text."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..errors import CorpusError, nearest

SPLITS = ("train", "val", "test")
AT_ONCE = 1 << 24  # token ids in memory at a time
HELD_OUT_ONE_IN = 20  # one document in this many is test text, and one more is validation text


@dataclass(frozen=True)
class Documents:
    """The documents of each split, in order: UTF-8 bytes, or arrays of token ids where `vocabulary` is not None.

    Attributes:
        truth: what is known exactly about a synthetic source, such as its entropy; empty for text.
        stated: what its owner states of token ids beside them: their `vocabulary`, and `test_bytes`, the bytes of text
            that those of test stand for.
        apart: whether the test text is of another source than the training text.
    """

    train: Sequence
    val: Sequence
    test: Sequence
    vocabulary: int | None = None
    truth: dict[str, float] = field(default_factory=dict)
    stated: dict[str, int] = field(default_factory=dict)
    apart: bool = False


@dataclass(frozen=True)
class Corpus:
    """A source of documents, which are read only when `read` is called.

    Attributes:
        name: as the user wrote it, e.g. "stdlib" or "text:books".
        origin: one sentence that says what it is, for the report.
        licence: one sentence that says what may be done with it.
        stamp: hash of what is known without reading the text (paths, sizes, modification times; parameters). While it
            stays the same, so does the text.
        read: returns the documents; raises CorpusError where they are missing, empty or not UTF-8.
        symbols: whether its documents are token ids instead of text.
        whole: returns all documents, none held back, where that takes no split; None: those of all splits.
    """

    name: str
    origin: str
    licence: str
    stamp: str
    read: Callable[[], Documents]
    symbols: bool = False
    whole: Callable[[], Sequence] | None = None

    def read_whole(self) -> list:
        """Read all documents, each once, whatever split they would be in.

        Raises:
            CorpusError: there are none.
        """
        found: Iterable = self.whole() if self.whole else ()
        if not self.whole:
            splits = self.read()
            found = (one for split in SPLITS for one in getattr(splits, split))
        kept = {one if isinstance(one, bytes) else one.tobytes(): one for one in found}
        if not kept:
            raise CorpusError(f"corpus {self.name!r} contains no text. Name another.")
        return list(kept.values())


def split_of(digest: bytes) -> str:
    """Return the split of a document, decided by the SHA-256 of its content alone: other documents do not change it."""
    place = int.from_bytes(digest[:4], "big") % HELD_OUT_ONE_IN
    return {0: "test", 1: "val"}.get(place, "train")


def split_documents(
    name: str, unassigned: Iterable[bytes], given: dict[str, list[bytes]] | None = None, limit_bytes: int | None = None
) -> Documents:
    """Drop exact duplicates, assign every document to one split, and order each split by a hash.

    The order makes every prefix of a split a random sample of it, and a shorter prefix is part of every longer one.
    Split and order are taken from different bytes of the digest, so that they are independent.

    Args:
        unassigned: documents that are assigned to a split by their own hash.
        given: documents whose split is given, by split. A document that is given in several splits is kept in one: in
            test if it is there, otherwise in val. A split without given documents takes its share of `unassigned`; a
            split with given documents takes only those.
        limit_bytes: keep only the first training documents, up to this many bytes; val and test are never cut, so that
            losses under different limits are measured on the same text.

    Raises:
        CorpusError: a split is left without documents.
    """
    given = given or {}
    seen: set[bytes] = set()
    splits: dict[str, list[tuple[bytes, bytes]]] = {split: [] for split in SPLITS}
    for split in reversed(SPLITS):
        _place(given.get(split, ()), seen, splits, partial(_always, split))
    _place(unassigned, seen, splits, lambda digest: "train" if split_of(digest) in given else split_of(digest))
    ordered = {split: [text for _, text in sorted(entries)] for split, entries in splits.items()}
    if empty := [split for split in SPLITS if not ordered[split]]:
        raise CorpusError(
            f"corpus {name!r} has {len(seen)} distinct documents, too few to leave any for {' and '.join(empty)}: "
            f"val and test each take one document in {HELD_OUT_ONE_IN}. Give more documents (two blank lines separate "
            f"documents in .txt files, and each line of a .jsonl file is a document), or a folder with train.txt, "
            f"val.txt and test.txt."
        )
    return Documents(_first_bytes(ordered["train"], limit_bytes), ordered["val"], ordered["test"])


def _always(split: str, digest: bytes) -> str:
    return split


def _place(
    documents: Iterable[bytes],
    seen: set[bytes],
    splits: Mapping[str, list[tuple[bytes, bytes]]],
    choose: Callable[[bytes], str],
) -> None:
    """Add each document that was not seen before to the split that is chosen by its digest."""
    for text in documents:
        digest = hashlib.sha256(text).digest()
        if digest not in seen:
            seen.add(digest)
            splits[choose(digest)].append((digest[4:], text))


def _first_bytes(documents: list[bytes], limit: int | None) -> list[bytes]:
    """Keep the first documents that fit into the limit, and at least one."""
    if limit is None:
        return documents
    total = 0
    for count, text in enumerate(documents):
        total += len(text)
        if total > limit:
            return documents[: max(count, 1)]
    return documents


def content_hash(documents: Documents) -> str:
    """Hash every document with its split and position: equal text has an equal hash, whatever files it came from."""
    digest = hashlib.sha256(repr(sorted(documents.stated.items())).encode() if documents.stated else b"")
    for split in SPLITS:
        entries = getattr(documents, split)
        digest.update(f"{split} {len(entries)} ".encode())
        for entry in entries:
            if isinstance(entry, bytes):
                digest.update(len(entry).to_bytes(8, "little"))
                digest.update(entry)
                continue
            digest.update((4 * len(entry)).to_bytes(8, "little"))
            for part in in_parts(entry):
                digest.update(part.astype("<u4").tobytes())
    return digest.hexdigest()


def in_parts(ids: np.ndarray) -> Iterator[np.ndarray]:
    """Give a long array piece by piece, so that a mapped file is never in memory as a whole."""
    for start in range(0, len(ids), AT_ONCE):
        yield ids[start : start + AT_ONCE]


def numbers_in(name: str, ranges: Mapping[str, tuple[int, int]], given: str | None = None) -> dict[str, int]:
    """Read the whole numbers that the name of a corpus gives, KIND:KEY=VALUE,...: key -> value.

    Args:
        given: the part KEY=VALUE,... of the name, where it does not follow the first colon.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    asked = {}
    for part in filter(None, (name.partition(":")[2] if given is None else given).split(",")):
        key, _, value = part.partition("=")
        if key not in ranges:
            known = ", ".join(ranges)
            raise CorpusError(f"corpus {name!r}: unknown key {key!r}.{nearest(key, ranges)} Known: {known}.")
        low, high = ranges[key]
        if not value.isdecimal() or not low <= int(value) <= high:
            raise CorpusError(f"corpus {name!r}: {key} = {value!r}; it must be a whole number from {low} to {high}.")
        asked[key] = int(value)
    return asked


def stamp_of(*parts: object) -> str:
    """Hash facts that are known without reading the text."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()
