"""One text file -> its documents: decompressed, checked for UTF-8, with LF for every line end."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

from ..errors import CorpusError
from .text_in_json import documents_of_lines, documents_of_list
from .text_in_tables import TABLES, documents_of_table

BETWEEN_DOCUMENTS = b"\n\n\n"  # two blank lines; used in .txt files and files without a suffix
JSON_LINES = (".jsonl", ".ndjson")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
MOST_TIMES = 1000  # maximum ratio of a file's content to its compressed size: no text compresses a thousandfold
ALWAYS_READ = 1 << 26  # bytes of content that are read whatever the ratio


def documents_in(path: Path, field: str = "") -> list[bytes]:
    """Read the documents of one file, without leading and trailing line ends; blank documents are left out.

    JSON lines (.jsonl, .ndjson) and lists of records in .json have one document per record, Parquet and Arrow files one
    per row; in .txt files and files without a suffix two blank lines separate documents; any other file is one
    document. CR LF and CR become LF.

    Args:
        field: the field of a record that contains its text; empty for the obvious one.

    Raises:
        CorpusError: the file cannot be read, is not UTF-8 (with the offset of the first wrong byte), contains a byte 0,
            or is not JSON although its name says so.
    """
    kind = kind_of(path)
    if kind in TABLES:
        return tidied(documents_of_table(path, kind, _uncompressed(path) if path.suffix in _READERS else None, field))
    content = _text(path)
    parts: Iterable[bytes]
    if kind in JSON_LINES:
        parts = documents_of_lines(path, content.splitlines(), field)
    elif kind == ".json":
        parts = documents_of_list(path, content, field)
    else:
        parts = content.split(BETWEEN_DOCUMENTS) if kind in ("", ".txt") else [content]
    return tidied(parts)


def tidied(parts: Iterable[bytes]) -> list[bytes]:
    """Give documents with LF for every line end and none at their ends; blank ones are left out."""
    return [text for part in parts if (text := with_one_line_end(part).strip(b"\n")) and not text.isspace()]


def kind_of(path: Path) -> str:
    """Return a file's suffix without that of its compression, in lower case."""
    return Path(uncompressed_name(path)).suffix.lower()


def uncompressed_name(path: Path) -> str:
    """Return a file's name without the suffix of its compression."""
    return path.stem if path.suffix in _READERS else path.name


def with_one_line_end(content: bytes) -> bytes:
    """Replace every CR LF and every lone CR by LF."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in content else content


def _text(path: Path) -> bytes:
    content = _uncompressed(path)
    try:
        content.decode()
    except UnicodeDecodeError as problem:
        named = "utf-16" if content[:2] in UTF_16_MARKS else "latin1"
        raise CorpusError(
            f"{path} is not UTF-8: byte {problem.start} is 0x{content[problem.start]:02x} ({problem.reason}). Convert "
            f"it first, for example with: iconv -f {named} -t utf-8, or name other files."
        ) from None
    if (null := content.find(b"\0")) >= 0:
        raise CorpusError(f"{path} is not text: byte {null} is 0, {_what_zeros_say(content)}")
    return with_one_line_end(content.removeprefix(BYTE_ORDER_MARK))


def _what_zeros_say(content: bytes) -> str:
    """Explain zero bytes: UTF-16 without a byte order mark has one in every character of Latin script."""
    beginning = content[:4096]
    low, high = beginning[1::2].count(0), beginning[::2].count(0)
    if 5 * max(low, high) > len(beginning):
        named = "utf-16le" if low > high else "utf-16be"
        return f"as in UTF-16. Convert it first: iconv -f {named} -t utf-8."
    return "which marks the end of a document. Name other files."


def _uncompressed(path: Path) -> bytes:
    try:
        if path.suffix not in _READERS:
            return path.read_bytes()
        most = max(ALWAYS_READ, MOST_TIMES * path.stat().st_size)
        content = _READERS[path.suffix](path, most + 1)
    except (OSError, EOFError, lzma.LZMAError, zlib.error, ValueError) as problem:
        reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        raise CorpusError(f"{path} cannot be read: {reason}. Check the file, or name others.") from None
    if len(content) > most:
        raise CorpusError(
            f"{path} decompresses to more than {most:,} bytes, {MOST_TIMES:,} times its size, which text never does. "
            f"Name other files, or decompress it yourself and name the result."
        )
    return content


def _beginning_by(opened: Callable) -> Callable[[Path, int], bytes]:
    def read(path: Path, most: int) -> bytes:
        with opened(path, "rb") as file:
            return file.read(most)

    return read


def _unzstd(path: Path, most: int) -> bytes:
    try:
        import zstandard
    except ImportError:
        raise CorpusError("reading .zst files needs the package zstandard: pip install zstandard.") from None
    try:
        with (
            open(path, "rb") as file,
            zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as part,
        ):
            return part.read(most)
    except zstandard.ZstdError as problem:
        raise ValueError(problem) from None


_READERS = {
    ".gz": _beginning_by(gzip.open),
    ".bz2": _beginning_by(bz2.open),
    ".xz": _beginning_by(lzma.open),
    ".zst": _unzstd,
}
