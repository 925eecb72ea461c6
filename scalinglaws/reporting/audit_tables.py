"""The tables of the audit: the rules, failures first, and the corrections from Kaplan's exponent to Hoffmann's."""

from ..errors import counted
from ..records.numbers_in_text import ABSENT, count, powers, signed
from ..results.audited import Audit, Finding, WaterfallStep
from ..results.outcome import NOT_RUN, PASSED, UNDECIDED
from .table_cells import Cell, ReportTable, estimated

ORDER = ("error", "warning", "info")


def findings(audit: Audit | None) -> ReportTable:
    """Show every rule: those that failed, the most severe first, then those undecided, passed and not run."""
    columns = ("rule", "outcome", "severity", "statement", "found", "consequence measured elsewhere", "what to do")
    name, title = "audit", "The audit"
    if audit is None:
        return ReportTable(name, title, columns, ())
    failed = sorted(audit.having("failed"), key=lambda finding: ORDER.index(finding.severity))
    others = {outcome: audit.having(outcome) for outcome in (UNDECIDED, PASSED, NOT_RUN)}
    shown = (*failed, *(finding for those in others.values() for finding in those))
    counts = ", ".join(f"{len(those)} {outcome}" for outcome, those in others.items())
    note = f"{len(audit.findings)} rules of a trustworthy study: {_counted(failed)}, {counts}."
    return ReportTable(name, title, columns, tuple(_row(finding) for finding in shown), note)


def _row(finding: Finding) -> tuple[Cell, ...]:
    failed = finding.outcome == "failed"
    elsewhere = f"{finding.prevents}: {finding.size} ({finding.source})"
    return (
        Cell(finding.id),
        Cell(finding.outcome),
        Cell(finding.severity if failed else ABSENT),
        Cell(powers(finding.statement)),
        Cell(powers(finding.found)),
        Cell(elsewhere if failed else ABSENT),
        Cell(finding.do if failed else ABSENT),
    )


def _counted(failed: list[Finding]) -> str:
    if not failed:
        return "none failed"
    many = {severity: sum(f.severity == severity for f in failed) for severity in ORDER}
    parts = [f"{n} info" if severity == "info" else counted(n, severity) for severity, n in many.items() if n]
    return f"{len(failed)} failed ({', '.join(parts)})"


def audit_warning(audit: Audit | None) -> list[str]:
    """List the errors of the audit, for the top of the page."""
    errors = audit.having("failed", "error") if audit else ()
    if not errors:
        return []
    many = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    return [f"The audit found {many}: {', '.join(finding.id for finding in errors)}. See the table of the audit."]


def waterfall(audit: Audit | None) -> ReportTable:
    """Show how every correction changes the exponent a of N_opt ~ C^a."""
    rows = tuple(_step(step) for step in (audit.waterfall if audit else ()))
    return ReportTable(
        "waterfall",
        "From Kaplan's exponent to Hoffmann's",
        ("correction (cumulative)", "a of N_opt ~ C^a [interval]", "change", "rows", "how"),
        rows,
        "The corrections that separate the two papers (Porian et al. 2024), as far as these runs allow.",
    )


def _step(step: WaterfallStep) -> tuple[Cell, ...]:
    moved = Cell(ABSENT) if step.moved is None else Cell(signed(step.moved, 3), step.moved)
    a = Cell(ABSENT) if step.exponent is None else estimated(step.exponent)
    rows = Cell(count(step.rows), step.rows) if step.exponent is not None else Cell(ABSENT)
    return (Cell(step.name), a, moved, rows, Cell(step.how))
