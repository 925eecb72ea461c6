"""Whether two printed pages say the same: words to the letter, numbers to their last digit, which may round either way.

The last bit of a sum hangs on a processor's instructions, and so may the last digit that is printed of it: a number may
be one unit of its last digit away. A word, a sign, a row or a number that changed by more is a difference.
"""

import re
from decimal import Decimal

NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?(?:e[+-]?\d+)?")


def differences(made: str, kept: str) -> list[tuple[str, str]]:
    """List the lines that do not say the same, as (made, kept)."""
    ours, theirs = made.splitlines(), kept.splitlines()
    pairs = [(a, b) for a, b in zip(ours, theirs, strict=False) if not same(a, b)]
    return pairs + [("", line) for line in theirs[len(ours) :]] + [(line, "") for line in ours[len(theirs) :]]


def same(made: str, kept: str) -> bool:
    """Compare two lines."""
    if NUMBER.split(made) != NUMBER.split(kept):
        return False
    return all(map(_near, NUMBER.findall(made), NUMBER.findall(kept)))


def _near(made: str, kept: str) -> bool:
    a, b = (Decimal(text.replace(",", "")) for text in (made, kept))
    return abs(a - b) <= min(_last_digit(a), _last_digit(b))  # 0.48 beside 0.4799: trailing zeros are not printed


def _last_digit(number: Decimal) -> Decimal:
    return Decimal(1).scaleb(number.as_tuple().exponent)
