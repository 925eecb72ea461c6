"""Points -> the compute-optimal frontier: envelope of curves, isoFLOP minima, critical batch, C_min."""

from .bench import METHODS, frontier
from .record import REASONS, Budget, Frontier, Line

__all__ = ["METHODS", "REASONS", "Budget", "Frontier", "Line", "frontier"]
