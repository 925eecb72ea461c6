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
        found: one line for each of the three, enough to try it again.
    """

    tries: int = 0
    tracebacks: int = 0
    hangs: int = 0
    differing: int = 0
    found: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether nothing went wrong."""
        return not (self.tracebacks or self.hangs or self.differing)
