"""The shelf of tokenizers: one file each, opened by name."""

from collections.abc import Sequence

from ..errors import CorpusError, unknown_name
from .bpe import SMALLEST, read_bpe, train_bpe
from .byte_level import open_bytes
from .own import OWN, digest_of_own, open_own, own_path, read_own
from .tokenizer import SEPARATOR, Tokenizer

MOST_TOKENS = 1_000_000  # maximum of a trained vocabulary, which training keeps in memory
TOKENIZERS = {
    "bytes": "the 256 bytes of UTF-8",
    "bpe:V": "byte-pair encoding of V tokens, trained on the corpus",
    "file:PATH": "a tokenizer.json of your own, as the package tokenizers writes it",
}

__all__ = [
    "OWN",
    "SEPARATOR",
    "TOKENIZERS",
    "Tokenizer",
    "check_tokenizer_name",
    "is_trained",
    "kept_tokenizer",
    "key_of",
    "make_tokenizer",
    "named_vocabulary",
    "read_bpe",
]


def make_tokenizer(name: str, documents: Sequence[bytes]) -> Tokenizer:
    """Make a tokenizer by name, trained on the documents if it needs training.

    Raises:
        NameUnknownError: no tokenizer has this name.
        CorpusError: V is not a number, is too small, or exceeds what the text allows; or the file of a tokenizer is
            missing or broken.
    """
    vocabulary = check_tokenizer_name(name)
    if name.startswith(OWN):
        return open_own(name)
    return open_bytes() if vocabulary is None else train_bpe(vocabulary, documents)


def kept_tokenizer(name: str, json: str) -> Tokenizer:
    """Restore the tokenizer of this name from the JSON that was kept beside the tokens; empty for bytes."""
    if not json:
        return open_bytes()
    return read_own(name, json) if name.startswith(OWN) else read_bpe(json)


def key_of(name: str) -> str:
    """Give what determines a tokenizer beside the text: its name, or the content of its file.

    Raises:
        CorpusError: there is no such file.
    """
    return OWN + digest_of_own(name) if name.startswith(OWN) else name


def check_tokenizer_name(name: str) -> int | None:
    """Check a name before any text is read, and return its V if it has one.

    Raises:
        NameUnknownError, CorpusError: as `make_tokenizer`.
    """
    kind, _, value = name.partition(":")
    if name in ("bytes", "symbols"):
        return None
    if name.startswith(OWN):
        own_path(name)
        return None
    if kind != "bpe":
        raise unknown_name("tokenizer", name, [*TOKENIZERS, "symbols"])
    if not (value.isdecimal() and value.isascii() and len(value) <= 7 and SMALLEST <= int(value) <= MOST_TOKENS):
        raise CorpusError(
            f"tokenizer {name[:20]!r}: write the size of the vocabulary after 'bpe:', from {SMALLEST} (256 bytes and "
            f"the end of a document) to {MOST_TOKENS:,}, as in 'bpe:2048'; 'bytes' takes the bytes themselves."
        )
    return int(value)


def is_trained(name: str) -> bool:
    """Say whether a tokenizer is trained on the text that it is for."""
    return name.startswith("bpe:")


def named_vocabulary(name: str) -> int:
    """Return the vocabulary size that follows from a tokenizer's name or file alone, without any text.

    Raises:
        NameUnknownError, CorpusError: as `make_tokenizer`; or it is "symbols", whose size only its corpus determines.
    """
    if name == "symbols":
        raise CorpusError("tokenizer 'symbols' has the vocabulary of its synthetic corpus: name that corpus.")
    if name.startswith(OWN):
        return open_own(name).vocabulary
    return check_tokenizer_name(name) or open_bytes().vocabulary
