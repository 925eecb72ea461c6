"""The command line: one short function a verb, in the order of the work; each parses, calls one function and prints."""

from . import study, clean, fit, compare, arms, conventions, audit, findings, frontier, plan, laws, report, train  # noqa: I001 (the order of the help)
from .app import run as main

__all__ = [
    "arms",
    "audit",
    "clean",
    "compare",
    "conventions",
    "findings",
    "fit",
    "frontier",
    "laws",
    "main",
    "plan",
    "report",
    "study",
    "train",
]
