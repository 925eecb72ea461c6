"""Definitions translate: from the columns that are there to the count that is wanted, or what is missing to get it."""

from .inputs import as_counted
from .route import convert, mismatch, missing, reachable, route
from .rules import RULES, Rule
from .units import bits_per_byte, from_pf_days, nats_per_token, pf_days

__all__ = [
    "RULES",
    "Rule",
    "as_counted",
    "bits_per_byte",
    "convert",
    "from_pf_days",
    "mismatch",
    "missing",
    "nats_per_token",
    "pf_days",
    "reachable",
    "route",
]
