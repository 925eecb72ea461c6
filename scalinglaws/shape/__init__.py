"""The shape of a model: its parameters and FLOPs, exactly, under each published way of counting."""

from .shape import ACTIVATIONS, FAMILIES, NORMS, PARAMETRISATIONS, POSITIONS, SHARINGS, Shape

__all__ = ["ACTIVATIONS", "FAMILIES", "NORMS", "PARAMETRISATIONS", "POSITIONS", "SHARINGS", "Shape"]
