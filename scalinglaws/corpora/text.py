"""Text of one's own: a file, a folder or a glob of UTF-8 text, compressed or not."""

import bz2
import glob
import gzip
import lzma
import re
import zlib
from collections.abc import Iterable
from pathlib import Path

from ..errors import CorpusError
from .corpus import Corpus, Documents, split_documents, stamp_of

BETWEEN_DOCUMENTS = b"\n\n\n"  # two blank lines; counts in .txt files and files without a suffix
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")
LONG_DOCUMENT = 1 << 18  # a longer one, such as a book, is cut into pieces, so that a part can be held out
PIECE = 1 << 14
_SPLIT_FILE = re.compile(r"(train|val|test)(?:ing|id|idation)?(?:[._-].*|\d.*)?\.txt", re.IGNORECASE)


def open_text(name: str, path: str, limit_bytes: int | None = None, licence: str = "") -> Corpus:
    """Open text files as a corpus.

    A folder with files called train*.txt, and val*.txt or test*.txt if it likes, is split as these names say; of other
    text every document goes where its own hash sends it. In .txt files two blank lines end a document; any other file
    is one document. A document longer than 256 KiB is cut into pieces where a split has to be drawn from it.

    Args:
        name: the whole name asked for, for messages.
        path: a file, a folder (read with its subfolders) or a glob.

    Raises:
        CorpusError: nothing is there.
    """
    paths = find_files(name, path)
    facts = [(str(p.resolve()), p.stat().st_size, p.stat().st_mtime_ns) for p in paths]
    size = sum(fact[1] for fact in facts) / 1e6
    return Corpus(
        name=name,
        origin=f"{len(paths)} text file{'s' * (len(paths) > 1)} named by {path!r}, {size:.1f} MB as stored.",
        licence=licence or "As its owner says; the text was read where it is and nothing of it is in this report.",
        stamp=stamp_of("text", facts, limit_bytes),
        read=lambda: _read(name, paths, limit_bytes),
    )


def find_files(name: str, path: str) -> list[Path]:
    """List the files of a path or glob; in a folder with files called train*, only the files of splits.

    Raises:
        CorpusError: nothing is there.
    """
    place = Path(path).expanduser()
    if place.is_file():
        return [place]
    if place.is_dir():
        files = sorted(p for p in place.rglob("*") if p.is_file() and not _hidden(p.relative_to(place)))
        files = _split_files(files) or files
    else:
        files = sorted(Path(found) for found in glob.glob(str(place), recursive=True) if Path(found).is_file())
    if not files:
        missing = "has no files" if place.is_dir() else "matches no files" if glob.has_magic(path) else "does not exist"
        raise CorpusError(f"corpus {name!r}: {path} {missing}. Name a file, a folder or a glob like text:books/*.txt.")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _split_files(files: Iterable[Path]) -> list[Path]:
    """Keep the files named after splits, if there is training text among them."""
    named = [path for path in files if _named_split(path)]
    return named if any(_named_split(path) == "train" for path in named) else []


def _named_split(path: Path) -> str:
    match = _SPLIT_FILE.fullmatch(_uncompressed_name(path))
    return match.group(1).lower() if match else ""


def _read(name: str, paths: list[Path], limit_bytes: int | None) -> Documents:
    given: dict[str, list[bytes]] = {}
    loose: list[bytes] = []
    by_name = len(paths) > 1 and bool(_split_files(paths))
    splits = {_named_split(path) for path in paths} if by_name else set()
    for path in paths:
        documents = documents_in(path)
        if by_name and (split := _named_split(path)) != "train":
            given.setdefault(split, []).extend(documents)
        elif splits >= {"val", "test"}:
            loose += documents
        else:
            loose += [piece for text in documents for piece in _pieces(text)]
    if not loose:
        raise CorpusError(f"corpus {name!r}: its {len(paths)} files hold no text. Name files that do.")
    return split_documents(name, loose, given, limit_bytes)


def documents_in(path: Path) -> list[bytes]:
    """Read the documents of one file, without the line ends around them.

    Raises:
        CorpusError: the file cannot be read, is not UTF-8 (with the offset of the first wrong byte), or holds a byte 0.
    """
    content = _uncompressed(path)
    try:
        content.decode()
    except UnicodeDecodeError as problem:
        raise CorpusError(
            f"{path} is not UTF-8: byte {problem.start} is 0x{content[problem.start]:02x} ({problem.reason}). Convert "
            f"it first, for example with: iconv -f latin1 -t utf-8, or name other files."
        ) from None
    if (null := content.find(b"\0")) >= 0:
        raise CorpusError(f"{path} is not text: byte {null} is 0, which marks the end of a document. Name other files.")
    many = Path(_uncompressed_name(path)).suffix in ("", ".txt")
    parts = content.split(BETWEEN_DOCUMENTS) if many else [content]
    return [text for part in parts if (text := part.strip(b"\r\n"))]


def _uncompressed_name(path: Path) -> str:
    return path.stem if path.suffix in COMPRESSIONS else path.name


def _uncompressed(path: Path) -> bytes:
    try:
        content = path.read_bytes()
        return _DECOMPRESS[path.suffix](content) if path.suffix in _DECOMPRESS else content
    except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        raise CorpusError(f"{path} cannot be read: {reason}. Check the file, or name others.") from None


def _unzstd(content: bytes) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise CorpusError("files in .zst need the package zstandard. Install it: pip install zstandard.") from None
    try:
        with zstandard.ZstdDecompressor().stream_reader(content, read_across_frames=True) as reader:
            return reader.read()
    except zstandard.ZstdError as problem:
        raise ValueError(problem) from None


_DECOMPRESS = {".gz": gzip.decompress, ".bz2": bz2.decompress, ".xz": lzma.decompress, ".zst": _unzstd}


def _pieces(text: bytes) -> list[bytes]:
    """Cut a long document at the first line end after every 16 KiB; a document of ordinary length is one piece."""
    if len(text) <= LONG_DOCUMENT:
        return [text]
    pieces, start = [], 0
    while start < len(text):
        end = text.find(b"\n", start + PIECE)
        end = len(text) if end < 0 else end
        pieces.append(text[start:end].strip(b"\r\n"))
        start = end + 1
    return [piece for piece in pieces if piece]
