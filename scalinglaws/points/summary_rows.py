"""Rows that summarise other rows, such as the mean of three seeds: they are not runs."""

from collections.abc import Mapping

from .plain_numbers import plain_numbers

_WORDS = frozenset("mean avg average median std stdev stddev sd sem total".split())
_COLUMNS = ("seed", "run_id", "lineage")


def summaries(columns: Mapping[str, list]) -> dict[int, str]:
    """Find the rows whose seed or run is called mean, average, std ..., each with the reason why it is not a run."""
    found: dict[int, str] = {}
    for name in (name for name in _COLUMNS if name in columns and plain_numbers(columns[name]) is None):
        words = {cell for cell in set(columns[name]) if isinstance(cell, str) and cell.strip().lower() in _WORDS}
        for i, cell in enumerate(columns[name] if words else ()):
            if cell in words:
                found.setdefault(i, f"{name} is {cell!r}: it summarises other rows and is not a run")
    return found
