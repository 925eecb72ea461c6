"""The eight findings of Kaplan et al. 2020 (section 1.1), each judged by the claims that it rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..results.outcome import FAILED, PASSED, UNDECIDED

if TYPE_CHECKING:
    from .claim import Verdict


@dataclass(frozen=True)
class Statement:
    """One of the eight findings, and the claims that decide it.

    Attributes:
        number: as the paper lists them; 9 is what it says of its own runs.
        claims: those that decide it; `beside` belong to its subject and do not.
    """

    number: int
    says: str
    claims: tuple[str, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class Judged:
    """The outcome of one of the eight findings: passed if all of its claims are, failed if one is."""

    number: int
    says: str
    outcome: str
    claims: tuple[str, ...]
    why: str


EIGHT = (
    Statement(
        1,
        "The loss depends strongly on scale and weakly on the shape of the model.",
        ("S2", "S5", "S26", "S28"),
        ("S27", "S29"),
    ),
    Statement(2, "The loss is a power law in each of size, data and compute.", ("S1", "S6", "S7")),
    Statement(3, "Overfitting depends on one combination of size and data.", ("S8", "S9")),
    Statement(
        4, "Learning curves follow one power law, whose start predicts their end at any size.", ("S10",), ("S24",)
    ),
    Statement(5, "On other texts the loss differs by a nearly constant offset.", ("S11", "S30")),
    Statement(6, "Larger models need fewer steps and fewer tokens for the same loss.", ("S12", "S14")),
    Statement(
        7,
        "A compute is best spent on a large model that is stopped long before it converges.",
        ("S4", "S15", "S17", "S18", "S19"),
        ("S3", "S20"),
    ),
    Statement(8, "The best batch is a power of the loss alone, and the noise scale measures it.", ("S21",)),
)
RECIPE = ("S16", "S22", "S23", "S25")  # what the runs record; no claim about the world


def outcome_of_all(outcomes: Sequence[str]) -> str:
    """Combine the outcomes of claims: failed if one failed, passed if all passed."""
    return FAILED if FAILED in outcomes else PASSED if set(outcomes) == {PASSED} else UNDECIDED


def judged_together(verdicts: Sequence["Verdict"]) -> tuple[Judged, ...]:
    """Judge each of the eight by the verdicts on its claims."""
    outcomes = {one.id: one.outcome for one in verdicts}
    return tuple(_judged(one, outcomes) for one in EIGHT)


def _judged(one: Statement, outcomes: dict[str, str]) -> Judged:
    outcome = outcome_of_all([outcomes.get(id, UNDECIDED) for id in one.claims])
    named = {o: [id for id in (*one.claims, *one.beside) if outcomes.get(id, UNDECIDED) == o] for o in (
        PASSED, FAILED, UNDECIDED)}  # fmt: skip
    why = "; ".join(f"{', '.join(ids)} {o}" for o, ids in named.items() if ids)
    return Judged(one.number, one.says, outcome, (*one.claims, *one.beside), why)
