"""Measured tables -> what they say of every claim of Kaplan et al. 2020, and of the quantities it measured."""

from .bench import CLAIMS, findings, judged, measurements
from .page import page
from .record import Findings, Measurements, Verdict
from .tables import TABLES, read_tables

__all__ = [
    "CLAIMS",
    "TABLES",
    "Findings",
    "Measurements",
    "Verdict",
    "findings",
    "judged",
    "measurements",
    "page",
    "read_tables",
]
