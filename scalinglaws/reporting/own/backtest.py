"""How each law did on larger runs than those of its fit: its error, and how many were inside its interval."""

from ...errors import counted
from ...records.numbers_in_text import number, percent
from ...results.study_results import StudyResults
from ..drawing.drawing import INK, SERIES, SYMBOLS, Axis, ChartPanel, Drawing, line, points
from .figure import StudyFigure


def draw(results: StudyResults) -> Drawing:
    """Draw the error of each law, and the share of its intervals that held the measured loss."""
    ranking = results.ranking
    able = ranking.able if ranking else ()
    places = tuple(float(i) for i in range(len(able)))
    ends = (-0.6, len(able) - 0.4)
    axis = Axis("", log=False, limits=ends, ticks=places, words=tuple(one.law for one in able))
    error, inside = [], [line(ends, [100 * ranking.level] * 2, dotted=True, colour=INK)] if ranking else []
    for place, one in enumerate(able):
        look = {"colour": SERIES[place % len(SERIES)], "symbol": SYMBOLS[place % len(SYMBOLS)], "notes": (one.law,)}
        error.append(points([place], [100 * one.score if one.score is not None else float("nan")], **look))
        inside.append(points([place], [100 * one.coverage if one.coverage is not None else float("nan")], **look))
    panels = (
        ChartPanel("(a) error", axis, Axis("mean absolute error of the loss (%)", log=False), tuple(error)),
        ChartPanel(
            "(b) coverage", axis, Axis("runs inside the interval (%)", log=False, limits=(0, 104)), tuple(inside)
        ),
    )
    return Drawing(panels, _caption(results))


def _caption(results: StudyResults) -> str:
    ranking = results.ranking
    if ranking is None:
        return "No law was tested on larger runs."
    ends = (min(ranking.cuts), max(ranking.cuts)) if ranking.cuts else ()
    cuts = " to ".join(dict.fromkeys(number(one) for one in ends))
    alike = f" Not distinguished from the best: {', '.join(ranking.undecided)}." if ranking.undecided else ""
    return (
        f"Laws fitted below {counted(len(ranking.cuts), 'compute')} ({cuts} FLOPs) and tested on the "
        f"{ranking.held_runs:,} larger runs: mean absolute error (a) and the runs inside the {percent(ranking.level)} "
        f"interval (b), whose dotted line is the nominal share.{alike}"
    )


FIGURE = StudyFigure(
    "backtest",
    "The laws tested on larger runs",
    draw,
    lambda results: results.ranking is not None and bool(results.ranking.able),
    "no law that was tested on larger runs",
)
