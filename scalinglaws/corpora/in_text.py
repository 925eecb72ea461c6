"""Which short sequences of tokens stand in a long text: the ends of items that a model may have been trained on."""

from collections.abc import Mapping, Sequence

import numpy as np

LONGEST = 48  # tokens from the end of a sequence that are looked for
SEARCHED = 1 << 24  # tokens of a text that are searched, from its start: documents are in the order of a hash
AT_ONCE = 1 << 20
FACTOR = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2^64
INVERSE = pow(FACTOR, -1, 1 << 64)
SIEVE = 16  # bits of a hash by which nearly all places are ruled out at once

Wanted = Mapping[int, Mapping[int, set[bytes]]]  # length -> hash -> ends


def in_text(text: np.ndarray, sequences: Sequence[np.ndarray]) -> int:
    """Count the sequences whose last `LONGEST` tokens (all of a shorter one) stand in a text, token by token."""
    ends = [np.asarray(sequence, np.uint32)[-LONGEST:] for sequence in sequences]
    wanted: dict[int, dict[int, set[bytes]]] = {}
    for end in ends:
        wanted.setdefault(len(end), {}).setdefault(int(_hashes(end, len(end))[0]), set()).add(end.tobytes())
    found: set[bytes] = set()
    for start in range(0, min(len(text), SEARCHED), AT_ONCE):
        found |= _found(np.asarray(text[start : start + AT_ONCE + LONGEST - 1], np.uint32), wanted)
    return sum(end.tobytes() in found for end in ends)


def _found(tokens: np.ndarray, wanted: Wanted) -> set[bytes]:
    found: set[bytes] = set()
    for length, by_hash in wanted.items():
        hashes, sieve = _hashes(tokens, length), np.zeros(1 << SIEVE, bool)
        sieve[_sieved(np.array(list(by_hash), np.uint64))] = True
        for place in np.flatnonzero(sieve[_sieved(hashes)]):
            found |= {tokens[place : place + length].tobytes()} & by_hash.get(int(hashes[place]), set())
    return found


def _hashes(tokens: np.ndarray, length: int) -> np.ndarray:
    """The hash of every `length` tokens that follow each other: sum over j of (token j + 1) f^j modulo 2^64."""
    up, down = (np.full(len(tokens), factor, np.uint64) for factor in (FACTOR, INVERSE))
    up[:1] = down[:1] = 1
    before = np.concatenate([np.zeros(1, np.uint64), np.cumsum((tokens + np.uint64(1)) * np.cumprod(up))])
    return (before[length:] - before[: len(before) - length]) * np.cumprod(down)[: max(0, len(tokens) - length + 1)]


def _sieved(hashes: np.ndarray) -> np.ndarray:
    return (hashes >> np.uint64(64 - SIEVE)).astype(np.int64)
