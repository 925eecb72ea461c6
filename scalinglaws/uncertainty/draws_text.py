"""Draws as text: the fit with the interval of each constant, and how the intervals were made."""

from typing import TYPE_CHECKING

from ..fitting.fit_text import fit_blocks
from ..records.text_blocks import Block

if TYPE_CHECKING:
    from .drawn import Draws


def draws_blocks(drawn: "Draws", level: float = 0.95) -> list[Block]:
    """Say what was fitted to what, every constant with its interval, and how well."""
    how = f"{level:.0%} intervals: {drawn.method}, {len(drawn)} draws."
    return fit_blocks(drawn.fit, drawn.interval(level), how)
