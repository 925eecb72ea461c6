"""Tokenise a corpus: done once, and each folder of tokens is written completely or not at all."""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import CorpusError, StoreError
from ..records.json_values import read_json, to_plain, write_json
from ..tokenizers import (
    OWN,
    SEPARATOR,
    Tokenizer,
    check_tokenizer_name,
    is_trained,
    kept_tokenizer,
    key_of,
    make_tokenizer,
)
from . import open_corpus
from .corpus import SPLITS, Corpus, Documents, content_hash, in_parts, stamp_of
from .own_test import tested_on
from .token_files import FORMAT, Index, SplitFacts, Tokenised, file_digest, open_data

STALE_SECONDS = 86400.0  # an unfinished folder this old was left by a process that was killed


def tokenise(
    corpus: str,
    tokenizer: str,
    cache_dir: Path,
    *,
    limit_bytes: int | None = None,
    data_dir: Path | None = None,
    test: str = "",
    like: Tokenised | None = None,
) -> Tokenised:
    """Open a corpus as tokens, tokenising it if that has not been done before.

    The second time the text is not read: a file under `cache_dir` records the paths, sizes and modification times of
    the sources. When any of these changes, the text is read and hashed again; when the text is still the same, the same
    token files are used. Several processes may do this at once, and may be killed: one rename puts the token files in
    place.

    Args:
        corpus, limit_bytes, data_dir: as `open_corpus`.
        tokenizer: as `make_tokenizer`, or "symbols" for a synthetic corpus. Tokens of a user's own
            tokenizer that does not give back the text have no bytes.
        test: another corpus, all documents of which are the test text, in place of the test split. Documents that are
            in it are taken out of the training text.
        like: take the tokenizer that was trained for this text, in place of one trained on this corpus.

    Raises:
        NameUnknownError: no corpus or tokenizer has this name.
        CorpusError: the text is missing, empty, not UTF-8, or cannot be used with the tokenizer.
        StoreError: `cache_dir` cannot be written.
    """
    check_tokenizer_name(tokenizer)
    source = open_corpus(corpus, limit_bytes=limit_bytes, data_dir=data_dir)
    _check_kind(source, tokenizer)
    if test:
        source = tested_on(source, open_corpus(test, data_dir=data_dir))
    trained = tokenizer_of(like) if like and is_trained(tokenizer) else None
    found = _found_or_made(source, tokenizer, trained, cache_dir)
    named = replace(found.index, corpus=source.name, tokenizer=tokenizer, origin=source.origin, licence=source.licence)
    return replace(found, index=named)


def tokenizer_of(data: Tokenised) -> Tokenizer:
    """Restore the tokenizer by which a text was tokenised."""
    kept = data.folder / "tokenizer.json"
    return kept_tokenizer(data.index.tokenizer, kept.read_text(encoding="utf-8") if kept.exists() else "")


def _found_or_made(source: Corpus, name: str, trained: Tokenizer | None, cache_dir: Path) -> Tokenised:
    key = trained.fingerprint if trained else key_of(name)
    seen = _pointer(cache_dir, source.stamp, key)
    found = _remembered(cache_dir, seen)
    if found is None:
        documents = source.read()
        content = content_hash(documents)
        same = _pointer(cache_dir, content, key)
        found = _remembered(cache_dir, same) or _write(
            source, documents, content, name, trained or _made(source, documents, name), cache_dir
        )
        for pointer in (same, seen):
            write_json(pointer, {"data_id": found.data_id})
    return found


def tokenise_test(
    corpus: str, like: Tokenised, cache_dir: Path, *, data_dir: Path | None = None, whole: bool = False
) -> Tokenised:
    """Open the test text of another corpus in the tokens of `like`, to test models on it that were trained on `like`.

    The training and validation splits are empty; `whole` takes all documents of the corpus, not its test split.

    Raises:
        NameUnknownError, CorpusError, StoreError: as `tokenise`; or one of the two corpora consists of token ids.
    """
    source = open_corpus(corpus, data_dir=data_dir)
    if source.symbols or like.index.tokenizer == "symbols":
        raise CorpusError(
            f"corpus {corpus!r} cannot be read in the tokens of {like.index.corpus!r}: one of the two is not text."
        )
    tokenizer = tokenizer_of(like)
    seen = _pointer(cache_dir, source.stamp, f"{'all' if whole else 'test'} of {tokenizer.fingerprint}")
    found = _remembered(cache_dir, seen)
    if found is None:
        documents = Documents((), (), source.read_whole() if whole else source.read().test)
        found = _write(source, documents, content_hash(documents), like.index.tokenizer, tokenizer, cache_dir)
        write_json(seen, {"data_id": found.data_id})
    return found


def _pointer(cache_dir: Path, source: str, tokenizer: str) -> Path:
    return cache_dir / "seen" / f"{stamp_of(FORMAT, source, tokenizer)[:24]}.json"


def _remembered(cache_dir: Path, pointer: Path) -> Tokenised | None:
    """Follow a pointer; None where it, or what it points to, is missing or broken, so that both are made again."""
    try:
        return open_data(cache_dir, read_json(pointer)["data_id"])
    except (StoreError, KeyError, TypeError):
        return None


def _check_kind(source: Corpus, tokenizer: str):
    if source.symbols and tokenizer != "symbols":
        raise CorpusError(f"corpus {source.name!r} consists of token ids: take tokenizer 'symbols', not {tokenizer!r}.")
    if tokenizer == "symbols" and not source.symbols:
        raise CorpusError(f"corpus {source.name!r} is text: take tokenizer 'bytes' or 'bpe:V', not 'symbols'.")


def _made(source: Corpus, documents: Documents, name: str) -> Tokenizer | None:
    return None if source.symbols else make_tokenizer(name, documents.train)


def _write(
    source: Corpus, documents: Documents, content: str, name: str, tokenizer: Tokenizer | None, cache_dir: Path
) -> Tokenised:
    vocabulary = tokenizer.vocabulary if tokenizer else documents.vocabulary
    assert vocabulary is not None  # documents without a tokenizer are token ids, of a known vocabulary
    fingerprint = tokenizer.fingerprint if tokenizer else "symbols"
    dtype = np.dtype(np.min_scalar_type(vocabulary - 1)).newbyteorder("<")
    data_id = hashlib.sha256(f"{FORMAT} {content} {fingerprint}".encode()).hexdigest()[:16]
    with written_whole(cache_dir / data_id) as folder:
        splits = {split: _write_split(folder, split, getattr(documents, split), tokenizer, dtype) for split in SPLITS}
        if tokenizer and loses_text(tokenizer, (*documents.val, *documents.test)):
            splits = {split: replace(facts, bytes=0) for split, facts in splits.items()}
        if "test_bytes" in documents.stated:
            splits["test"] = replace(splits["test"], bytes=documents.stated["test_bytes"])
        if tokenizer and tokenizer.json:
            (folder / "tokenizer.json").write_text(tokenizer.json, encoding="utf-8")
        index = Index(
            FORMAT,
            data_id,
            source.name,
            name,
            vocabulary,
            dtype.str,
            content,
            fingerprint,
            source.origin,
            source.licence,
            splits,
            documents.truth,
            {path.name: file_digest(path) for path in sorted(folder.glob("*.bin"))},
            documents.apart,
        )
        write_json(folder / "index.json", to_plain(index))
    return open_data(cache_dir, data_id)


def loses_text(tokenizer: Tokenizer, documents: Sequence[bytes]) -> bool:
    """Whether some document does not come back as it was: it has unknown words, or its letters were changed.

    Then the loss is not the cost of coding the text, and there are no bits per byte.
    """
    if not tokenizer.name.startswith(OWN):
        return False
    return any(
        tokenizer.decode(ids) != text.decode() for text, ids in zip(documents, tokenizer.encode(documents), strict=True)
    )


def _write_split(folder: Path, split: str, documents: Sequence, tokenizer: Tokenizer | None, dtype) -> SplitFacts:
    """Write the tokens of one split, with a separator after every document of text, and the starts of the documents."""
    sizes = []
    with open(folder / f"{split}.bin", "wb") as file:
        for ids in tokenizer.encode(documents) if tokenizer else documents:
            for part in in_parts(ids):
                file.write(part.astype(dtype, copy=False).tobytes())
            sizes.append(len(ids))
            if tokenizer:
                file.write(dtype.type(SEPARATOR).tobytes())
                sizes[-1] += 1
        _flush(file)
    ends = np.cumsum(sizes, dtype="<i8")
    with open(folder / f"{split}.starts.bin", "wb") as file:
        file.write((ends - np.array(sizes, "<i8")).tobytes())
        _flush(file)
    return SplitFacts(len(sizes), sum(sizes), sum(map(len, documents)) if tokenizer else 0)


def _flush(file):
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def written_whole(final: Path) -> Iterator[Path]:
    """Yield a temporary folder and rename it to its final name when the block ends; if another process was first, keep
    that process's folder.

    Raises:
        StoreError: the disk is full, or the folder is not writable; no temporary folder remains.
    """
    beside = None
    try:
        final.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(final.parent)
        beside = final.with_name(f".{final.name}.{os.getpid()}.{time.monotonic_ns()}.part")
        beside.mkdir()
        yield beside
        if final.exists() and not _is_whole(final):
            shutil.rmtree(final)
        try:
            beside.rename(final)
        except OSError:
            if not _is_whole(final):
                raise
    except OSError as problem:
        raise StoreError(
            f"cannot write the tokens to {final}: {problem.strerror}. Free some space, or name another folder."
        ) from None
    finally:
        if beside is not None:
            shutil.rmtree(beside, ignore_errors=True)


def _is_whole(folder: Path) -> bool:
    try:
        open_data(folder.parent, folder.name)
    except StoreError:
        return False
    return True


def _remove_stale(folder: Path):
    for left in folder.glob(".*.part"):
        if time.time() - left.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(left, ignore_errors=True)
