"""How numbers and intervals are written for a person: plainly in texts, typeset on the pages of a report.

A decimal has its zero (0.95) and an interval stands in brackets behind its value, as in 1.70 [1.65, 1.76]. In a plain
text a number has a fixed number of digits; on a page it has as many as its interval supports, powers of ten and units.
"""

import math
import re
from collections.abc import Callable
from typing import Protocol

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
YEAR = 365.25 * 86400.0  # seconds
_SECONDS = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))
ABSENT = "–"
NARROW = 1e-4  # times the number: the digits of a narrower interval are not shown
MOST_YEARS = 1e4  # longer durations are written in years
REACH, SIGNED_REACH = 1e3, 1e6  # an interval that extends this many times beyond its value on both sides is not shown
BEYOND = 1e60  # no size, count or constant that a fit determines is larger, nor smaller than its inverse
UNDETERMINED, UNIDENTIFIED, NO_INTERVAL = "not determined", "not identified", "(no interval)"
UNBOUNDED = "unbounded"


class WithInterval(Protocol):
    """A number with the ends of its interval; an end that is not there or not finite has no bound."""

    @property
    def value(self) -> float:
        """The number."""

    @property
    def low(self) -> float | None:
        """The lower end."""

    @property
    def high(self) -> float | None:
        """The upper end."""


# ---- plain text


def short(value: float | None, digits: int = 4) -> str:
    """Write a number in few digits; a dash where there is none, and no sign before zero."""
    return "-" if value is None or value != value else f"{value + 0.0:.{digits}g}"


def share(value: float) -> str:
    """Write a share in per cent, small ones with more digits."""
    return "-" if value != value else f"{value:.0%}" if value >= 0.1 or value == 0 else f"{value:.2%}"


def interval(estimate: WithInterval | None, form: str = "#.3g") -> str:
    """Write a value with its interval, all in one form: 1.70 [1.65, 1.76]; None is a value that is not identified."""
    if estimate is None:
        return UNIDENTIFIED
    if meaningless(estimate.value, estimate.low, estimate.high):
        return UNDETERMINED
    return f"{_written(estimate.value + 0.0, form)} {between(estimate.low, estimate.high, form)}"


def meaningless(value: float, low: float | None, high: float | None) -> bool:
    """Say whether a value is too large to be determined, 4e119, or too small without an interval that says more."""
    small = 0 < abs(value) < 1 / BEYOND
    return not abs(value) < BEYOND or (small and between(low, high) in (NO_INTERVAL, f"[{UNDETERMINED}]"))


def ends(estimate: WithInterval | None, form: str = ".5g") -> str:
    """Write the interval of an estimate, or that it has none."""
    return NO_INTERVAL if estimate is None else between(estimate.low, estimate.high, form)


def between(low: float | None, high: float | None, form: str = ".5g") -> str:
    """Write an interval; one of more than six decades, or of all above zero, says nothing: no numbers."""
    low, high = _bound(low), _bound(high)
    if low is None and high is None:
        return NO_INTERVAL
    all_above = low == 0 and high is None
    if all_above or (low is not None and high is not None and low > 0 and high > REACH**2 * low):
        return f"[{UNDETERMINED}]"
    return f"[{_end(low, form)}, {_end(high, form)}]"


def _bound(end: float | None) -> float | None:
    """Give an end as a number without a sign before zero; None where it is no bound, and 0 where it is next to it."""
    if end is None or not abs(end) < BEYOND:
        return None
    return 0.0 if abs(end) < 1 / BEYOND else end + 0.0


def _end(value: float | None, form: str) -> str:
    return UNBOUNDED if value is None else _written(value, form)


def _written(value: float, form: str) -> str:
    """Write a number in a form of Python; its point goes where no digit follows it."""
    return f"{value:{form}}".removesuffix(".")


_LARGE = re.compile(r"(?<![\w./'\"])(?<!\w-)(\d+(?:\.\d+)?)e\+0*(\d+)(?![\w/'\"]|[.-]\w)")


def short_powers(text: str) -> str:
    """Write the powers of ten of a plain text as people type them: 1.2e10, not 1.2e+10.

    What is part of a word, a path or a quotation is a name, and stays.
    """
    return _LARGE.sub(r"\1e\2", text)


def about(seconds: float) -> str:
    """Write an estimated time in one unit: 48 s, 6 min, 3.2 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


# ---- the pages of a report


def power_of_ten(exponent: int) -> str:
    """Write 10 to a power."""
    return "10" + str(exponent).translate(_RAISED)


_EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)e([+-]\d{2,3})(?!\w)")


def powers(text: str) -> str:
    """Typeset the powers of ten of a plain text: 2.96e+20 becomes 2.96×10²⁰, and 1e-05 10⁻⁵."""
    return _EXPONENT.sub(_typeset_power, text)


def _typeset_power(found: re.Match) -> str:
    raised = power_of_ten(int(found[2]))
    return raised if found[1] == "1" else f"{found[1]}×{raised}"


def number(value: float | None, digits: int = 3) -> str:
    """Write a number with `digits` significant digits, with a power of ten if it is outside [1e-3, 1e5]."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if value == 0:
        return "0"
    exponent = _exponent(value, digits)
    return _fixed(value, max(digits - 1 - exponent, 0)) if -4 < exponent < 5 else _raised(value, digits)


def _exponent(value: float, digits: int) -> int:
    """Exponent of ten of a number as it is written, also of denormal numbers, whose power of ten would be zero."""
    return int(f"{value:.{digits - 1}e}".split("e")[1])


def _fixed(value: float, decimals: int) -> str:
    text = f"{value:.{decimals}f}"
    return text.removeprefix("-") if not float(text) else text.replace("-", "−")


def _raised(value: float, digits: int) -> str:
    """Write a number with a power of ten, whatever its size."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    return f"{mantissa}×{power_of_ten(int(exponent))}".replace("-", "−")


def stated(value: float | None, digits: int = 6) -> str:
    """Write a number as its source states it, without additional digits."""
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


def abbreviated(value: float | None) -> str:
    """Write a size for running text: 786 K, 12.3 M, 1.50 B."""
    if value is None or not math.isfinite(value):
        return ABSENT
    for letter, size in (("T", 1e12), ("B", 1e9), ("M", 1e6), ("K", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {letter}" if abs(value) < 999.5 * size else number(value)
    return f"{value:.3g}"


def typeset(estimate: WithInterval | None) -> str:
    """Write a value with its interval, `value [low, high]`, in one notation, to two digits of the interval's width.

    The value keeps at least one significant digit however wide the interval is. A value whose interval is
    uninformative (see `says_nothing`) is written as "not determined".
    """
    if estimate is None or not math.isfinite(estimate.value):
        return ABSENT
    if says_nothing(estimate):
        return UNDETERMINED
    low, high = _bound(estimate.low), _bound(estimate.high)
    if low is None and high is None:
        return f"{number(estimate.value)} {NO_INTERVAL}"
    write = _alike(estimate.value, [end for end in (low, high) if end is not None])
    shown = [UNBOUNDED if end is None else write(end) for end in (low, high)]
    return f"{write(estimate.value)} [{shown[0]}, {shown[1]}]"


def says_nothing(estimate: WithInterval) -> bool:
    """Say whether an interval is uninformative: it extends by orders of magnitude on both sides of its value."""
    value, low, high = abs(estimate.value), estimate.low, estimate.high
    if low is None or high is None or math.isnan(low) or math.isnan(high):
        return False
    below = low == -math.inf or low < -SIGNED_REACH * value or 0 <= low <= value / REACH
    above = high == math.inf or high > (REACH if low >= 0 else SIGNED_REACH) * value
    return below and above and (value > 0 or math.isinf(high - low))


def _alike(value: float, ends: list[float]) -> Callable[[float], str]:
    """Choose one notation for a value and the ends of its interval."""
    sizes = [abs(one) for one in (value, *ends)]
    largest, width = max(sizes), max(value, *ends) - min(value, *ends)
    if largest == 0:
        return number
    top = math.log10(largest)
    fine = math.log10(width) if width >= NARROW * largest and width > 0 else math.floor(top) - 2  # four digits
    if not 1e-3 <= largest < 99999.5 or 0 < sizes[0] < largest / REACH:
        digits = 2 if math.isinf(width) else max(2 + math.floor(top - fine), 2)
        return lambda one: _raised(one, digits)
    decimals = max(0, 1 - math.floor(fine))
    if min(sizes) >= 1:
        decimals = max(decimals, 1 - math.floor(math.log10(min(sizes))))  # write 4.2 [3.9, 48.0], not 4 [4, 48]
    if value != 0:
        decimals = max(decimals, -math.floor(math.log10(sizes[0])))  # write 0.3 for an interval of [-6, 6], not 0
    return lambda one: _fixed(one, decimals)


def signed(value: float, decimals: int) -> str:
    """Write a change with its sign."""
    return f"{value:+.{decimals}f}".replace("-", "−")


def plus_minus(value: float | None, error: float | None) -> str:
    """Write a measurement with its standard error, to two digits of the error."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if error is None or not math.isfinite(error) or error <= 0:
        return number(value, 4) if abs(value) >= 1e7 else f"{value:.4g}".replace("-", "−")
    if max(abs(value), error) >= 1e7:
        return f"{number(value, 4)} ± {number(error, 2)}"
    decimals = min(max(0, 1 - math.floor(math.log10(error))), 8)
    return f"{value:.{decimals}f} ± {error:.{decimals}f}".replace("-", "−")


def percent(level: float | None) -> str:
    """Write a fraction as a percentage."""
    return ABSENT if level is None or not math.isfinite(level) else f"{100 * level:g}%"


def explained(r2: float | None) -> str:
    """Write the fraction of the variance that a law explains; undefined if the losses do not vary."""
    return "no R² (nothing varies)" if r2 is None else f"R² = {r2:.4f}".replace("-", "−")


def duration(seconds: float | None) -> str:
    """Write a time in its two largest units; beyond ten thousand years in years."""
    if seconds is None or not math.isfinite(seconds):
        return ABSENT
    if seconds < 10:
        return f"{seconds:.2g} s"
    if seconds > MOST_YEARS * YEAR:
        return f"{number(seconds / YEAR, 2)} years"
    whole = round(seconds)
    for place, (unit, size) in enumerate(_SECONDS):
        if whole >= size:
            if unit == "s":
                return f"{whole} s"
            smaller, small_size = _SECONDS[place + 1]
            rest = math.floor((whole % size) / small_size)
            return f"{int(whole // size)} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"
