"""Points -> the compute-optimal frontier: envelope of curves, isoFLOP minima, critical batch, C_min."""

from .agreement import disagreements
from .bench import METHODS, frontier
from .critical_batch import CriticalBatch, Isoquant, critical_batch
from .record import REASONS, Budget, Frontier, Line

__all__ = [
    "METHODS",
    "REASONS",
    "Budget",
    "CriticalBatch",
    "Frontier",
    "Isoquant",
    "Line",
    "critical_batch",
    "disagreements",
    "frontier",
]
