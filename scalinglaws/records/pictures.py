"""The pictures of records in a notebook: records draw nothing, so whoever can draw registers here, once a process."""

from collections.abc import Callable

_DRAWERS: list[Callable[[object], str]] = []


def draw_with(drawer: Callable[[object], str]) -> None:
    """Let a function draw every record: it gives an SVG element, or an empty text for a record without a figure."""
    _DRAWERS[:] = [drawer]


def picture_of(record: object) -> str:
    """Give the picture of a record; empty where it has none, or where nothing that draws was registered."""
    return _DRAWERS[0](record) if _DRAWERS else ""
