"""What a tokenizer is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

SEPARATOR = 0  # ends every document; no tokenizer gives it for text


@dataclass(frozen=True)
class Tokenizer:
    """Documents to token ids and back.

    Attributes:
        vocabulary: number of ids, the separator among them.
        fingerprint: hash of all that decides the ids.
        encode: gives the ids of each document, in order, without its separator.
        decode: gives text again; what is not whole UTF-8 becomes U+FFFD.
        json: the tokenizer as the `tokenizers` library reads it; empty where there is nothing to keep.
    """

    name: str
    vocabulary: int
    fingerprint: str
    encode: Callable[[Iterable[bytes]], Iterable[np.ndarray]]
    decode: Callable[[np.ndarray], str]
    json: str = ""
