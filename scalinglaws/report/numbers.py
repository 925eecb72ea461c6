"""Numbers as a reader sees them: as many digits as their interval allows, powers of ten raised, units spelt out."""

import math

from ..results import Estimate

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SECONDS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))
ABSENT = "–"


def power_of_ten(exponent: int) -> str:
    """Write 10 to a power."""
    return "10" + str(exponent).translate(_RAISED)


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with `digits` significant digits, outside 1e-3 to 1e5 times a power of ten."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(float(f"{value:.{digits - 1}e}"))))
    if -4 < exponent < 5:
        return f"{value:.{max(digits - 1 - exponent, 0)}f}".replace("-", "−")
    mantissa = f"{value / 10.0**exponent:.{digits - 1}f}".replace("-", "−")
    return f"{mantissa}×{power_of_ten(exponent)}"


def stated(value: float | None, digits: int = 6) -> str:
    """Write a number that its source states: no more digits than it has."""
    if value is None or not math.isfinite(value):
        return ABSENT
    text = f"{value:.{digits}g}"
    if "e" not in text and abs(value) < 1e7:
        return text.replace("-", "−")
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa.rstrip('0').rstrip('.')}×{power_of_ten(int(exponent))}".replace("-", "−")


def count(value: float | None) -> str:
    """Write a count in full below ten million, as a power of ten above."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if abs(value) < 1e7 and float(value).is_integer():
        return f"{int(value):,}"
    return number(value)


def short(value: float | None) -> str:
    """Write a size for running text: 786 K, 12.3 M, 1.50 B."""
    if value is None or not math.isfinite(value):
        return ABSENT
    for letter, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}" if abs(value) < 999.5 * size else number(value)
    return f"{value:.3g}"


def interval(estimate: Estimate | None) -> str:
    """Write a value with its interval; two digits of the interval's width are shown, and no more of the value."""
    if estimate is None or not math.isfinite(estimate.value):
        return ABSENT
    low, high = _finite(estimate.low), _finite(estimate.high)
    if low is None and high is None:
        return f"{number(estimate.value)} (no interval)"
    ends = [end for end in (low, high, estimate.value) if end is not None]
    width = max(ends) - min(ends)
    write = _alike(max(map(abs, ends)), min(map(abs, ends)), width)
    shown = [ABSENT if end is None else write(end) for end in (low, high)]
    sides = f"{shown[0]}, {shown[1]}".replace(f"{ABSENT},", "unbounded,")
    sides = sides.replace(f", {ABSENT}", ", unbounded")
    return f"{write(estimate.value)} [{sides}]"


def _alike(largest: float, smallest: float, width: float):
    """Choose one way of writing for a value and the ends of its interval."""
    if largest == 0 or width < 1e-4 * largest:
        return lambda value: number(value, 4)
    scattered = smallest > 0 and largest / smallest > 100
    if scattered or not -3 <= math.log10(largest) < 5:
        digits = 2 if scattered else min(max(2 + math.floor(math.log10(largest) - math.log10(width)), 2), 6)
        return lambda value: number(value, digits)
    decimals = max(0, 1 - math.floor(math.log10(width)))
    if smallest >= 1:
        decimals = max(decimals, 1 - math.floor(math.log10(smallest)))  # 4.2 and not 4, of [3.9, 48.0]
    return lambda value: f"{value:.{min(decimals, 8)}f}".replace("-", "−")


def plus_minus(value: float | None, error: float | None) -> str:
    """Write a measurement with its standard error, to two digits of the error."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if error is None or not math.isfinite(error) or error <= 0:
        return f"{value:.4g}".replace("-", "−")
    decimals = min(max(0, 1 - math.floor(math.log10(error))), 8)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")


def percent(level: float) -> str:
    """Write a share as a percentage."""
    return f"{100 * level:g}%"


def duration(seconds: float | None) -> str:
    """Write a time in its two largest units."""
    if seconds is None or not math.isfinite(seconds):
        return ABSENT
    if seconds < 10:
        return f"{seconds:.2g} s"
    whole = round(seconds)
    for place, (unit, size) in enumerate(_SECONDS):
        if whole >= size:
            if unit == "s":
                return f"{whole} s"
            smaller, small_size = _SECONDS[place + 1]
            rest = math.floor((whole % size) / small_size)
            return f"{int(whole // size)} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
