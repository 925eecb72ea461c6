"""What a part of the fault benchmark counts."""

from dataclasses import dataclass, field


@dataclass
class Counts:
    """How often the tool was tried, and how often it did not hold.

    Attributes:
        tries: faults, command lines, expressions or studies that were tried.
        tracebacks: tries that printed one.
        hangs: tries that did not end in their time.
        differing: results (runs, rows, answers) that are not those without the fault, or not the oracle's.
        miscounted: runs, attempts and hours that were lost or counted twice; untold: faults that were not said, or said
            as what they are not. None where a part has nothing of the kind.
        found: one line for each, enough to try it again.
    """

    tries: int = 0
    tracebacks: int = 0
    hangs: int = 0
    differing: int = 0
    miscounted: int | None = None
    untold: int | None = None
    found: list[str] = field(default_factory=list)

    def __add__(self, other: "Counts") -> "Counts":
        """Both together."""
        mine, its = vars(self), vars(other)
        return Counts(**{name: _sum(mine[name], its[name]) for name in mine})

    @property
    def held(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.tracebacks or self.hangs or self.differing or self.miscounted or self.untold)


def _sum(one, other):
    return other if one is None else one if other is None else one + other


class Missing(Exception):
    """What a part needs is not on this machine: why."""
