"""Byte-level byte-pair encoding, trained on the study's own training text (Sennrich et al. 2016, on bytes)."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import numpy as np

from ..errors import CorpusError
from .tokenizer import SEPARATOR, Tokenizer

SEPARATOR_TEXT = "<|endoftext|>"
SMALLEST = 257  # the 256 bytes and the separator
TRAINED_ON_BYTES = 20_000_000  # more text changes the merges little, and the cost is proportional to it
_ENCODED_AT_ONCE = 2048


def train_bpe(vocabulary: int, documents: Sequence[bytes]) -> Tokenizer:
    """Train a byte-level BPE on the first 20 MB of the training documents.

    Text is cut into words as in GPT-2, no merge crosses a cut, and any UTF-8 text is decoded to what it was. Documents
    are in the order of a hash, so that the first 20 MB are a random sample; the same text gives the same tokenizer.

    Raises:
        CorpusError: the text has too few pairs to merge; or the package `tokenizers` is not installed.
    """
    found = library()
    model = _untrained(found)
    trainer = found.trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=[SEPARATOR_TEXT],
        show_progress=False,
        initial_alphabet=found.pre_tokenizers.ByteLevel.alphabet(),
    )
    model.train_from_iterator(_beginning(documents), trainer=trainer)
    if (given := model.get_vocab_size()) < vocabulary:
        raise CorpusError(
            f"tokenizer 'bpe:{vocabulary}' cannot be trained on this text: it gave {given} tokens and then found no "
            f"pair to merge. Ask for bpe:{given} or fewer, or give more text."
        )
    return read_bpe(model.to_str())


def read_bpe(json: str) -> Tokenizer:
    """Restore the tokenizer from its `Tokenizer.json`."""
    model = library().Tokenizer.from_str(json)
    model.encode_special_tokens = True  # text that spells the separator is text
    size = model.get_vocab_size()
    return Tokenizer(
        name=f"bpe:{size}",
        vocabulary=size,
        fingerprint=hashlib.sha256(json.encode()).hexdigest(),
        encode=lambda documents: _encode(model, documents),
        decode=lambda ids: model.decode([int(i) for i in ids], skip_special_tokens=False),
        json=json,
    )


def library():
    """Import the package tokenizers.

    Raises:
        CorpusError: it is not installed.
    """
    try:
        import tokenizers
    except ImportError:
        raise CorpusError(
            "a tokenizer 'bpe' or 'file' needs the package tokenizers. Install it with: pip install "
            "'scalinglaws[train]'; or take the tokenizer 'bytes'."
        ) from None
    return tokenizers


def _untrained(found):
    model = found.Tokenizer(found.models.BPE())
    model.pre_tokenizer = found.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    model.decoder = found.decoders.ByteLevel()
    return model


def _beginning(documents: Iterable[bytes]) -> Iterator[str]:
    left = TRAINED_ON_BYTES
    for text in documents:
        yield text[:left].decode(errors="ignore")
        left -= len(text)
        if left <= 0:
            return


def _encode(model, documents: Iterable[bytes]) -> Iterator[np.ndarray]:
    for ids in ids_of(model, documents):
        assert not (ids == SEPARATOR).any()
        yield ids


def ids_of(model, documents: Iterable[bytes]) -> Iterator[np.ndarray]:
    """Give the model's own ids of each document, many documents at once."""
    left = iter(documents)
    while group := [text.decode() for text in islice(left, _ENCODED_AT_ONCE)]:
        for encoding in model.encode_batch_fast(group, add_special_tokens=False):
            yield np.array(encoding.ids, np.uint32)
