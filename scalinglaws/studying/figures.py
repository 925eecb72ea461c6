"""figure(9, of) and figure("joint", of): figures of the paper and of a study, drawn from runs of any source."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..errors import MisuseError
from ..points.points import Points
from ..predicting.ledger import ledger
from ..records.arguments import checked
from ..reporting.drawing.drawing import Drawing
from ..reporting.drawing.drawn_figure import DrawnFigure
from ..reporting.own.figure import drawn as drawn_of_study
from ..reporting.own.ledger import FIGURE as LEDGER
from ..reporting.own.ledger import drawing_of
from ..reporting.own.profiles import FIGURE as PROFILES
from ..reporting.own.shelf import study_figure
from ..reporting.paper.experiment import Experiment
from ..reporting.paper.figure import drawn
from ..reporting.paper.shelf import PAPER_FIGURES, paper_figure
from ..results.study_results import StudyResults
from .beside_results import with_ledger, with_profiles, written
from .experiment import experiment, experiment_of_points
from .results_given import kept_results, results_given


@checked
def figure(
    number: int | str,
    of: str | Path | Points | StudyResults | Sequence[str | Path],
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> DrawnFigure:
    """Draw a figure from measured runs alone; a notebook shows it, and `save` writes it.

    If runs are missing, it has no panels, and its caption says what it needs and which command trains it.

    Args:
        number: 1 to 24, a figure of Kaplan et al. 2020; or the name of a study's figure, such as "joint".
        of: a folder with points.csv, curves.csv and positions.csv, as a set of families writes them; the folder of one
            study, or its results; those three tables in a list; the file of a table; or points. Of "ledger" also the
            file of a ledger.
        level, draws, seed: of the intervals.

    Raises:
        MisuseError: there is no such figure. PointsError: there is no table of runs.
    """
    how: dict[str, Any] = {"level": level, "draws": draws, "seed": seed}
    if isinstance(number, str):
        return _of_study(number, of, how)
    if isinstance(of, StudyResults):
        of = of.points
    asked = paper_figure(number)
    found = experiment_of_points(of, **how) if isinstance(of, Points) else experiment(of, **how)
    return DrawnFigure(asked.name, f"Figure {asked.number}: {asked.title}", drawn(asked, found))


def _of_study(name: str, of, how: dict[str, Any]) -> DrawnFigure:
    asked = study_figure(name)
    if isinstance(of, list | tuple):
        raise MisuseError(f"figure({name!r}, ...) is of one study or one table; {len(of)} files are given.")
    if name == LEDGER.name and isinstance(of, str | Path) and (Path(of).is_file() or not kept_results(of)):
        return DrawnFigure(name, asked.title, drawing_of(written(ledger(of).entries)))
    results = results_given(of, **how)
    if name == PROFILES.name:
        results = with_profiles(results)
    elif name == LEDGER.name and isinstance(of, str | Path):
        results = with_ledger(results, of)
    if not asked.applies(results):
        return DrawnFigure(name, asked.title, Drawing((), f"Not drawn: {results.name} has {asked.lacks}."))
    return drawn_of_study(asked, results)


def figures(found: Experiment) -> tuple[DrawnFigure, ...]:
    """Draw all of the paper's from one experiment."""
    return tuple(DrawnFigure(one.name, f"Figure {one.number}: {one.title}", drawn(one, found)) for one in PAPER_FIGURES)
