"""measurements(runs, curves, positions): every constant and table of the paper, measured here."""

from ..points.points import Points
from ..records.json_values import finite
from ..results.attempt import attempt
from . import costs_of_losses, models, scale, texts
from .constants import constants
from .family_tables import FamilyTables
from .sheet import Measurements, Sheet

SHEETS = (*scale.SHEETS, *costs_of_losses.SHEETS, *texts.SHEETS, *models.SHEETS)


def measurements(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Measurements:
    """Measure what the paper measured, as constants and tables; arguments as in `findings`."""
    return measured(FamilyTables(runs, curves, positions, level, draws, seed))


def measured(evidence: FamilyTables) -> Measurements:
    """Measure all that the tables allow; what they do not is named with what it needs."""
    missing: list[str] = []

    def made(make) -> Sheet | None:
        name = make.__name__.replace("_", " ")
        return attempt(lambda: _plain(make(evidence)), lambda why: missing.append(f"{name}: {why}"))

    found = tuple(sheet for make in SHEETS if (sheet := made(make)) is not None)
    return Measurements(tuple(constants(evidence)), found, tuple(missing))


def _plain(sheet: Sheet) -> Sheet:
    rows = tuple(tuple(_cell(value) for value in row) for row in sheet.rows)
    return Sheet(sheet.name, sheet.title, sheet.about, sheet.columns, rows)


def _cell(value) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    return finite(value)
