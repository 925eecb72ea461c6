"""Near duplicates: documents most of whose lines also occur in one other document."""

from collections import Counter
from collections.abc import Iterable

SHARED = 0.8  # a document is a near duplicate when one kept document has this share of its lines, counted in bytes
SHORTEST_LINE = 12  # bytes; shorter lines ("else:", "return x") occur everywhere and are no sign of a duplicate


def drop_near_duplicates(documents: Iterable[bytes]) -> list[bytes]:
    """Keep each document unless a document that was kept before contains most of its distinct lines.

    Containment is computed exactly, from an index of every line, so that a short document inside a longer one is
    found as well. Lines are compared without leading and trailing whitespace.
    """
    kept: list[bytes] = []
    holders: dict[bytes, list[int]] = {}
    for text in documents:
        lines = {line for raw in text.splitlines() if len(line := raw.strip()) >= SHORTEST_LINE}
        shared: Counter = Counter()
        for line in lines:
            for holder in holders.get(line, ()):
                shared[holder] += len(line)
        if shared and max(shared.values()) >= SHARED * sum(map(len, lines)):
            continue
        for line in lines:
            holders.setdefault(line, []).append(len(kept))
        kept.append(text)
    return kept
