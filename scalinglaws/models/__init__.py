"""The shelf of models: one file a family, built from a Shape."""

from .transformer import Transformer

FAMILIES = {"transformer": Transformer}
