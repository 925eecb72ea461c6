"""The page of a study or of a set of families, drawn again from its results or from the folder that keeps them."""

from pathlib import Path

from ..errors import StudyError
from ..reporting.families_page import families_page
from ..reporting.report import report
from ..results.study_results import StudyResults
from .beside_results import for_page
from .experiment import experiment
from .results_given import RESULTS, kept_results

TABLES = "points.csv"  # of a set of families, in its folder


def page_of_study(of: str | Path | StudyResults, to: str | Path | None = None, *, pdf: bool = False) -> Path:
    """Write the page of a study or of a set of families, by default in the folder `report` of its own.

    With `pdf` the figures are also written as PDF.

    Returns:
        the path of index.html.

    Raises:
        StudyError: the folder has no results.
    """
    if isinstance(of, StudyResults):
        return report(for_page(of), Path(to or f"{of.name}-report"), pdf=pdf)
    kept = kept_results(of)
    if kept is None and (Path(of) / TABLES).is_file():
        return families_page(experiment(of), Path(to or Path(of) / "report"), pdf=pdf)
    if kept is None:
        raise StudyError(
            f"{of} has no {RESULTS} of a study and no {TABLES} of a set of families: name such a folder, or pass "
            "points (see scalinglaws.read)."
        )
    return report(for_page(kept, of), Path(to or Path(of) / "report"), pdf=pdf)
