"""Studies side by side: the laws of each, fitted alike, and what one is worth in the compute of another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..records.numbers_in_text import abbreviated, number, typeset
from ..records.public_record import PublicRecord
from ..records.text_blocks import Block, rows_of
from .fitted import Band, Estimate, LearningCurve
from .letters import size_in_words

LESS, MORE, EQUAL = "needs less compute", "needs more compute", "not distinguished"


@dataclass(frozen=True)
class Side:
    """One study or table of the comparison.

    Attributes:
        facts: what its runs are, in words: runs, sizes, tokens, tokenizer, text, test set.
        constants: parameter of the law -> estimate; None where these runs do not identify it.
        exponents: a of N* ~ C^a and b of D* ~ C^b at the middle of the common computes, by the law.
        flops, loss, run_ids: its points.
        frontier: the law's loss at the best size of each compute, over the range of its runs.
        unsound: why its law must not be used; empty if it may be.
    """

    name: str
    facts: dict[str, str]
    constants: dict[str, Estimate | None]
    exponents: dict[str, Estimate | None]
    r2: float
    flops: tuple[float, ...]
    loss: tuple[float, ...]
    run_ids: tuple[str, ...]
    frontier: Band | None
    curves: tuple[LearningCurve, ...] = ()
    unsound: str = ""


@dataclass(frozen=True)
class Worth:
    """How many times the compute of `reference` another needs for the loss that `reference` reaches with `flops`.

    Attributes:
        value: its interval extends to None where no compute of it reaches that loss.
        beyond: why it is an extrapolation; empty where both fits have runs around it.
    """

    name: str
    reference: str
    flops: float
    loss: float
    value: Estimate
    beyond: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One of three: less compute, more, or not distinguished."""
        low, high = self.value.ends
        return LESS if high < 1 else MORE if low > 1 else EQUAL


@dataclass(frozen=True, eq=False, repr=False)
class SideBySide(PublicRecord):
    """A comparison of studies or tables.

    Attributes:
        law: the law that was fitted to each, by itself; `formula` as its paper writes it.
        size, loss: columns by which N and the loss are counted in all of them.
        worths: by pair and compute; empty where `withheld` says why.
        withheld: why no multiplier is given; empty if there is one.
        notes: sentences that a reader must mind.
    """

    sides: tuple[Side, ...]
    law: str
    formula: str
    size: str
    loss: str
    unit: str
    level: float
    worths: tuple[Worth, ...] = ()
    withheld: str = ""
    notes: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The names of its studies."""
        return " and ".join(one.name for one in self.sides)

    @property
    def leading(self) -> tuple[Worth, ...]:
        """The multiplier of each pair at the largest compute that all fits have runs at, not extrapolated."""
        found: dict[str, Worth] = {}
        for one in self.worths:
            if not one.beyond:
                found[one.name] = one
        return tuple(found.values())

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        head = ("", *self._parameters(), "R2")
        rows = [(one.name, *self._values(one), f"{one.r2:.4f}") for one in self.sides]
        facts = list(dict.fromkeys(key for one in self.sides for key in one.facts))
        told: list[Block] = [
            f"{self.name}: {self.law}, {self.formula}; N counts {size_in_words(self.size)}, the loss is in {self.unit}",
            rows_of(
                ("", *facts), [(one.name, *(one.facts.get(key, "") for key in facts)) for one in self.sides], "facts"
            ),
            rows_of(head, rows, f"constants of {self.law}"),
        ]
        if self.withheld:
            return [*told, f"no compute multiplier: {self.withheld}"]
        return [*told, *(sentence(one) for one in self.leading), *self._unread()]

    def _unread(self) -> list[str]:
        return [] if self.leading else ["every compute multiplier is an extrapolation: none is given here"]

    def _parameters(self) -> Sequence[str]:
        return tuple(self.sides[0].constants)

    def _values(self, one: Side) -> list[str]:
        return [typeset(value) if value else "not identified" for value in one.constants.values()]

    def minded(self) -> list[str]:
        """Give the sentences that a reader must mind."""
        unsound = [f"{one.name}: {one.unsound}" for one in self.sides if one.unsound]
        return [*unsound, *self.notes]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {"sides": tuple(one.name for one in self.sides), "law": self.law, "loss": self.loss} | {
            f"{one.name} / {one.reference}": one.value for one in self.leading
        }

    def rows(self) -> dict[str, Any]:
        """Give the multipliers, a row per pair and compute."""
        heads = ("study", "reference", "flops", "loss", "multiplier", "low", "high", "verdict", "extrapolated")
        found = [
            (w.name, w.reference, w.flops, w.loss, w.value.value, w.value.low, w.value.high, w.verdict, bool(w.beyond))
            for w in self.worths
        ]
        return {head: [row[i] for row in found] for i, head in enumerate(heads)}


def sentence(one: Worth) -> str:
    """Say in one sentence what a study is worth in the compute of another."""
    verdict = f": {one.verdict} from the same" if one.verdict == EQUAL else ""
    return (
        f"for the loss that {one.reference} reaches with {number(one.flops)} FLOPs ({number(one.loss, 4)}), {one.name} "
        f"needs {typeset(one.value)} times that compute{verdict}"
    )


def span(low: float, high: float) -> str:
    """Write a range of sizes."""
    return abbreviated(low) if low == high else f"{abbreviated(low)} to {abbreviated(high)}"
