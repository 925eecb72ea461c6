"""Fit -> Draws; and beside them, which runs carry the fit and what it leaves open."""

from .draw import METHODS, draws
from .influence import Influence, influence
from .record import Draws
from .sloppy import SloppyDirection, sloppy

__all__ = ["METHODS", "Draws", "Influence", "SloppyDirection", "draws", "influence", "sloppy"]
