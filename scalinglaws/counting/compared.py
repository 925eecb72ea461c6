"""The result of comparing conventions: one refit per convention, what others lack, and how much the results differ."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..records.public_record import PublicRecord
from ..records.text_blocks import Block
from ..results.fitted import Estimate
from .conventions_text import conventions_blocks

ENDS = ("value", "low", "high")


@dataclass(frozen=True)
class Convention:
    """The quantity for each letter; `own_compute` says whether C is 6 N D in the same count of N."""

    params: str
    tokens: str
    flops: str
    loss: str
    own_compute: bool = False


@dataclass(frozen=True)
class Refit:
    """One route under one convention.

    Attributes:
        route: "law", or the method of a frontier.
        exponent: a of N* ~ C^a, with N and C as the convention counts them, over the computes of the table.
        exponents: the exponents of the law, by their names; empty for a frontier.
        params: N* at the budget, in the common count; `own_params` in the convention's count. tokens: D* there.
        rms_log: root mean square residual of ln loss, for a law.
        warnings: of the fit or the frontier.
    """

    route: str
    convention: Convention
    exponent: Estimate
    params: Estimate
    own_params: float
    tokens: Estimate
    exponents: Mapping[str, Estimate] = field(default_factory=dict)
    rms_log: float | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unavailable:
    """A convention that cannot be derived: `lacks` lists sets of columns each of which would give it."""

    what: str
    why: str
    lacks: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Moved:
    """How much the results of one route differ between conventions.

    Attributes:
        by: largest exponent minus smallest; `lowest` and `highest` are their conventions.
        own_by: the same over the conventions in which C is 6 N D in their own count of N.
        width: median width of the statistical interval of the exponent; None if there is none.
        factor: largest N* at the budget divided by the smallest, in the common count.
        params_width: median ratio of the ends of the statistical interval of N*.
    """

    route: str
    by: float
    lowest: Convention
    highest: Convention
    own_by: float | None
    width: float | None
    factor: float
    params_width: float | None
    level: float

    @property
    def sentence(self) -> str:
        """The same in a sentence."""
        interval = "no statistical interval exists"
        if self.width is not None:
            interval = f"the {self.level:.0%} statistical interval is {self.width:.3f} wide"
        own = "" if self.own_by is None else f", {self.own_by:.3f} with C = 6 N D in the count of N"
        within = f"; the interval of N* spans a factor {self.params_width:.2f}" if self.params_width else ""
        return (
            f"the choice of count changes a by {self.by:.3f}{own}; {interval}. N* at the budget changes by a factor "
            f"{self.factor:.2f}{within}."
        )


@dataclass(frozen=True, eq=False, repr=False)
class Conventions(PublicRecord):
    """The same points under every convention that they allow.

    Attributes:
        common: the count of parameters in which every N* is given; a budget is 6 x this count x tokens.
        budget: FLOPs, counted in this way; `reach`: the budget divided by the largest in the table.
        made: derived quantity -> how it was derived, with the assumptions.
        same: sentences on counts that are equal in this table.
        barred: why no claim can rest on it, where it was asked for anyway.
    """

    law: str
    common: str
    budget: float
    reach: float
    level: float
    points: int
    refits: tuple[Refit, ...]
    moved: tuple[Moved, ...]
    unavailable: tuple[Unavailable, ...]
    made: Mapping[str, str]
    same: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()

    def blocks(self) -> list[Block]:
        """Give what a command prints of it."""
        return conventions_blocks(self)

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        return {
            "law": self.law,
            "points": self.points,
            "budget": self.budget,
            "common": self.common,
            "refits": len(self.refits),
            "moved": {one.route: one.by for one in self.moved},
            "unavailable": len(self.unavailable),
        }

    def rows(self) -> dict[str, Any]:
        """Give a row a refit."""
        counts = ("params", "tokens", "flops", "loss", "own_compute")
        columns: dict[str, Any] = {"route": [one.route for one in self.refits]}
        columns |= {f"count_of_{name}": [getattr(one.convention, name) for one in self.refits] for name in counts}
        for name in ("exponent", "params", "tokens"):
            columns |= {f"{name}_{end}": [getattr(getattr(one, name), end) for one in self.refits] for end in ENDS}
        return columns
