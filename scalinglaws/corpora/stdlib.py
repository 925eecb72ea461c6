"""The built-in default corpus: the library sources of the running Python, real text that is always available."""

import os
import platform
import sys
import sysconfig
from pathlib import Path

from ..errors import CorpusError
from .corpus import Corpus, Documents, split_documents, stamp_of
from .duplicates import drop_near_duplicates
from .pieces import pieces

LEFT_OUT_FOLDERS = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}
LEFT_OUT_PREFIXES = ("_sysconfigdata", "config-")  # written by the build of Python: they name the machine of the build
PIECE = 1 << 13  # bytes: half of a usual file, so that the test text is of twice as many files and pieces


def open_stdlib(limit_bytes: int | None = None) -> Corpus:
    """Open the library sources of the running Python, each file cut at line ends into documents of about 8 KiB.

    Tests and installed packages are left out, and so are exact and near duplicates. A file's pieces are split by their
    own hashes: the test text is of many files, and models have trained on other parts of most of them. The text differs
    between builds of Python, even between two builds of one version, so every number measured on it should be given
    with its content hash.

    Raises:
        CorpusError: this Python was installed without .py sources (zipped or frozen).
    """
    root = Path(sysconfig.get_path("stdlib"))
    paths = _sources(root)
    if not paths:
        raise CorpusError(
            f"corpus 'stdlib' needs the library sources of this Python, and {root} has no .py files (a zipped or "
            f"frozen Python has none). Name your own text with text:PATH, or take 'synthetic'."
        )
    stats = [(str(path.relative_to(root)), path.stat().st_size, path.stat().st_mtime_ns) for path in paths]
    version = f"{platform.python_implementation()} {platform.python_version()}"
    return Corpus(
        name="stdlib",
        origin=f"The library sources of {version}, as installed where this study ran; they differ between builds.",
        licence="Python Software Foundation License 2; the text is read where it is installed, and not copied.",
        stamp=stamp_of("stdlib", PIECE, str(root), sys.version, stats, limit_bytes),
        read=lambda: _read(paths, limit_bytes),
    )


def _sources(root: Path) -> list[Path]:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if not _left_out(name)]
        found += [Path(folder, name) for name in files if name.endswith(".py") and not _left_out(name)]
    return sorted(found)


def _left_out(name: str) -> bool:
    return name in LEFT_OUT_FOLDERS or name.startswith(LEFT_OUT_PREFIXES)


def _read(paths: list[Path], limit_bytes: int | None) -> Documents:
    texts = (text for path in paths if _is_text(text := path.read_bytes()))
    documents = drop_near_duplicates(piece for text in texts for piece in pieces(text, PIECE))
    return split_documents("stdlib", documents, limit_bytes=limit_bytes)


def _is_text(content: bytes) -> bool:
    """Say whether a source file is non-empty UTF-8; Python allows other encodings, and a few files use them."""
    try:
        return bool(content.decode().strip()) and b"\0" not in content
    except UnicodeDecodeError:
        return False
