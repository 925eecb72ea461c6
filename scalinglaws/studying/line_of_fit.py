"""The record from which the figure of one fit is drawn: its points, and its line with an interval."""

from ..errors import MisuseError
from ..points.points import Points
from ..results.study_results import StudyResults
from ..uncertainty.drawn import Draws
from .laws_asked import LawAsked, panel_of, rows_kept
from .laws_shown import bands
from .table_study import counted


def results_of(drawn: Draws, points: Points, level: float) -> StudyResults:
    """Make a record of one fit alone, as input for a figure of the report.

    Raises:
        MisuseError: there is no figure for a law of these inputs.
    """
    found = drawn.fit
    panel, along = panel_of(found.law)
    if not panel or found.law.predicts != "loss":
        raise MisuseError(
            f"there is no figure for law {found.law.name!r}, which gives {found.law.predicts} from "
            f"{', '.join(found.law.inputs)}; there are figures for the loss as a function of N, D, C, or N and D."
        )
    columns = {letter: name for letter, name in found.columns.items() if letter in ("N", "D", "C", "L")}
    points, shown, _ = counted(points, (found.law,), columns)
    asked = LawAsked(found.law, points, found.columns, panel, tuple(map(int, rows_kept(points))), along)
    runs = found.n_clusters
    return StudyResults(
        name=points.source,
        settings={},
        corpus={},
        machine={},
        versions={},
        runs_expected=runs,
        runs_present=runs,
        points=points,
        curves=(),
        fits=(),
        bands={panel: tuple(bands(asked, drawn, level))},
        frontier=None,
        seed_spread=None,
        held_out=None,
        plans=(),
        commands=(),
        wall_seconds=0.0,
        train_seconds=0.0,
        counts=shown,
        law=found.law.name,
        of="table",
    )
