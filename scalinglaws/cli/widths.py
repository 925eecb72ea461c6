"""How wide the output of a command may be."""

import os
from typing import TextIO

from ..records.folding import NARROWEST


def width_of(stream: TextIO) -> int | None:
    """Give the columns that a stream has: COLUMNS, otherwise the terminal's; None where neither says, as for a file."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isdecimal() and int(asked):
        return max(int(asked), NARROWEST)
    try:
        return max(os.get_terminal_size(stream.fileno()).columns, NARROWEST) if stream.isatty() else None
    except (OSError, ValueError):
        return None
