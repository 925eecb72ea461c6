"""What a rule of the audit is, and how its judgement becomes a finding."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..results.attempt import attempt
from ..results.audited import Finding
from ..results.fitted import Estimate
from ..results.outcome import FAILED, NOT_RUN, PASSED, outcome_of, overall
from .evidence import Evidence

SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True)
class Judgement:
    """The result of a check: an outcome, what was found, and a severity where it depends on what was found."""

    outcome: str
    found: str
    severity: str = ""


def holds(found: str) -> Judgement:
    """Say that the rule holds, with the number that shows it."""
    return Judgement(PASSED, found)


def fails(found: str, severity: str = "") -> Judgement:
    """Say that the rule fails, with the numbers."""
    return Judgement(FAILED, found, severity)


def either(good: bool, found: str, severity: str = "") -> Judgement:
    """Say that the rule holds where `good`, else that it fails."""
    return holds(found) if good else fails(found, severity)


def by_interval(
    estimate: Estimate, found: str, severity: str = "", *, low: float | None = None, high: float | None = None
) -> Judgement:
    """Say that the rule holds where the whole interval lies within the limits; undecided where only a part of it does.

    `low`, `high`: the limits, which are themselves allowed; None where there is none on that side.
    """
    return Judgement(outcome_of(estimate, low, high), found, severity)


def by_parts(outcomes: Iterable[str], found: str, severity: str = "") -> Judgement:
    """Say that the rule holds where each of its parts does."""
    return Judgement(overall(outcomes), found, severity)


def unknown(needs: str) -> Judgement:
    """Say that the rule was not run, and what it needs."""
    return Judgement(NOT_RUN, f"needs {needs}")


@dataclass(frozen=True)
class Rule:
    """One rule of a trustworthy scaling study.

    Attributes:
        id: letter of its group and a number.
        title: a sentence that is true where the rule passes; fault: one that is true where it fails.
        check: evidence -> judgement.
        prevents, size, source, do: as in `Finding`.
        about: what is computed, in a sentence.
    """

    id: str
    severity: str
    title: str
    fault: str
    check: Callable[[Evidence], Judgement]
    prevents: str
    size: str
    source: str
    do: str

    @property
    def about(self) -> str:
        """What the check computes."""
        return " ".join((self.check.__doc__ or "").split())

    def judge(self, evidence: Evidence) -> Finding:
        """Check, and make the finding; a rule that lacks columns, a fit or anything else is not run."""
        verdict = attempt(lambda: self.check(evidence), lambda why: Judgement(NOT_RUN, why))
        severity = verdict.severity or self.severity
        return Finding(
            self.id,
            self.title,
            severity,
            verdict.outcome,
            verdict.found,
            self.prevents,
            self.size,
            self.source,
            self.do,
            self.fault,
        )


def rule(id: str, severity: str, title: str, fault: str, *, prevents: str, size: str, source: str, do: str):
    """Turn a check into a rule."""

    def named(check: Callable[[Evidence], Judgement]) -> Rule:
        return Rule(id, severity, title, fault, check, prevents, size, source, do)

    return named
