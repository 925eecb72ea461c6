"""The command line: one short function a verb, in the order of the work; each parses, calls one function and prints."""

from . import measure, keep, infer, compare, arms, conventions, audit, findings, frontier, plan, shelf, show, inside  # noqa: I001 (the order of the help)
from .app import run as main

__all__ = [
    "arms",
    "audit",
    "compare",
    "conventions",
    "findings",
    "frontier",
    "infer",
    "inside",
    "keep",
    "main",
    "measure",
    "plan",
    "shelf",
    "show",
]
