"""What a claim of the paper is, and how measured tables become a verdict on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..measurements.sheet import Measurements
from ..records.numbers_in_text import interval
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.attempt import attempt
from ..results.fitted import Estimate
from ..results.outcome import FAILED, NOT_RUN, PASSED, UNDECIDED, outcome_of, overall
from .eight import Judged
from .findings_text import findings_blocks

OUTCOMES = (PASSED, FAILED, UNDECIDED)
MOST_NARROWER = 30.0  # times: beyond, more runs of the same design are no advice


@dataclass(frozen=True)
class Part:
    """One quantity on which a claim depends, with its interval and its limits.

    Attributes:
        what: the quantity, as the subject of a sentence.
        estimate: None where it could not be measured; a count has an interval of no width.
        low, high: the limits, inclusive; None if there is none on that side.
        text: further numbers to show.
        objection: it fails a claim where all of its interval lies outside the limits, and decides nothing otherwise.
    """

    what: str
    estimate: Estimate | None
    low: float | None = None
    high: float | None = None
    text: str = ""
    objection: bool = False

    @property
    def outcome(self) -> str:
        """Whether the interval lies between the limits; an objection that is not certain is passed over."""
        found = outcome_of(self.estimate, self.low, self.high)
        return PASSED if self.objection and found == UNDECIDED else found

    @property
    def sentence(self) -> str:
        """State what was measured and what follows from it."""
        is_so = f"{self.what} is {_number(self.estimate)}"
        if self.objection and self.outcome == PASSED:
            return f"{is_so}, not certainly outside what is allowed: {self._limits}"
        return {
            PASSED: f"{is_so}, as required: {self._limits}",
            FAILED: f"{is_so}, and the claim requires {self._limits}",
            UNDECIDED: f"{is_so}, which does not decide whether it is {self._limits}",
            NOT_RUN: f"{self.what} has no interval",
        }[self.outcome]

    @property
    def takes(self) -> str:
        """Say how much narrower an interval about the same value would decide it; empty where it is decided."""
        one = self.estimate
        if one is None or self.outcome != UNDECIDED:
            return ""
        (least, most), low, high = one.ends, self.low, self.high
        if (low is None or one.value >= low) and (high is None or one.value <= high):
            rooms = [(one.value - low, one.value - least)] if low is not None and least < low else []
            rooms += [(high - one.value, most - one.value)] if high is not None and most > high else []
        elif low is not None and one.value < low:
            rooms = [(low - one.value, most - one.value)]
        elif high is not None:
            rooms = [(one.value - high, one.value - least)]
        times = max(width / room if room > 0 else np.inf for room, width in rooms)
        if times > MOST_NARROWER:
            return f"another design, for {self.what} is very near its limit here"
        return f"an interval of {self.what} {times:.2g} times narrower, as from about {times**2:.2g} times the runs"

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
        outcome: passed, failed or undecided.
        why: the quantities that decided it; for undecided, which runs are missing, or how much narrower an interval
            must be.
        parts: every quantity that was tested.
        missing: what could not be measured, and which runs that needs; an undecided claim may have none.
    """

    id: str
    claim: str
    test: str
    measured: str
    outcome: str
    why: str
    parts: tuple[Part, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False, repr=False)
class Findings(PublicRecord):
    """A verdict on every claim, from the tables of a set of families, with the measured numbers.

    Attributes:
        eight: the eight findings of the paper, each judged by its claims.
    """

    verdicts: tuple[Verdict, ...]
    measured: Measurements
    eight: tuple[Judged, ...] = ()

    @property
    def summary(self) -> str:
        """Count the outcomes in one line, with the names of the failed and undecided claims."""
        named = {outcome: [v.id for v in self.verdicts if v.outcome == outcome] for outcome in OUTCOMES}
        listed = {o: f" ({', '.join(ids)})" if ids and o in (FAILED, UNDECIDED) else "" for o, ids in named.items()}
        counts = ", ".join(f"{len(ids)} {outcome}{listed[outcome]}" for outcome, ids in named.items())
        own = ", ".join(f"{sum(one.outcome == o for one in self.eight)} {o}" for o in OUTCOMES)
        of_eight = f"; of its eight findings {own}" if self.eight else ""
        return f"{len(self.verdicts)} claims of Kaplan et al. 2020: {counts}{of_eight}"

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
        """Combine the outcomes of the parts; without the measurements of a part a claim is undecided, or failed."""
        lacking: list[str] = []
        made = [attempt(part, lacking.append) for part in attempt(lambda: self.parts(evidence), lacking.append) or ()]
        tested = tuple(part for part in made if isinstance(part, Part))
        outcome = overall([*(part.outcome for part in tested), *(NOT_RUN for _ in lacking)])
        decisive = [part.sentence for part in tested if part.outcome == outcome]
        if outcome == NOT_RUN:
            decisive += [part.sentence for part in tested if part.outcome == UNDECIDED]
        missing = tuple(dict.fromkeys(lacking))
        takes = [part.takes for part in tested if part.takes and outcome in (NOT_RUN, UNDECIDED)]
        why = "; ".join(dict.fromkeys([*missing, *decisive] if outcome == NOT_RUN else decisive))
        if takes:
            why += f". It takes {'; '.join(dict.fromkeys(takes))}"
        if outcome == FAILED and missing:
            why += f" ({'; '.join(missing)} for the rest)"
        measured = "; ".join(part.text for part in made if part is not None and part.text)
        outcome = UNDECIDED if outcome == NOT_RUN else outcome
        return Verdict(self.id, self.claim, self.test, measured, outcome, why, tested, missing)


def claim(id: str, test: str):
    """Turn a function from evidence to parts into a claim; its docstring is the claim."""

    def named(parts: Callable) -> Claim:
        return Claim(id, " ".join((parts.__doc__ or "").split()), test, parts)

    return named
