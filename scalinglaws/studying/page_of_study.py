"""The page of a study, drawn again from its results or from the folder that keeps them."""

from pathlib import Path

from ..errors import StudyError
from ..records.json_values import from_plain, read_json
from ..reporting.report import report
from ..results.study_results import StudyResults

RESULTS = "results.json"  # the results of a study, in its folder


def page_of_study(of: str | Path | StudyResults, to: str | Path | None = None) -> Path:
    """Write the page of a study, by default in the folder `report` of its own, and give the path of index.html.

    Raises:
        StudyError: the folder has no results.
    """
    if isinstance(of, StudyResults):
        return report(of, Path(to or f"{of.name}-report"))
    kept = Path(of) / RESULTS
    if not kept.is_file():
        raise StudyError(f"{of} has no {RESULTS}: name a study's folder, or pass points (see scalinglaws.read).")
    return report(from_plain(StudyResults, read_json(kept), str(kept)), Path(to or Path(of) / "report"))
