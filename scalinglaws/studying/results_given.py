"""The results of a study or of a table, however they are given: as a record, a folder, a file or points."""

from pathlib import Path

from ..errors import StudyError
from ..points.points import Points
from ..records.json_values import from_plain, read_json
from ..results.study_results import StudyResults
from .read import read
from .table_study import Wanted, appraise

RESULTS = "results.json"  # the results of a study, in its folder


def kept_results(folder: str | Path) -> StudyResults | None:
    """Read the results that a study left in its folder; None if there are none."""
    kept = Path(folder) / RESULTS
    return from_plain(StudyResults, read_json(kept), str(kept), StudyError) if kept.is_file() else None


def results_given(
    of: str | Path | Points | StudyResults, *, level: float = 0.95, draws: int = 1000, seed: int = 0
) -> StudyResults:
    """Give the results of a study: those that its folder keeps, or those of a table, which is fitted.

    Raises:
        PointsError: there is no table of runs. FitError: no law can be fitted to it.
    """
    if isinstance(of, StudyResults):
        return of
    if isinstance(of, str | Path) and Path(of).is_dir() and (kept := kept_results(of)):
        return kept
    points = read(of)
    name = Path(of).name if isinstance(of, str | Path) else Path(points.source).name
    return appraise(points, Wanted(level=level, draws=draws, seed=seed), name=name, notes=points.notes)
