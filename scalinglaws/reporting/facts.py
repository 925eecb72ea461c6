"""Tables of settings and other facts: keys and values of a mapping."""

from collections.abc import Iterable, Mapping

from ..records.numbers_in_text import ABSENT, stated
from .table_cells import Cell, ReportTable


def facts(name: str, title: str, values: Mapping) -> ReportTable:
    """Show a mapping as rows of key and value; nested keys are joined by dots."""
    rows = tuple((Cell(key), Cell(text)) for key, text in _flat(values))
    return ReportTable(name, title, ("key", "value"), rows)


def _flat(values: Mapping, before: str = "") -> Iterable[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield f"{before}{key}", _told(value)


def _told(value) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: ABSENT}[value]
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return stated(value)
    if isinstance(value, list | tuple):
        return (
            ", ".join(f"[{_told(item)}]" if isinstance(item, list | tuple) else _told(item) for item in value) or ABSENT
        )
    return str(value)
