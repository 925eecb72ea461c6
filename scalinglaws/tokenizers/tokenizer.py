"""What a tokenizer is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

SEPARATOR = 0  # ends every document; no tokenizer uses this id for text


@dataclass(frozen=True)
class Tokenizer:
    """Documents to token ids and back.

    Attributes:
        vocabulary: number of ids, including the separator.
        fingerprint: hash of all that determines the ids.
        encode: returns the ids of each document, in order, without its separator.
        decode: returns the text; bytes that are not valid UTF-8 become U+FFFD.
        json: the tokenizer as the `tokenizers` library reads it; empty where there is nothing to store.
    """

    name: str
    vocabulary: int
    fingerprint: str
    encode: Callable[[Iterable[bytes]], Iterable[np.ndarray]]
    decode: Callable[[np.ndarray], str]
    json: str = ""
