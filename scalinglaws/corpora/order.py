"""The order of the data: which tokens each training step and each evaluation reads, as a function of a few numbers."""

from functools import lru_cache

import numpy as np

from ..errors import CorpusError
from .scrambling import MASK, mix, mix_array

ROUNDS = 6  # of the Feistel network; four suffice for a permutation that looks random (Luby and Rackoff 1988)
CHUNK = 4096  # positions computed at once
_OFFSET = 0xA5  # makes the key of the offset different from the key of the order


def starts_between(first: int, end: int, seed: int, tokens: int, n_ctx: int) -> np.ndarray:
    """Return the starts of the training windows number `first` to `end` - 1; one reads tokens start .. start + n_ctx.

    The tokens are cut into blocks of n_ctx, and an epoch visits every block once, in an order that depends on seed
    and epoch; each epoch also shifts the cuts by an offset of its own, so that no token is always the first of its
    block. A window depends on its number and the seed alone: a run that resumes needs no other state, skips the earlier
    steps at no cost, and reads the same order whatever its batches are.

    Args:
        tokens: length of the training split, or of the prefix of it that the run may use.

    Returns:
        (end - first,) int64; a window has n_ctx inputs and one more token, the last target.

    Raises:
        CorpusError: there are fewer than n_ctx + 1 tokens.
    """
    blocks = blocks_in(tokens, n_ctx)
    parts, place = [], first
    while place < end:
        epoch, within = divmod(place, blocks)
        chunk, offset = divmod(within, CHUNK)
        parts.append(_chunk_starts(chunk, seed, epoch, tokens, n_ctx)[offset : offset + end - place])
        place += len(parts[-1])
    return np.concatenate(parts)


def blocks_in(tokens: int, n_ctx: int) -> int:
    """Count the windows of one epoch: the same for every offset of the cuts, so one fewer than fit without an offset.

    Raises:
        CorpusError: there are fewer than n_ctx + 1 tokens.
    """
    _require_window(tokens, n_ctx)
    return max(1, tokens // n_ctx - 1)


def window_starts(tokens: int, n_ctx: int, eval_tokens: int) -> np.ndarray:
    """Return the starts of the evaluation windows: fixed, without overlap, spread evenly over the whole split.

    They are the same for every run with the same context length. Window i scores tokens start + 1 .. start + n_ctx.

    Raises:
        CorpusError: there are fewer than n_ctx + 1 tokens.
    """
    _require_window(tokens, n_ctx)
    there = (tokens - 1) // n_ctx
    wanted = min(there, max(1, eval_tokens // n_ctx))
    return np.arange(wanted, dtype=np.int64) * there // wanted * n_ctx


def _require_window(tokens: int, n_ctx: int):
    if tokens < n_ctx + 1:
        raise CorpusError(
            f"one window of {n_ctx} tokens needs {n_ctx + 1} tokens (the last is a target), and the split has "
            f"{tokens}. Take a larger corpus, or a smaller n_ctx."
        )


@lru_cache(maxsize=8)
def _chunk_starts(chunk: int, seed: int, epoch: int, tokens: int, n_ctx: int) -> np.ndarray:
    """Return a part of an epoch's order: many starts at once, because numpy takes as long for one as for a thousand."""
    blocks = blocks_in(tokens, n_ctx)
    slack = min(n_ctx - 1, tokens - 1 - blocks * n_ctx)
    key = mix(mix(seed & MASK) ^ epoch)
    place = np.arange(chunk * CHUNK, min(blocks, (chunk + 1) * CHUNK))
    starts = _permute(place, blocks, key) * n_ctx + mix(key ^ _OFFSET) % (slack + 1)
    starts.flags.writeable = False
    return starts


def _permute(place: np.ndarray, size: int, key: int) -> np.ndarray:
    """Permute 0 .. size - 1: a Feistel network on the next power of four, applied again to values outside the range."""
    half = max(1, ((size - 1).bit_length() + 1) // 2)
    values = _feistel(place.astype(np.uint64), half, key)
    while (outside := values >= size).any():
        values[outside] = _feistel(values[outside], half, key)
    return values.astype(np.int64)


def _feistel(values: np.ndarray, half: int, key: int) -> np.ndarray:
    low = np.uint64((1 << half) - 1)
    left, right = values >> np.uint64(half), values & low
    for turn in range(ROUNDS):
        left, right = right, left ^ (mix_array(right + np.uint64(mix(key + turn))) & low)
    return left << np.uint64(half) | right
