"""The role of each row of the points: in a fit, excluded or held out; and how many runs are present."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..errors import counted
from .fitted import Band, FrontierFound
from .letters import of_a_table

if TYPE_CHECKING:
    from .study_results import StudyResults

MOST_REASONS = 5


def held_out_rows(results: "StudyResults") -> np.ndarray:
    """Mark the rows of the points that belong to held-out runs."""
    ids = [id for one in results.tests for id in one.run_ids]
    if "run_id" not in results.points:
        return np.zeros(len(results.points), dtype=bool)
    return np.isin(results.points["run_id"], list(ids))


def excluded_rows(results: "StudyResults") -> dict[str, np.ndarray]:
    """Map each reason for excluding a point from the fits to its rows; held-out runs are not included."""
    if "excluded_because" not in results.points:
        return {}
    because, held = _grouped(results.points["excluded_because"]), held_out_rows(results)
    return {reason: (because == reason) & ~held for reason in sorted({*because[~held]} - {""})}


def _grouped(because: np.ndarray) -> np.ndarray:
    """Merge reasons that differ only in their numbers, if there are more than a legend can show."""
    return np.array([re.sub(r"\d+", "...", one) for one in because]) if len(set(because)) > MOST_REASONS else because


def fitted_rows(results: "StudyResults", bands: Sequence[Band] = (), *, named: bool = False) -> np.ndarray:
    """Mark the rows to which the given lines were fitted; if that is not recorded, every row that was kept.

    `named`: without any line, mark no row.
    """
    if named and not bands:
        return np.zeros(len(results.points), dtype=bool)
    kept = ~held_out_rows(results)
    for rows in excluded_rows(results).values():
        kept &= ~rows
    numbers = sorted({row for band in bands for row in band.rows})
    if not numbers:
        return kept
    chosen = np.zeros(len(results.points), dtype=bool)
    chosen[numbers] = True
    return chosen & kept


def runs_present(results: "StudyResults") -> str:
    """Say how many of the expected runs are present."""
    if of_a_table(results):
        return f"{counted(len(results.points), 'point')} of {counted(results.runs_present, 'run')}"
    return f"{results.runs_present} of {results.runs_expected} runs present"


def trunks(results: "StudyResults") -> int:
    """Count the runs of a study that only provide states for others: they have no row among the points."""
    return 0 if of_a_table(results) else max(0, results.runs_present - len(results.points))


_HOLLOW = {
    "smallest-is-best": "the smallest size is the best, which is only a bound",
    "largest-is-best": "the largest size is the best, which is only a bound",
}


def why_hollow(found: FrontierFound) -> str:
    """List the reasons why budgets are not used in the exponents of a frontier, with their counts."""
    counted = Counter(reason for reason in found.reasons if reason) or {"no reason is recorded": sum(found.censored)}
    return ", ".join(f"{_HOLLOW.get(reason, reason.replace('-', ' '))} (n = {n})" for reason, n in counted.items())
