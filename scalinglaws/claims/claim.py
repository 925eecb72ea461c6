"""What a claim of the paper is, and how measured tables become a verdict on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..measurements.sheet import Measurements
from ..records.numbers_in_text import interval
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.attempt import attempt
from ..results.fitted import Estimate
from ..results.outcome import FAILED, NOT_RUN, OUTCOMES, PASSED, UNDECIDED, outcome_of, overall
from .findings_text import findings_blocks


@dataclass(frozen=True)
class Part:
    """One quantity on which a claim depends, with its interval and its limits.

    Attributes:
        what: the quantity, as the subject of a sentence.
        estimate: None where it could not be measured; a count has an interval of no width.
        low, high: the limits, inclusive; None if there is none on that side.
        text: further numbers to show.
    """

    what: str
    estimate: Estimate | None
    low: float | None = None
    high: float | None = None
    text: str = ""

    @property
    def outcome(self) -> str:
        """Whether the interval lies between the limits."""
        return outcome_of(self.estimate, self.low, self.high)

    @property
    def sentence(self) -> str:
        """State what was measured and what follows from it."""
        is_so = f"{self.what} is {_number(self.estimate)}"
        return {
            PASSED: f"{is_so}, as required: {self._limits}",
            FAILED: f"{is_so}, and the claim requires {self._limits}",
            UNDECIDED: f"{is_so}, which does not decide whether it is {self._limits}",
            NOT_RUN: f"{self.what} has no interval",
        }[self.outcome]

    @property
    def _limits(self) -> str:
        if self.low is None:
            return f"at most {self.high:.4g}"
        if self.high is None:
            return f"at least {self.low:.4g}"
        return f"exactly {self.low:.4g}" if self.low == self.high else f"between {self.low:.4g} and {self.high:.4g}"


def _number(estimate: Estimate | None) -> str:
    """Write a number with its interval, and a count alone."""
    if estimate is not None and estimate.low == estimate.value == estimate.high:
        return f"{estimate.value:.4g}"
    return interval(estimate)


@dataclass(frozen=True)
class Shown:
    """Numbers that are shown with a claim and that its test does not use."""

    text: str


@dataclass(frozen=True)
class Verdict:
    """The verdict on one claim of the paper, from the measured tables.

    Attributes:
        id: S and a number; a claim keeps its number.
        claim: the claim, in one sentence.
        test: what the numbers must satisfy; no published constant is used in it.
        measured: the numbers, with their intervals.
        outcome: passed, failed, undecided or not run, as in `results.outcome`.
        why: the quantities that decided it; for "not run", which runs are missing.
        parts: every quantity that was tested.
    """

    id: str
    claim: str
    test: str
    measured: str
    outcome: str
    why: str
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Findings(PublicRecord):
    """A verdict on every claim, from the tables of a set of families, with the measured numbers."""

    verdicts: tuple[Verdict, ...]
    measured: Measurements

    @property
    def summary(self) -> str:
        """Count the outcomes in one line, with the names of the failed and undecided claims."""
        named = {outcome: [v.id for v in self.verdicts if v.outcome == outcome] for outcome in OUTCOMES}
        listed = {o: f" ({', '.join(ids)})" if ids and o in (FAILED, UNDECIDED) else "" for o, ids in named.items()}
        counts = ", ".join(f"{len(ids)} {outcome}{listed[outcome]}" for outcome, ids in named.items())
        return f"{len(self.verdicts)} claims of Kaplan et al. 2020: {counts}"

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return findings_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"summary": self.summary, "constants": len(self.measured.constants)}

    def rows(self) -> dict[str, Any]:
        """Give a row per claim."""
        return {
            name: [getattr(one, name) for one in self.verdicts]
            for name in ("id", "outcome", "claim", "measured", "why")
        }


@dataclass(frozen=True)
class Claim:
    """One claim of the paper, with the parts of its test."""

    id: str
    claim: str
    test: str
    parts: Callable

    def judge(self, evidence) -> Verdict:
        """Combine the outcomes of the parts; a part without its measurements was not run."""
        lacking: list[str] = []
        made = [attempt(part, lacking.append) for part in attempt(lambda: self.parts(evidence), lacking.append) or ()]
        tested = tuple(part for part in made if isinstance(part, Part))
        outcome = overall([*(part.outcome for part in tested), *(NOT_RUN for _ in lacking)])
        decisive = [part.sentence for part in tested if part.outcome == outcome]
        if outcome == NOT_RUN:
            decisive += [part.sentence for part in tested if part.outcome == UNDECIDED]
        missing = list(dict.fromkeys(lacking))
        why = "; ".join(dict.fromkeys(missing + decisive if outcome == NOT_RUN else decisive))
        if outcome == FAILED and missing:
            why += f" ({'; '.join(missing)} for the rest)"
        measured = "; ".join(part.text for part in made if part is not None and part.text)
        return Verdict(self.id, self.claim, self.test, measured, outcome, why, tested)


def claim(id: str, test: str):
    """Turn a function from evidence to parts into a claim; its docstring is the claim."""

    def named(parts: Callable) -> Claim:
        return Claim(id, " ".join((parts.__doc__ or "").split()), test, parts)

    return named
