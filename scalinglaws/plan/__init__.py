"""Draws x budget -> Plan: how large a model, on how many tokens, in which batches, at what loss and price."""

from .bench import plan
from .export import TRAINERS, configuration
from .hardware import PEAK, Machine
from .record import Alternative, Plan, PlannedShape, Within
from .shapes import Building
from .splits import exponent

__all__ = [
    "PEAK",
    "TRAINERS",
    "Alternative",
    "Building",
    "Machine",
    "Plan",
    "PlannedShape",
    "Within",
    "configuration",
    "exponent",
    "plan",
]
