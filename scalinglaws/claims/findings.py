"""findings(runs, curves, positions) and measurements(...): the verdicts, and the numbers they are made from."""

import math

from ..points.points import Points
from ..results.attempt import attempt
from . import (
    allocation,
    batches,
    depth,
    learning_curves,
    overfitting,
    recipe,
    shapes,
    sheets_of_context,
    sheets_of_costs,
    sheets_of_models,
    sheets_of_scale,
    sizes,
    transfer,
)
from .claim import Findings, Measurements, Sheet, Verdict
from .constants import constants
from .evidence import Evidence

PARTS = (sizes, shapes, depth, overfitting, learning_curves, allocation, batches, transfer, recipe)
CLAIMS = tuple(sorted((one for part in PARTS for one in part.CLAIMS), key=lambda one: int(one.id[1:])))
SHEETS = (*sheets_of_scale.SHEETS, *sheets_of_costs.SHEETS, *sheets_of_context.SHEETS, *sheets_of_models.SHEETS)


def findings(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> tuple[Verdict, ...]:
    """Judge the paper's claims S1 to S31 on the tables of a set of families.

    Everything is measured in the tables; no published constant takes part in a test. A claim whose runs are not there
    is "not run", and says which family it needs and how many of its runs are present.

    Args:
        runs, curves, positions: as `scalinglaws study` writes them for a set of families: a row a run, an evaluation, a
            place in the context.
        level, draws, seed: of the intervals.
    """
    return _verdicts(Evidence(runs, curves, positions, level, draws, seed))


def measurements(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Measurements:
    """Measure what the paper measured, as constants and tables; arguments as in `findings`."""
    return _measured(Evidence(runs, curves, positions, level, draws, seed))


def judged(
    runs: Points, curves: Points, positions: Points, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> Findings:
    """Give the verdicts and the measurements together, each fit made once; arguments as in `findings`."""
    evidence = Evidence(runs, curves, positions, level, draws, seed)
    return Findings(_verdicts(evidence), _measured(evidence))


def _verdicts(evidence: Evidence) -> tuple[Verdict, ...]:
    return tuple(one.judge(evidence) for one in CLAIMS)


def _measured(evidence: Evidence) -> Measurements:
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
    return float(value) if math.isfinite(value) else None
