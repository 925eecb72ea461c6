"""The records of a budget by every published law."""

from dataclasses import dataclass
from typing import Any

from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from .optima_text import optima_blocks
from .rates_and_batches import Setting


@dataclass(frozen=True)
class Optimum:
    """A budget by one law with one set of published constants.

    Attributes:
        counts: letter -> quantity that the law counts.
        how: "least loss" for a law of size and data, "allocation" for a law that gives size or tokens from compute.
        params, tokens: under C = 6 N D, N as the law counts it; None for a law that gives only the loss.
        loss_nats: by the law itself, on its own data; None for an allocation.
        inside: whether the point lies in the range of the runs behind its constants, None if the source states none;
            `outside` says where it does not.
        cheap: lowest and highest size that cost under 1% of the budget by this law.
        penalty: relative rise of the loss, by this law, at the middle size of all laws.
    """

    law: str
    source: str
    counts: dict[str, str]
    how: str
    params: float | None
    tokens: float | None
    loss_nats: float | None
    inside: bool | None
    outside: tuple[str, ...] = ()
    cheap: tuple[float, float] | None = None
    penalty: float | None = None

    @property
    def tokens_per_param(self) -> float | None:
        """Tokens per parameter, D / N."""
        return None if self.params is None or self.tokens is None else self.tokens / self.params


@dataclass(frozen=True)
class LawSpread:
    """Largest over smallest value: over all laws, and over those inside their range (None for fewer than two)."""

    quantity: str
    laws: int
    factor: float
    laws_inside: int
    factor_inside: float | None


@dataclass(frozen=True, eq=False, repr=False)
class Optima(PublicRecord):
    """A budget by every law.

    Attributes:
        params, tokens: the point for the laws of batch and learning rate: as given, or the middle of the laws (the
            median of those inside their range, if there are any); each law takes N as its own count.
        loss_nats: the loss for laws that take one; `loss_source` says where it comes from.
        optima: a row for each law and each set of its constants.
        settings: batch and learning rate at that point.
        spreads: how far they disagree.
        skipped: law -> why it does not apply.
        sentences: the conclusions in words.
    """

    flops: float
    params: float
    tokens: float
    loss_nats: float
    loss_source: str
    optima: tuple[Optimum, ...]
    settings: tuple[Setting, ...]
    spreads: tuple[LawSpread, ...]
    skipped: dict[str, str]
    sentences: tuple[str, ...]

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return optima_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "flops": self.flops,
            "laws": len(self.optima),
            "params": self.params,
            "tokens": self.tokens,
            "loss_nats": self.loss_nats,
            "skipped": len(self.skipped),
        }

    def rows(self) -> dict[str, Any]:
        """Give one row per law and set of its constants."""
        return {
            name: [getattr(one, name) for one in self.optima]
            for name in ("law", "source", "how", "params", "tokens", "loss_nats", "inside", "penalty")
        }
