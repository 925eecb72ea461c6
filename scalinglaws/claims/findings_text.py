"""The verdicts as text: the outcomes counted, then every claim with what was measured."""

from typing import TYPE_CHECKING

from ..records.text_blocks import Block

if TYPE_CHECKING:
    from .claim import Findings


def findings_blocks(found: "Findings") -> list[Block]:
    """Count the outcomes; the eight findings; then every claim with what was measured and what decided it."""
    parts: list[Block] = [found.summary]
    if found.eight:
        lines = [f"  {one.number}. {one.outcome.upper()}: {one.says} ({one.why})" for one in found.eight]
        parts.append("\n".join(["\nThe eight findings of the paper:", *lines]))
    for v in found.verdicts:
        lines = [f"    measured: {v.measured}"] * bool(v.measured) + [f"    why: {v.why}"]
        parts.append("\n".join([f"\n{v.id} {v.outcome.upper()}: {v.claim}", *lines]))
    return parts
