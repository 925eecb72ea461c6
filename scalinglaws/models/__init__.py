"""The shelf of models: one file per family, built from a Shape."""

from .dropout import make_drop
from .lstm import Lstm
from .recurrent import universal
from .transformer import Transformer

FAMILIES = {"transformer": Transformer, "universal": universal, "lstm": Lstm}

__all__ = ["FAMILIES", "Lstm", "Transformer", "make_drop", "universal"]
