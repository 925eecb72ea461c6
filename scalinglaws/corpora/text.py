"""The user's own text: a file, a folder or a glob of UTF-8 text, JSON records or tables, compressed or not."""

import glob
import re
from collections.abc import Sequence
from pathlib import Path

from ..errors import CorpusError
from .corpus import SPLITS, Corpus, Documents, split_documents, stamp_of
from .saved_datasets import is_saved_dataset, saved_files
from .text_files import JSON_LINES, documents_in, kind_of, uncompressed_name
from .text_in_tables import TABLES

READING = 2  # version of how files become documents; part of the stamp, so that a new version reads the text again
LONG_DOCUMENT = 1 << 18  # bytes; a longer document, such as a book, is cut, so that a part of it can be held out
PIECE = 1 << 14  # bytes
MOST_NAMED = 3  # maximum number of files that a sentence names
_NAMED_FOR_SPLIT = re.compile(
    r"(train|val|test)(?:ing|id|idation)?(?P<more>[._-].*|\d.*)?\.(?:txt|jsonl|ndjson|json|parquet|pq|arrow)",
    re.IGNORECASE,
)
_SHARD = re.compile(r"[\d._-]*(?:of[\d._-]+)?")  # the number of a part of a split, as in train-00001-of-00008
_NOTES = re.compile(r"(readme|licen[cs]e|notice|citation)\b.*", re.IGNORECASE)  # files of notes beside the data


def open_text(name: str, path: str, limit_bytes: int | None = None, licence: str = "") -> Corpus:
    """Open text files as a corpus.

    Files that are named after splits (train*, val*, test*) are these splits in two cases: every file except notes
    (README, LICENSE) has such a name; or train.txt and val.txt or test.txt (or .jsonl, or numbered parts) exist under
    exactly these names. Otherwise every document is assigned to a split by its own hash. A document longer than 256 KiB
    is cut into pieces where a split has to be drawn from it.

    Args:
        name: the whole name of the corpus, for messages.
        path: a file, a folder (read with its subfolders) or a glob; after a # the field of records with the text.

    Raises:
        CorpusError: there are no such files.
    """
    path, field = _with_field(path)
    paths, splits, said = _paths(name, path)
    if field and not any(kind_of(p) in (*JSON_LINES, ".json", *TABLES) for p in paths):
        raise CorpusError(
            f"corpus {name!r}: #{field} names a field of records, and none of the files is .jsonl, .json, .parquet or "
            ".arrow."
        )
    facts = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]
    size = sum(fact[1] for fact in facts) / 1e6
    return Corpus(
        name=name,
        origin=f"{len(paths)} text file{'s' * (len(paths) > 1)} named by {path!r}, {size:.1f} MB as stored. {said}",
        licence=licence or "As its owner states; the text was read in place, and no part of it is in this report.",
        stamp=stamp_of("text", READING, facts, field, limit_bytes),
        read=lambda: _read(name, paths, splits, field, limit_bytes),
        whole=lambda: [text for one in paths for text in documents_in(one, field)],
    )


def _paths(name: str, path: str) -> tuple[list[Path], dict[Path, str], str]:
    """List the files to read, the split of each file whose name decides it, and a sentence on the splits."""
    folder = Path(path).expanduser()
    if is_saved_dataset(folder):
        return saved_files(folder)
    found = find_files(name, path)
    splits, said = chosen_splits(found)
    return list(splits) or found, splits, said


def _with_field(path: str) -> tuple[str, str]:
    """Split PATH#FIELD into path and field; a # that belongs to the path itself stays in the path."""
    before, mark, field = path.rpartition("#")
    there = Path(path).expanduser().exists() or (glob.has_magic(path) and glob.glob(path, recursive=True))
    return (path, "") if not mark or there else (before, field)


def find_files(name: str, path: str) -> list[Path]:
    """List the files of a path or glob; the hidden files of a folder are left out.

    Raises:
        CorpusError: there are no such files.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if place.is_dir():
        files = sorted(p for p in place.rglob("*") if p.is_file() and not _hidden(p.relative_to(place)))
    else:
        files = sorted(Path(found) for found in glob.glob(str(place), recursive=True) if Path(found).is_file())
    if not files:
        missing = "has no files" if place.is_dir() else "matches no files" if glob.has_magic(path) else "does not exist"
        raise CorpusError(f"corpus {name!r}: {path} {missing}. Name a file, a folder or a glob like books/*.txt.")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def chosen_splits(paths: Sequence[Path]) -> tuple[dict[Path, str], str]:
    """Return the split of every file whose name decides it (empty where names decide nothing), and a sentence on it."""
    named = {path: split for path in paths if (split := _named_split(path))}
    plain = {split for path, split in named.items() if _is_plain(path)}
    others = [path for path in paths if path not in named]
    every = all(_NOTES.fullmatch(path.name) for path in others)
    if len(paths) == 1 or "train" not in named.values() or not (every or {"train"} < plain):
        unused = f"; not every file is named after a split, so {_listed(list(named))} is read like any other file"
        return {}, f"Each document is assigned to a split by its hash{unused if named and len(paths) > 1 else ''}."
    splits = [split for split in SPLITS if split in named.values()]
    left = f"; left out: {_listed(others)}" if others else ""
    return named, f"Files named after {' and '.join(splits)} are the splits{left}."


def _listed(paths: Sequence[Path]) -> str:
    more = len(paths) - MOST_NAMED
    return ", ".join(path.name for path in paths[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _named_split(path: Path) -> str:
    match = _NAMED_FOR_SPLIT.fullmatch(uncompressed_name(path))
    return match.group(1).lower() if match else ""


def _is_plain(path: Path) -> bool:
    """Whether a file's name is the name of its split, with at most a number added."""
    match = _NAMED_FOR_SPLIT.fullmatch(uncompressed_name(path))
    return bool(match and _SHARD.fullmatch(match["more"] or ""))


def _read(name: str, paths: list[Path], splits: dict[Path, str], field: str, limit_bytes: int | None) -> Documents:
    given: dict[str, list[bytes]] = {}
    loose: list[bytes] = []
    both = {"val", "test"} <= set(splits.values())
    for path in paths:
        documents = documents_in(path, field)
        if (split := splits.get(path, "train")) != "train":
            given.setdefault(split, []).extend(documents)
        else:
            loose += documents if both else [piece for text in documents for piece in _pieces(text)]
    if not loose:
        raise CorpusError(f"corpus {name!r}: its {len(paths)} files contain no text. Name files that do.")
    return split_documents(name, loose, given, limit_bytes)


def _pieces(text: bytes) -> list[bytes]:
    """Cut a long document at the first line end after every 16 KiB; a document of ordinary length is one piece.

    A document with a line longer than 256 KiB is cut at spaces, and where no space is near, between characters.
    """
    if len(text) <= LONG_DOCUMENT:
        return [text]
    mark = b"\n" if max(map(len, text.split(b"\n"))) <= LONG_DOCUMENT else b" "
    pieces, start = [], 0
    while start < len(text):
        end = _cut(text, mark, start + PIECE)
        pieces.append(text[start:end].strip(b"\n"))
        start = end
    return [piece for piece in pieces if piece and not piece.isspace()]


def _cut(text: bytes, mark: bytes, place: int) -> int:
    """Return the position after the next mark, the end of the text, or the next character where no mark is near."""
    end = text.find(mark, place, place + LONG_DOCUMENT + 1)
    if end >= 0 or len(text) <= place + LONG_DOCUMENT:
        return end + 1 or len(text)
    return next(i for i in range(place, place + 4) if text[i] & 0xC0 != 0x80)
