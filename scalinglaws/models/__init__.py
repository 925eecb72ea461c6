"""The shelf of models: one file per family, built from a Shape."""

from collections.abc import Callable

from ..run.shape import Shape
from .dropout import make_drop
from .lstm import Lstm
from .recurrent import universal
from .transformer import Transformer

LanguageModel = Transformer | Lstm
FAMILIES: dict[str, Callable[[Shape, int], LanguageModel]] = {
    "transformer": Transformer,
    "universal": universal,
    "lstm": Lstm,
    "moe": Transformer,
}

__all__ = ["FAMILIES", "LanguageModel", "Lstm", "Transformer", "make_drop", "universal"]
