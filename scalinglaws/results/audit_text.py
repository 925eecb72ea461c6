"""An audit as text: what failed, in full; what is undecided, what passed, what was not run; the waterfall."""

from typing import TYPE_CHECKING

from ..errors import counted
from ..records.numbers_in_text import ends
from ..records.text_blocks import Block, rows_of
from .outcome import NOT_RUN, PASSED, UNDECIDED

if TYPE_CHECKING:
    from .audited import Audit, Finding, WaterfallStep


def audit_blocks(found: "Audit") -> list[Block]:
    """Write what failed, in full; then what is undecided, what passed and what was not run; then the waterfall."""
    failed = sorted(found.having("failed"), key=lambda f: ("error", "warning", "info").index(f.severity))
    counts = ", ".join(
        f"{many} info" if severity == "info" else counted(many, severity)
        for severity in ("error", "warning", "info")
        for many in [sum(f.severity == severity for f in failed)]
    )
    others = {outcome: found.having(outcome) for outcome in (UNDECIDED, PASSED, NOT_RUN)}
    counted_others = ", ".join(f"{len(those)} {outcome}" for outcome, those in others.items())
    parts = [f"{len(found.findings)} rules: {len(failed)} failed ({counts}), {counted_others}"]
    parts += [_failed(finding) for finding in failed]
    parts += [line for outcome, those in others.items() for line in _listed(outcome, those)]
    return [*parts, *_waterfall(found.waterfall)]


def _failed(f: "Finding") -> str:
    told = [f"found: {f.found}", f"prevents: {f.prevents}", f"elsewhere: {f.size} ({f.source})", f"do: {f.do}"]
    return "\n".join([f"\n{f.id} {f.severity.upper()}: {f.statement}", *(f"    {line}" for line in told)])


def _listed(heading: str, findings: "tuple[Finding, ...]") -> list[str]:
    return [f"\n{heading}:", *(f"  {f.id:<4}{f.found}" for f in findings)] if findings else []


def _waterfall(steps: "tuple[WaterfallStep, ...]") -> list[Block]:
    if not steps:
        return []
    rows = [
        (
            s.name,
            "-" if s.exponent is None else f"{s.exponent.value:.3f}",
            _ends(s),
            _moved(s),
            s.rows or "-",
            s.how,
        )
        for s in steps
    ]
    head = ("step", "a", "interval", "moved", "rows", "how")
    title = "from Kaplan's exponent to Hoffmann's, N_opt ~ C^a"
    return [f"\n{title}:", rows_of(head, rows, title)]


def _ends(step: "WaterfallStep") -> str:
    return ends(step.exponent, ".3g") if step.exponent is not None else "-"


def _moved(step: "WaterfallStep") -> str:
    return "-" if step.moved is None else f"{step.moved:+.3f}"
