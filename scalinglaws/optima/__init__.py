"""Every published law about one budget: N*, D*, loss, batch and learning rate side by side."""

from .bench import optima
from .record import Optima, Optimum, Spread

__all__ = ["Optima", "Optimum", "Spread", "optima"]
