"""The shelf of tokenizers: one file each, opened by name."""

from collections.abc import Sequence

from ..errors import CorpusError, unknown_name
from .bpe import SMALLEST, read_bpe, train_bpe
from .byte_level import open_bytes
from .tokenizer import SEPARATOR, Tokenizer

MOST_TOKENS = 1_000_000  # maximum of a trained vocabulary, which training keeps in memory
TOKENIZERS = {"bytes": "the 256 bytes of UTF-8", "bpe:V": "byte-pair encoding of V tokens, trained on the corpus"}

__all__ = [
    "SEPARATOR",
    "TOKENIZERS",
    "Tokenizer",
    "check_tokenizer_name",
    "make_tokenizer",
    "named_vocabulary",
    "read_bpe",
]


def make_tokenizer(name: str, documents: Sequence[bytes]) -> Tokenizer:
    """Make a tokenizer by name, trained on the documents if it needs training.

    Raises:
        NameUnknownError: no tokenizer has this name.
        CorpusError: V is not a number, is too small, or exceeds what the text allows.
    """
    vocabulary = check_tokenizer_name(name)
    return open_bytes() if vocabulary is None else train_bpe(vocabulary, documents)


def check_tokenizer_name(name: str) -> int | None:
    """Check a name before any text is read, and return its V if it has one.

    Raises:
        NameUnknownError, CorpusError: as `make_tokenizer`.
    """
    kind, _, value = name.partition(":")
    if name in ("bytes", "symbols"):
        return None
    if kind != "bpe":
        raise unknown_name("tokenizer", name, [*TOKENIZERS, "symbols"])
    if not (value.isdecimal() and value.isascii() and len(value) <= 7 and SMALLEST <= int(value) <= MOST_TOKENS):
        raise CorpusError(
            f"tokenizer {name[:20]!r}: write the size of the vocabulary after 'bpe:', from {SMALLEST} (256 bytes and "
            f"the end of a document) to {MOST_TOKENS:,}, as in 'bpe:2048'; 'bytes' takes the bytes themselves."
        )
    return int(value)


def named_vocabulary(name: str) -> int:
    """Return the vocabulary size that follows from a tokenizer's name alone, without any text.

    Raises:
        NameUnknownError, CorpusError: as `make_tokenizer`; or it is "symbols", whose size only its corpus determines.
    """
    if name == "symbols":
        raise CorpusError("tokenizer 'symbols' has the vocabulary of its synthetic corpus: name that corpus.")
    return check_tokenizer_name(name) or open_bytes().vocabulary
