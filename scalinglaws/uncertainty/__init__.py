"""Fit -> Draws; and beside them, what the fit leaves open."""

from .draw import METHODS, draws
from .record import Draws
from .sloppy import SloppyDirection, sloppy

__all__ = ["METHODS", "Draws", "SloppyDirection", "draws", "sloppy"]
