"""Models that can be built near a planned size: whole layers, heads that divide the width, exact counts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from ..errors import MisuseError
from ..run.shape import Shape

# Width over depth: Kaplan et al. 2020, figure 5, finds the loss within 2% over this range.
ASPECT = (16.0, 200.0)
PREFERRED_ASPECT = 100.0  # GPT-3 175B has 128, LLaMA 65B 102, GPT-2 small 64
STEPS = (0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 2.0)
COUNT_OF_QUANTITY = {
    "params_nonembedding": "non_embedding",
    "params_nonembedding_exact": "non_embedding_exact",
    "params_with_head": "with_head",
    "params_total": "total",
}


@dataclass(frozen=True)
class Building:
    """What a model must have: vocabulary size, context length, head width, and whether the output head is tied."""

    n_vocab: int
    n_ctx: int
    d_head: int = 64
    tied: bool = True

    def __post_init__(self):
        for name in ("n_vocab", "n_ctx", "d_head"):
            if getattr(self, name) < 1:
                raise MisuseError(f"{name} = {getattr(self, name)}; it must be at least 1.")


def count_for(quantity: str) -> str:
    """Return the count of `Shape.params` that a quantity is; without embeddings if it is none of them."""
    return COUNT_OF_QUANTITY.get(quantity, "non_embedding")


def near(params: float, count: str, building: Building) -> list[Shape]:
    """List a model for each of `STEPS` times params, smallest first: the nearest in size with usual proportions.

    A width is a multiple of the head's; for each width the depth with the nearest size is taken, if width over depth
    lies within `ASPECT`. A shape of unusual proportions is preferred only if it is much nearer in size.
    """
    found = {}
    for step in STEPS:
        shapes = list(_candidates(params * step, count, building))
        if shapes:
            shape = min(shapes, key=partial(_away_from, params * step, count))
            found[shape] = shape.params(count)
    return sorted(found, key=found.__getitem__)


def _candidates(params: float, count: str, building: Building) -> Iterator[Shape]:
    widest = (2 * params * ASPECT[1] / 12) ** (1 / 3) + building.d_head
    for width in range(building.d_head, int(widest) + 1, building.d_head):
        shape = _deepest(width, params, count, building)
        if shape is not None and 0.5 < shape.params(count) / params < 2:
            yield shape


def _away_from(goal: float, count: str, shape: Shape) -> float:
    return _badness(shape, shape.params(count) / goal)


def _badness(shape: Shape, ratio: float) -> float:
    return abs(math.log(ratio)) + 0.1 * abs(math.log(shape.d_model / shape.n_layer / PREFERRED_ASPECT))


def _deepest(width: int, params: float, count: str, building: Building) -> Shape | None:
    def with_layers(layers: int) -> Shape:
        heads = max(1, width // building.d_head)
        return Shape(layers, width, heads, building.n_ctx, building.n_vocab, tied=building.tied)

    one = with_layers(1).params(count)
    layer = with_layers(2).params(count) - one
    layers = max(1, round((params - one) / layer) + 1)
    return with_layers(layers) if ASPECT[0] <= width / layers <= ASPECT[1] else None
