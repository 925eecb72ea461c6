"""Fit -> Draws."""

from .draw import METHODS, draws
from .record import Draws

__all__ = ["METHODS", "Draws", "draws"]
