"""The results of the audit, the rules of a trustworthy study."""

from dataclasses import dataclass
from typing import Any

from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .audit_text import audit_blocks
from .fitted import Estimate
from .outcome import FAILED, NOT_RUN, PASSED, UNDECIDED


@dataclass(frozen=True)
class Finding:
    """The result of one rule of the audit.

    Attributes:
        severity: error, warning or info: how serious a failure of this rule is.
        outcome: passed, failed, undecided or not run (`results.outcome`); then `found` says which columns or records it
            needs.
        found: what was observed, with its numbers.
        prevents: the failure that the rule guards against.
        size: how large that failure was where it was measured; `source` says who measured it.
        do: what to do about a failure.
        fault: the statement that is true if the rule failed; empty in records of earlier releases.
    """

    id: str
    title: str
    severity: str
    outcome: str
    found: str
    prevents: str
    size: str
    source: str
    do: str
    fault: str = ""

    def __post_init__(self):
        if self.outcome == "cannot be checked":  # as the first releases wrote it
            object.__setattr__(self, "outcome", NOT_RUN)

    @property
    def statement(self) -> str:
        """Give the statement that is true for this outcome."""
        if self.outcome == PASSED:
            return self.title
        if self.outcome == FAILED:
            return self.fault or f"Not so: {self.title}"
        return f"{'Undecided' if self.outcome == UNDECIDED else 'Not tested'}: {self.title}"


@dataclass(frozen=True)
class WaterfallStep:
    """One of the corrections between Kaplan's exponent and Hoffmann's, applied after all earlier ones.

    Attributes:
        exponent: a of N_opt ~ C^a with this correction and all before it; None if the table does not determine it.
        moved: the change of a by this correction; None for the first, and where there is no exponent.
        rows: number of rows of the table that take part.
        how: what was done, or what the step needs.
    """

    name: str
    exponent: Estimate | None
    moved: float | None
    rows: int
    how: str


@dataclass(frozen=True, eq=False, repr=False)
class Audit(PublicRecord):
    """Every rule of a trustworthy scaling study, judged on one table of runs.

    Attributes:
        source: where the points came from.
        findings: in the order of the rules.
        waterfall: the corrections between Kaplan's exponent and Hoffmann's, in order.
    """

    source: str
    findings: tuple[Finding, ...]
    waterfall: tuple[WaterfallStep, ...] = ()

    def having(self, outcome: str, severity: str = "") -> tuple[Finding, ...]:
        """List the findings with one outcome, and with one severity if it is given."""
        return tuple(f for f in self.findings if f.outcome == outcome and severity in ("", f.severity))

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return audit_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "source": self.source,
            "rules": len(self.findings),
            "failed": tuple(f.id for f in self.having("failed")),
            "passed": len(self.having("passed")),
            "undecided": len(self.having(UNDECIDED)),
            "not_run": len(self.having(NOT_RUN)),
        }

    def rows(self) -> dict[str, Any]:
        """Give one row per rule."""
        return {
            name: [getattr(one, name) for one in self.findings]
            for name in ("id", "severity", "outcome", "statement", "found", "prevents", "size", "source", "do")
        }
