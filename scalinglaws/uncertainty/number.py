"""A number with its interval: a float that knows how far it can be believed."""

import math
from typing import Any, Self

from ..records.numbers_in_text import interval, short


class Number(float):
    """A float with the interval of the parameter that it stands for: in arithmetic and comparisons a plain float.

    Attributes:
        low, high: ends of the interval at the confidence level `level`.
        held: "fixed" or "tied to NAME" where it was not fitted.
        identified: whether the points say anything about it; where they do not, the float is NaN.
    """

    low: float
    high: float
    level: float
    held: str
    identified: bool

    def __new__(
        cls, value: float, low: float, high: float, level: float = 0.95, held: str = "", identified: bool = True
    ) -> Self:
        """Make a number; one that is not identified is no number."""
        made = super().__new__(cls, value if identified else math.nan)
        made.low, made.high, made.level, made.held, made.identified = low, high, level, held, identified
        return made

    @property
    def value(self) -> float:
        """The number alone."""
        return float(self)

    @property
    def interval(self) -> tuple[float, float]:
        """Its interval: (low, high)."""
        return self.low, self.high

    def __getnewargs__(self) -> tuple[Any, ...]:  # type: ignore[override]
        """Give what a copy or a pickle is made of."""
        return float(self), self.low, self.high, self.level, self.held, self.identified

    def __repr__(self) -> str:
        """Write the number and its interval, or that it is not identified."""
        if not self.identified:
            return "not identified"
        return f"{short(float(self), 3)} {self.held}" if self.held else interval(self)

    __str__ = __repr__
