"""A fit as text: the law, the points, every constant with its interval where one is known, and how the fit ended."""

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from ..errors import counted
from ..points.letters_said import letters_said
from ..records.numbers_in_text import UNDETERMINED, between, meaningless, short_powers
from ..records.text_blocks import Block, Table

if TYPE_CHECKING:
    from .fit_record import Fit

NOT_IDENTIFIED = "not identified"
MOST_REASONS = 3  # for which rows were left out that are written
Limits = Mapping[str, tuple[float, float]]  # parameter -> (low, high)


def fit_blocks(found: "Fit", limits: Limits | None = None, intervals: str = "") -> list[Block]:
    """Say what was fitted to what, and how well.

    Args:
        limits: the interval of each parameter; `intervals` how they were made, in words.
    """
    ending = f"{found.outcome}: {found.sentence}"
    return [*_head(found), _constants(found, limits), _quality(found), f"{intervals} {ending}" if intervals else ending]


def _head(found: "Fit") -> list[Block]:
    lines: list[Block] = [
        f"{found.law.name}: {found.law.formula}    ({found.law.source})",
        f"{counted(found.n, 'point')} of {found.n_clusters} {_kind(found)}; {letters_said(found.columns)}",
    ]
    return [*lines, *left_out_of(found), *(f"warning: {one.message}" for one in found.first_said)]


def left_out_of(found: "Fit") -> list[str]:
    """Count the rows of the table that were left out, and give the first reasons; nothing where none was."""
    if not found.excluded:
        return []
    reasons, rows = list(found.excluded), counted(sum(found.excluded.values()), "row")
    more = f"; and {len(reasons) - MOST_REASONS} more reasons" if len(reasons) > MOST_REASONS else ""
    return [f"left out: {rows}; {'; '.join(reasons[:MOST_REASONS])}{more}"]


def _kind(found: "Fit") -> str:
    """Name what is resampled."""
    return "lineages" if found.cluster == "lineage" else "runs"


def _constants(found: "Fit", limits: Limits | None) -> Table:
    rows = [(name, *_cells(found, name, limits)) for name in found.values]
    text = "\n".join(
        f"  {name:<10} {value}"
        if value in (NOT_IDENTIFIED, UNDETERMINED)
        else f"  {name:<10} {value:<12} {ends}{_held(found, name)}".rstrip()
        for name, value, ends, _ in rows
    )
    return Table(("constant", "value", "interval", "held or free"), tuple(rows), f"constants of {found.law.name}", text)


def _cells(found: "Fit", name: str, limits: Limits | None) -> tuple[str, str, str]:
    if name in found.unidentified:
        return NOT_IDENTIFIED, "", "free"
    low, high = (None, None) if limits is None else limits[name]
    if not _held(found, name) and meaningless(found.values[name], low, high):
        return UNDETERMINED, "", "free"
    ends = "" if limits is None else short_powers(between(low, high, ".6g"))
    return short_powers(f"{found.values[name]:.6g}"), ends, _held(found, name).strip() or "free"


def _held(found: "Fit", name: str) -> str:
    return " held" if name in found.fixed else f" tied to {found.tied[name]}" if name in found.tied else ""


def _quality(found: "Fit") -> str:
    delta = "" if found.delta == float("inf") else f", delta {found.delta:.3g}"
    r2 = f"R2 {found.r2:.4f}" if isfinite(found.r2) else "no R2 (the target does not vary)"
    return (
        f"{found.loss}{delta}: objective {found.objective:.6g} (a sum); rms of ln residuals {found.rms_log:.3g}; "
        f"{r2}; {found.starts_agreeing:.0%} of starts agree"
    )
