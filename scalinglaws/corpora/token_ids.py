"""Text that was tokenised elsewhere: .bin files of token ids as nanoGPT and llm.c write them, and arrays in .npy."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..errors import CorpusError
from .corpus import Corpus, Documents, in_parts, numbers_in, stamp_of
from .text import find_files

READING = 1  # version of how files become documents; part of the stamp
ENDINGS = (".bin", ".npy")
RANGES = {
    "vocabulary": (2, 1 << 32),
    "bits": (16, 32),
    "separator": (0, (1 << 32) - 1),
    "tokens": (1024, 1 << 40),
    "test_bytes": (1, 1 << 50),
}
HEADER_BYTES = 1024  # of llm.c's files: 256 integers of 32 bits
HEADERS = {20240520: "<u2", 20240801: "<u4"}  # first integer -> type of the ids (llm.c, dev/data/data_common.py)
HELD_OUT = 20  # the last part in this many of one stream is test text
BLOCKS = 64  # parts of a test text without marked documents, for the standard error of a loss
MOSTLY = 0.9
_SPLIT = re.compile(r"(?:.*[._-])?(train|val|test)(?:ing|id|idation)?(?:[._-]?\d.*)?", re.IGNORECASE)


def open_token_ids(name: str, rest: str) -> Corpus:
    """Open files of token ids as a corpus, whose tokenizer is "symbols".

    Files named after train, val and test are these splits (`train.bin`, `fineweb_val_000000.bin`): losses are measured
    on test, or on val where there is no test. Without either, the last twentieth of the ids is held out.

    Args:
        name: the whole name of the corpus, for messages.
        rest: PATH#KEY=VALUE,...: a file, a folder or a glob, and what is stated of it.
            vocabulary: number of ids, needed: no file says it. bits: 16 (default of .bin) or 32, of an id in a .bin.
            separator: the id that ends a document; then the windows of one document are one cluster in the standard
            error of a loss. tokens: read only this many of the training ids. test_bytes: bytes of the text that the
            test ids stand for, from which losses are given in bits per byte.

    Raises:
        CorpusError: no such files, a key or a value that cannot be, or no vocabulary.
    """
    path, _, keys = rest.rpartition("#") if "=" in rest.rpartition("#")[2] else (rest, "", "")
    stated = numbers_in(name, RANGES, keys)
    if stated.get("bits", 16) not in (16, 32):
        raise CorpusError(f"corpus {name!r}: bits = {stated['bits']}; it must be 16 or 32.")
    files = _files(name, path)
    splits, said = _splits(name, files)
    facts = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return Corpus(
        name=name,
        origin=f"{len(files)} file{'s' * (len(files) > 1)} of token ids named by {path!r}. {said}",
        licence="As its owner states; no part of it is in this report.",
        stamp=stamp_of("token ids", READING, facts, sorted(stated.items())),
        read=lambda: _read(name, splits, stated),
        symbols=True,
    )


def _files(name: str, path: str) -> list[Path]:
    files = [one for one in find_files(name, path) if one.suffix in ENDINGS]
    if not files:
        raise CorpusError(
            f"corpus {name!r}: {path} has no file that ends in .bin or .npy. Name the folder of train.bin and val.bin, "
            "as in 'bin:data/openwebtext#vocabulary=50257'."
        )
    if indexed := [one for one in files if one.with_suffix(".idx").exists()]:
        raise CorpusError(
            f"corpus {name!r}: {indexed[0].name} has an .idx beside it, as Megatron's data sets do, which are not "
            "read. Write its ids as 16 or 32 bit integers into train.bin and val.bin."
        )
    return files


def _splits(name: str, files: Sequence[Path]) -> tuple[dict[str, list[Path]], str]:
    """Give the files of train and of test, and a sentence on how they were found."""
    named: dict[str, list[Path]] = {}
    for path in files:
        match = _SPLIT.fullmatch(path.stem)
        named.setdefault(match[1].lower() if match else "", []).append(path)
    if others := named.pop("", []):
        if named or len(files) > 1:
            raise CorpusError(
                f"corpus {name!r}: {others[0].name} is named after no split, and there are {len(files)} files. Name "
                "them train*, val* and test*, or name one file."
            )
        return {"train": others}, f"The last twentieth of {others[0].name} is held out."
    if "train" not in named:
        raise CorpusError(f"corpus {name!r} has no file named train*, only {', '.join(p.name for p in files)}.")
    held = next((split for split in ("test", "val") if split in named), None)
    if held is None:
        return {"train": named["train"]}, "Only train files: the last twentieth is held out."
    listed = ", ".join(path.name for path in named[held][:3])
    return {"train": named["train"], "test": named[held]}, f"Losses are measured on {listed}."


def _read(name: str, splits: dict[str, list[Path]], stated: dict[str, int]) -> Documents:
    parts = {split: [_ids(name, path, stated) for path in paths] for split, paths in splits.items()}
    largest = max(int(part.max()) for ids in parts.values() for one in ids for part in in_parts(one))
    vocabulary = stated.get("vocabulary", 0)
    if vocabulary <= largest:
        has = f"vocabulary = {vocabulary:,}" if vocabulary else "no vocabulary is stated"
        raise CorpusError(
            f"corpus {name!r}: {has}, and the largest id is {largest:,}. State the size of the tokenizer's vocabulary "
            f"after the path, as in {_with_vocabulary(name, largest + 1)!r}."
        )
    test = parts.get("test") or [_cut_off(name, parts["train"])]
    train = _first(parts["train"], stated.get("tokens"))
    if "tokens" in stated and sum(map(len, train)) < stated["tokens"]:
        raise CorpusError(
            f"corpus {name!r}: tokens = {stated['tokens']:,}, and there are {sum(map(len, train)):,} training ids."
        )
    documents = [one for ids in test for one in _documents(ids, stated.get("separator"))]
    kept = {key: value for key, value in stated.items() if key in ("vocabulary", "test_bytes")}
    return Documents(train, (), documents, vocabulary, stated=kept)


def _with_vocabulary(name: str, vocabulary: int) -> str:
    path, _, keys = name.rpartition("#") if "=" in name.rpartition("#")[2] else (name, "", "")
    others = [part for part in keys.split(",") if part and not part.startswith("vocabulary=")]
    return f"{path}#{','.join([f'vocabulary={vocabulary}', *others])}"


def _ids(name: str, path: Path, stated: dict[str, int]) -> np.ndarray:
    """Map the ids of a file: (ids,) of 16 or 32 bits."""
    if path.suffix == ".npy":
        return _of_numpy(name, path)
    head = np.fromfile(path, "<i4", count=min(2, path.stat().st_size // 4))
    dtype, start = np.dtype("<u2" if stated.get("bits", 16) == 16 else "<u4"), 0
    if len(head) and int(head[0]) in HEADERS and path.stat().st_size > HEADER_BYTES:
        dtype, start = np.dtype(HEADERS[int(head[0])]), HEADER_BYTES
    size = path.stat().st_size - start
    if not size or size % dtype.itemsize:
        raise CorpusError(
            f"corpus {name!r}: {path.name} has {size:,} bytes, which is no whole number of ids of "
            f"{8 * dtype.itemsize} bits. Check that it was copied whole, or state bits=16 or bits=32."
        )
    ids = np.memmap(path, dtype, "r", start)
    beginning = ids[: 1 << 16]
    if dtype.itemsize == 2 and len(beginning) > 64 and (beginning[1::2] == 0).mean() > MOSTLY:
        raise CorpusError(
            f"corpus {name!r}: every second 16 bits of {path.name} are 0, as in ids of 32 bits. State bits=32 after "
            "the path, as in 'bin:data#vocabulary=128256,bits=32'."
        )
    return ids


def _of_numpy(name: str, path: Path) -> np.ndarray:
    try:
        ids = np.lib.format.open_memmap(path, mode="r")
    except (ValueError, OSError, EOFError) as problem:
        raise CorpusError(f"corpus {name!r}: {path.name} is no array of numpy: {problem}.") from None
    if ids.ndim != 1 or ids.dtype.kind not in "ui" or not len(ids) or (ids.dtype.kind == "i" and ids.min() < 0):
        raise CorpusError(
            f"corpus {name!r}: {path.name} is an array of {ids.dtype} of shape {ids.shape}; it must be one row of "
            "token ids, whole numbers of 0 or more."
        )
    return ids


def _cut_off(name: str, train: list[np.ndarray]) -> np.ndarray:
    """Take the last twentieth of all ids out of the last file."""
    held = sum(map(len, train)) // HELD_OUT
    if not held or held >= len(train[-1]):
        raise CorpusError(
            f"corpus {name!r}: there are {sum(map(len, train)):,} ids, of which the last {held:,} are to be held out, "
            f"and the last file has {len(train[-1]):,}. Give a file val.bin."
        )
    train[-1], test = train[-1][:-held], train[-1][-held:]
    return test


def _first(train: list[np.ndarray], tokens: int | None) -> list[np.ndarray]:
    if tokens is None:
        return train
    found, left = [], tokens
    for ids in train:
        if left:
            found.append(ids[:left])
            left -= len(found[-1])
    return found


def _documents(ids: np.ndarray, separator: int | None) -> list[np.ndarray]:
    """Cut test ids after each separator, or into equal blocks where documents are not marked."""
    if separator is None:
        return [part for part in np.array_split(ids, BLOCKS) if len(part)]
    ends = np.flatnonzero(np.asarray(ids) == separator) + 1
    return [part for part in np.split(ids, ends) if len(part)]
