"""How numbers, intervals and tables are written for a person."""

from collections.abc import Sequence

# Control characters, which a terminal obeys, and marks that turn the direction of writing: shown as their codes.
CODES = [*range(9), *range(11, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
SHOWN = {code: repr(chr(code))[1:-1] for code in CODES}

VACUOUS = 1e6  # high over low of an interval from which it says nothing


def printable(text: str) -> str:
    """Show the control characters of a text in place of sending them: a cell or a name clears no terminal."""
    return text.translate(SHOWN)


def short(value: float | None, digits: int = 4) -> str:
    """Write a number in few digits; a dash where there is none, and no sign before zero."""
    return "-" if value is None or value != value else f"{value + 0.0:.{digits}g}"


def share(value: float) -> str:
    """Write a share in per cent, small ones with more digits."""
    return "-" if value != value else f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.2%}"


def ends(estimate, digits: int = 5) -> str:
    """Write the interval of an estimate, or that it has none."""
    return between(getattr(estimate, "low", None), getattr(estimate, "high", None), digits)


def between(low: float | None, high: float | None, digits: int = 5) -> str:
    """Write an interval; one that spans more than six decades says nothing, and is not written as numbers."""
    low, high = (None if end is None or not abs(end) < float("inf") else end + 0.0 for end in (low, high))
    if low is None and high is None:
        return "(no interval)"
    if low is not None and high is not None and low > 0 and high > VACUOUS * low:
        return "[not determined]"
    return f"[{_end(low, '-inf', digits)}, {_end(high, 'inf', digits)}]"


def _end(value: float | None, none: str, digits: int) -> str:
    return none if value is None else f"{value:.{digits}g}"


def table(head: Sequence[str], rows: Sequence[Sequence[object]], indent: int = 2) -> str:
    """Set rows under their heads: the first column to the left, the others to the right, but for the last if text."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [list(head), *cells]) for i in range(len(head))]
    left = {0} | ({len(head) - 1} if any(" " in row[-1] for row in cells) else set())
    return "\n".join(
        " " * indent
        + "  ".join(
            cell.ljust(width) if i in left else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in [list(head), *cells]
    )


def finite(value: float | None) -> float | None:
    """A number as JSON can hold it: nothing for infinity and what is no number."""
    return None if value is None or not abs(value) < float("inf") else float(value)


def weights_of(mixed) -> str:
    """Write the laws of a mixture with their weights."""
    return ", ".join(f"{name} {share(weight)}" for name, weight in zip(mixed.laws, mixed.weights, strict=True))
