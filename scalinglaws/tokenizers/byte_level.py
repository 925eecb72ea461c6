"""Bytes as tokens: nothing to train, 256 ids, and losses that are bits per byte up to a factor of ln 2."""

import numpy as np

from .tokenizer import Tokenizer


def open_bytes() -> Tokenizer:
    """Make the tokenizer whose ids are the bytes of UTF-8; byte 0, which no text contains, ends a document."""
    return Tokenizer("bytes", 256, "bytes", lambda documents: (np.frombuffer(d, np.uint8) for d in documents), _decode)


def _decode(ids: np.ndarray) -> str:
    return np.asarray(ids).astype(np.uint8).tobytes().decode(errors="replace")
