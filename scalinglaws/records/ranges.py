"""The allowed range of a number, declared beside its name, and the error for a value outside it."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from ..errors import MisuseError

LONGEST_TEXT = 1000  # maximum number of characters of a string


@dataclass(frozen=True)
class Range:
    """From `low` to `high`, both included unless that end is open; no range contains not-a-number or infinity.

    Attributes:
        above: whether the lower end is open. below: whether the upper end is open.
        meaning: what a special value means, such as "0 for no limit".
        why: why there is an upper end, and what to do instead.
    """

    low: float
    high: float
    above: bool = False
    below: bool = False
    meaning: str = ""
    why: str = ""

    def holds(self, value: float) -> bool:
        """Say whether a number is allowed."""
        return (self.low < value if self.above else self.low <= value) and (
            value < self.high if self.below else value <= self.high
        )

    def __str__(self) -> str:
        low, high = _number(self.low), _number(self.high)
        text = {
            (False, False): f"from {low} to {high}",
            (True, False): f"above {low} and at most {high}",
            (False, True): f"at least {low} and below {high}",
            (True, True): f"between {low} and {high}",
        }[self.above, self.below]
        return text + (f" ({self.meaning})" if self.meaning else "")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value == int(value) and abs(value) < 1e9 else f"{value:.3g}"


def require(value: Any, allowed: Range, said: str, error: type[MisuseError] = MisuseError) -> None:
    """Refuse a number outside its range; `said` names it and shows the value that was given.

    Raises:
        error: the number lies outside.
    """
    if not allowed.holds(value):
        too_high = allowed.why and isinstance(value, int | float) and value > allowed.high
        raise error(f"{said}: it must be {allowed}.{' ' + allowed.why if too_high else ''}")


def require_all(record: Any, error: type[MisuseError]) -> None:
    """Check every field of a dataclass that declares a Range, `batch: Annotated[int, Range(1, 1e6)]`, and all strings.

    Raises:
        error: naming the field, the value and what is allowed.
    """
    for field in fields(record):
        value = getattr(record, field.name)
        for one in _leaves(value):
            if isinstance(one, str) and len(one) > LONGEST_TEXT:
                raise error(
                    f"{field.name} = {one[:20]!r}..: {len(one):,} characters; at most {LONGEST_TEXT:,} are allowed."
                )
            if allowed := range_of(field.type):
                require(one, allowed, f"{field.name} = {shown(one)}", error)


def range_of(kind: object) -> Range | None:
    """Give the Range in the annotation of a type."""
    return next((one for one in getattr(kind, "__metadata__", ()) if isinstance(one, Range)), None)


def shown(value: object) -> str:
    """Write a value that may be very long."""
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:20]}.. ({len(text):,} characters)"


def _leaves(value: object) -> Iterator[object]:
    if isinstance(value, tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _leaves(part)
    elif value is not None:
        yield value
