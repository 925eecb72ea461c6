"""What a reproduction is: a published result, how it is derived again, and how far the two may lie apart."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Number:
    """A published number, and the largest difference that still counts as the same."""

    theirs: float
    within: float


@dataclass(frozen=True)
class Reproduction:
    """One published result, derived again from its data by this package.

    A reproduction without a `choice` holds: every number comes out. One with a `choice` does not follow from the data
    by the method that the source names: at least one number lies further off than its tolerance, and `choice` says
    which decision makes the difference. Where that decision can be made here too, `explained_by` names the reproduction
    that makes it and gets these very numbers.

    Attributes:
        tables: file names of the public run tables; empty where the result follows from printed constants.
        how: what is done, in a line.
        derive: gives quantity -> our value for every quantity of `published`.
        grounds: where the tolerances come from.
    """

    name: str
    source: str
    tables: tuple[str, ...]
    how: str
    derive: Callable[[], Mapping[str, float]]
    published: Mapping[str, Number]
    grounds: str
    choice: str = ""
    explained_by: str = ""


@dataclass(frozen=True)
class Comparison:
    """Ours beside theirs."""

    quantity: str
    ours: float
    theirs: float
    within: float

    @property
    def difference(self) -> float:
        """Ours - theirs."""
        return self.ours - self.theirs

    @property
    def holds(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.difference) <= self.within


def compared(one: Reproduction) -> tuple[Comparison, ...]:
    """Derive a result and lay it beside the published one.

    Raises:
        TableMissing: a table is not on this machine.
        KeyError: the derivation gives other quantities than were published.
    """
    ours = one.derive()
    return tuple(Comparison(name, float(ours[name]), n.theirs, n.within) for name, n in one.published.items())


LAST_DIGIT = "half a unit of the last digit printed"


def printed(**numbers: str) -> dict[str, Number]:
    """Take numbers as printed; the tolerance is half a unit of the last digit."""
    return {name: Number(float(text), _unit(text) * (0.5 + 1e-9)) for name, text in numbers.items()}


def _unit(text: str) -> float:
    digits, _, exponent = text.partition("e")
    decimals = len(digits.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - decimals)
