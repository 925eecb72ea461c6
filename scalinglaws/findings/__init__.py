"""Measured tables -> what they say of every claim of Kaplan et al. 2020, and of the quantities it measured."""

from .bench import CLAIMS, findings
from .record import Verdict
from .tables import read_tables

__all__ = ["CLAIMS", "Verdict", "findings", "read_tables"]
