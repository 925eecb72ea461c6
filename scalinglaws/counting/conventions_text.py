"""A comparison of conventions as text: the refits of each route, how far they move, and what lacks."""

from itertools import groupby
from typing import TYPE_CHECKING

from ..errors import counted
from ..records.numbers_in_text import ends, short
from ..records.text_blocks import Block, Table, rows_of

if TYPE_CHECKING:
    from .compared import Conventions, Refit


def conventions_blocks(found: "Conventions") -> list[Block]:
    """Set the refits of each route under one another, say how far they move, and what lacks."""
    text: list[Block] = [
        f"{counted(found.points, 'point')}; N* (as {found.common}) and D* where 6 x {found.common} x tokens = "
        f"{short(found.budget)} FLOPs, {short(found.reach, 3)} times the largest run; intervals {found.level:.0%}"
    ]
    several = [role for role in ("tokens", "loss") if len({getattr(r.convention, role) for r in found.refits}) > 1]
    for name, some in groupby(found.refits, lambda one: one.route):
        text.append(f"{found.law if name == 'law' else name}:")
        text.append(_rows(name, list(some), several))
        moved = next(one for one in found.moved if one.route == name)
        text.append(f"  {moved.sentence}")
    text.append("  a: exponent of N* ~ C^a in the N and C of its row; =: that C is 6 N D in that N")
    text += [f"derived: {how}" for how in found.made.values()]
    text += [f"the same: {sentence}" for sentence in found.same]
    return [*text, *_missing(found)]


def _rows(route: str, refits: "list[Refit]", several: list[str]) -> Table:
    own = list(refits[0].exponents)
    head = ("N", "C", *("D" if role == "tokens" else "L" for role in several), "", "a", "interval", *own)
    rows = [
        (
            r.convention.params,
            r.convention.flops,
            *(getattr(r.convention, role) for role in several),
            "=" if r.convention.own_compute else "",
            f"{r.exponent.value:.3f}",
            ends(r.exponent, ".3g"),
            *(f"{r.exponents[name].value:.3f}" for name in own),
            short(r.params.value, 3),
            ends(r.params, ".3g"),
            short(r.tokens.value, 3),
        )
        for r in refits
    ]
    return rows_of((*head, "N*", "interval", "D*"), rows, f"refits by {route} under each convention")


def _missing(found: "Conventions") -> list[str]:
    text = []
    lacking = sorted((one for one in found.unavailable if one.lacks), key=lambda one: one.lacks)
    for lacks, some in groupby(lacking, lambda one: one.lacks):
        ways = "; or ".join(" and ".join(way) for way in lacks[:2])
        text.append(f"cannot be had: {', '.join(one.what for one in some)}: lacks {ways}")
    return text + [f"cannot be had: {one.what}: {one.why}" for one in found.unavailable if not one.lacks]
