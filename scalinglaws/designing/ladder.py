"""Sizes of usual proportions, from the smallest that can be built to the largest asked for."""

from math import sqrt

PROPORTIONS = (2.5e4, 0.25)  # n_layer = 2 (N / 2.5e4)^0.25: 2 at 25 K, 5 at 1 M, 28 at 1 G, as in published models
SMALLEST = (2, 6)  # one-layer models break a ladder, and narrower ones hardly learn (LOG.md)


def size_near(params: float, d_head: int) -> tuple[int, int]:
    """Give [n_layer, d_model] of a Transformer of about `params` parameters without embeddings.

    Widths are even up to 16, multiples of four up to two heads, and whole heads above.
    """
    n_layer = max(SMALLEST[0], round(2 * (params / PROPORTIONS[0]) ** PROPORTIONS[1]))
    width = sqrt(params / (12 * n_layer))
    step = d_head if width >= 2 * d_head else 4 if width > 16 else 2
    return n_layer, max(SMALLEST[1], step, step * round(width / step))


def ladder(low: float, high: float, ratio: float, d_head: int) -> list[tuple[int, int]]:
    """List sizes from `low` to `high` parameters, each about `ratio` times the one before."""
    found: dict[tuple[int, int], float] = {}
    params = low
    while params <= high * 1.001:
        size = size_near(params, d_head)
        found.setdefault(size, 12 * size[0] * size[1] ** 2)
        params *= ratio
    return sorted((size for size, count in found.items() if count <= 1.2 * high), key=found.__getitem__)
