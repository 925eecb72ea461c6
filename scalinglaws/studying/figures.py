"""figure(9, of): a figure of Kaplan et al. 2020, drawn from the runs of a study, of a set of families or of a table."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..points.points import Points
from ..records.arguments import checked
from ..reporting.drawing.drawn_figure import DrawnFigure
from ..reporting.paper.experiment import Experiment
from ..reporting.paper.figure import drawn
from ..reporting.paper.shelf import PAPER_FIGURES, paper_figure
from .experiment import experiment, experiment_of_points


@checked
def figure(
    number: int,
    of: str | Path | Points | Sequence[str | Path],
    *,
    level: float = 0.95,
    draws: int = 1000,
    seed: int = 0,
) -> DrawnFigure:
    """Draw a figure of Kaplan et al. 2020 from measured runs alone; a notebook shows it, and `save` writes it.

    If runs are missing, it has no panels, and its caption says what it needs and which command trains it.

    Args:
        number: 1 to 24, as in the paper.
        of: a folder with points.csv, curves.csv and positions.csv, as a set of families writes them; the folder of one
            study; those three tables in a list; or points.
        level, draws, seed: of the intervals.

    Raises:
        MisuseError: the paper has no such figure. PointsError: there is no table of runs.
    """
    asked = paper_figure(number)
    how: dict[str, Any] = {"level": level, "draws": draws, "seed": seed}
    found = experiment_of_points(of, **how) if isinstance(of, Points) else experiment(of, **how)
    return DrawnFigure(asked.name, f"Figure {asked.number}: {asked.title}", drawn(asked, found))


def figures(found: Experiment) -> tuple[DrawnFigure, ...]:
    """Draw all of them from one experiment."""
    return tuple(DrawnFigure(one.name, f"Figure {one.number}: {one.title}", drawn(one, found)) for one in PAPER_FIGURES)
