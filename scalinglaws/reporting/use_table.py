"""The table of what each run used: hours, GPU-hours, energy and money."""

from collections.abc import Sequence

from ..records.numbers_in_text import ABSENT, count, number
from ..results.used import UseOfRun
from .table_cells import Cell, ReportTable, without_empty

TITLE = "What each run used"
BY_WATTS = "watts"
COLUMNS = {
    "process_hours": "hours of processes",
    "cpu_hours": "CPU hours",
    "gpu_hours": "GPU-hours",
    "kwh": "kWh",
    "money": "money",
}


def use(uses: Sequence[UseOfRun]) -> ReportTable:
    """Show a row per run, and the sum; what no run used or knows has no column."""
    rows = [(Cell(one.run_id), _count(one.attempts), *(_cell(getattr(one, name)) for name in COLUMNS)) for one in uses]
    if uses:
        sums = (_sum([getattr(one, name) for one in uses]) for name in COLUMNS)
        rows.append((Cell("all"), _count(sum(one.attempts for one in uses)), *map(_cell, sums)))
    by = ", ".join(dict.fromkeys(_by(one.kwh_by) for one in uses if one.kwh_by))
    note = "All processes that were at a run, lost work included." + (f" Energy is {by}." if by else "")
    table = ReportTable("use", TITLE, ("run", "attempts", *COLUMNS.values()), tuple(rows), note)
    return without_empty(table, [COLUMNS[name] for name in ("gpu_hours", "kwh", "money")])


def _by(how: str) -> str:
    return "estimated from the stated watts" if how == BY_WATTS else f"measured by {how}"


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _count(value: int) -> Cell:
    return Cell(count(value), float(value))


def _cell(value: float | None) -> Cell:
    return Cell(number(value, 3), value) if value else Cell(ABSENT)
