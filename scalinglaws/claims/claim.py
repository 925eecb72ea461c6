"""What a claim of the paper is, and how measured tables become a verdict on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..measurements.sheet import Measurements
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.attempt import attempt
from .findings_text import findings_blocks

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"


@dataclass(frozen=True)
class Verdict:
    """What the measured tables say of one claim of the paper.

    Attributes:
        id: S1 to S31, in the order of the digest of the paper that this project began with.
        claim: the claim, in one sentence.
        test: what was asked of the numbers; nothing in it is a published constant.
        measured: the numbers, with their intervals.
        outcome: passed, failed or "not run".
        why: what decided it; for "not run", which runs are missing.
    """

    id: str
    claim: str
    test: str
    measured: str
    outcome: str
    why: str


@dataclass(frozen=True, eq=False, repr=False)
class Findings(PublicRecord):
    """What the tables of a set of families say: a verdict on every claim, and the numbers behind them."""

    verdicts: tuple[Verdict, ...]
    measured: Measurements

    @property
    def summary(self) -> str:
        """Count the outcomes in a line, the failed ones by name."""
        named = {o: [v.id for v in self.verdicts if v.outcome == o] for o in (PASSED, FAILED, NOT_RUN)}
        failed = f" ({', '.join(named[FAILED])})" if named[FAILED] else ""
        return (
            f"{len(self.verdicts)} claims of Kaplan et al. 2020: {len(named[PASSED])} passed, {len(named[FAILED])} "
            f"failed{failed}, {len(named[NOT_RUN])} not run"
        )

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return findings_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"summary": self.summary, "constants": len(self.measured.constants)}

    def rows(self) -> dict[str, Any]:
        """Give a row a claim."""
        return {
            name: [getattr(one, name) for one in self.verdicts]
            for name in ("id", "outcome", "claim", "measured", "why")
        }


@dataclass(frozen=True)
class Part:
    """One thing that a claim needs: whether it is so, and the numbers; `fault` says what is wrong where it is not."""

    good: bool
    text: str
    fault: str = ""


@dataclass(frozen=True)
class Claim:
    """One claim of the paper and the parts that its test is made of."""

    id: str
    claim: str
    test: str
    parts: Callable

    def judge(self, evidence) -> Verdict:
        """Pass where every part is so, fail where one is not; not run where none fails and one lacks its runs."""
        lacking: list[str] = []
        made = [attempt(part, lacking.append) for part in attempt(lambda: self.parts(evidence), lacking.append) or ()]
        seen = [part for part in made if part is not None]
        faults = [part.fault or part.text for part in seen if not part.good]
        missing = "; ".join(dict.fromkeys(lacking))
        outcome = FAILED if faults else NOT_RUN if lacking else PASSED
        why = {FAILED: "; ".join(faults), NOT_RUN: missing, PASSED: "every part of the test holds"}[outcome]
        if faults and lacking:
            why += f" ({missing} for the rest)"
        return Verdict(self.id, self.claim, self.test, "; ".join(part.text for part in seen), outcome, why)


def claim(id: str, test: str):
    """Turn a function from evidence to parts into a claim; its docstring is the claim."""

    def named(parts: Callable) -> Claim:
        return Claim(id, " ".join(parts.__doc__.split()), test, parts)

    return named
