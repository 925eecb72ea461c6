"""One figure of a study: when it applies, how its drawing is made, and the marks that several of them share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Any

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import percent, stated
from ...results.attempt import attempt
from ...results.fitted import Band, LearningCurve
from ...results.letters import loss_of, of_a_table, size_of, tokens_of
from ...results.rows_in_fits import excluded_rows, fitted_rows, held_out_rows, runs_present
from ...results.study_results import Recommendation, StudyResults
from ..axes import label_of
from ..drawing.drawing import INK, SYMBOLS, ChartPanel, Drawing, Mark, Scale, fitted, line, points, scale_of
from ..drawing.drawn_figure import DrawnFigure
from ..drawing.limits import leaves

STAR = "#d6246e"
FRONTIER = "#0f766e"
CUT = "Where an interval leaves its panel it is cut."


@dataclass(frozen=True)
class StudyFigure:
    """A figure of a study: `draw(results)` makes the drawing with its caption, if `applies(results)`.

    `lacks` says what the results do not have where it does not apply.
    """

    name: str
    title: str
    draw: Callable[[StudyResults], Drawing]
    applies: Callable[[StudyResults], bool] = lambda results: True
    lacks: str = "no such runs"


def plans_up_to(results: StudyResults, times: float) -> list[Recommendation]:
    """Give the plans of the page's budgets up to some times the largest fitted compute."""
    plans = results.budgets.plans if results.budgets else ()
    return [one for one in plans if one.reach <= times]


def rows_of_fits(results: StudyResults) -> np.ndarray:
    """Mark the rows of the fits that have a size, tokens and a loss; held-out runs are not among them."""
    names = size_of(results), tokens_of(results), loss_of(results)
    if not set(names) <= set(results.points.columns):
        return np.zeros(len(results.points), dtype=bool)
    good = [np.isfinite(results.points[name]) & (results.points[name] > 0) for name in names]
    return fitted_rows(results) & np.logical_and.reduce(good)


def drawn(figure: StudyFigure, results: StudyResults) -> DrawnFigure:
    """Draw a figure; one that fails has no panels, and its caption says why."""

    def made() -> Drawing:
        found = figure.draw(results)
        missing = results.runs_present < results.runs_expected
        note = runs_present(results) if missing else ""
        cut = any(leaves(found, panel) for panel in found.panels)
        return replace(found, note=note, caption=f"{found.caption} {CUT}" if cut else found.caption)

    failed = attempt(made, lambda why: Drawing((), f"This figure could not be drawn: {why}"))
    return DrawnFigure(figure.name, figure.title, failed)


def sizes(results: StudyResults) -> Scale | None:
    """Make the scale of colours of model sizes; None where sizes are unknown, or there is one alone."""
    found = [curve.params_nonembedding for curve in results.curves]
    if size_of(results) in results.points:
        found += results.points[size_of(results)].tolist()
    return scale_of(found, label_of(size_of(results)))


def by_role(results: StudyResults, x: str, y: str, rows: np.ndarray, *, counts: bool = True) -> list[Mark]:
    """Make the marks of every point with positive x and y: filled in the fit, hollow excluded, a star held out.

    Args:
        rows: those that the panel's line was fitted to.
        counts: whether a label has the number of its points.
    """
    if x not in results.points or y not in results.points or not len(results.points):
        return []
    seen = _positive(results.points[x]) & _positive(results.points[y])
    held, excluded = held_out_rows(results), excluded_rows(results)
    others = seen & ~rows & ~held & ~np.any([*excluded.values(), np.zeros_like(rows)], axis=0)
    excluded = {reason: left & seen & ~rows for reason, left in excluded.items()}
    fit = "this fit" if counts else "this panel's fit"
    marks = [
        _points(results, x, y, others, f"not used by {fit}", counts, thin=True),
        _points(results, x, y, seen & rows, "in the fit", counts),
        *(
            _points(results, x, y, left, f"excluded: {reason}", True, hollow=True, symbol=symbol)
            for symbol, (reason, left) in zip(cycle(SYMBOLS), excluded.items(), strict=False)
        ),
        _points(results, x, y, held & seen, "held out, not in any fit", True, symbol="*", colour=STAR),
    ]
    return [mark for mark in marks if mark.x]


def _points(results: StudyResults, x: str, y: str, rows, words: str, counts: bool, **look: Any) -> Mark:
    table = results.points
    names = tuple(table["run_id"][rows].tolist()) if "run_id" in table else ()
    if size_of(results) in table and "colour" not in look and not look.get("hollow"):
        look["size"] = tuple(table[size_of(results)][rows].tolist())
    label = f"{words} (n = {int(rows.sum())})" if counts else words
    return points(table[x][rows], table[y][rows], label=label, notes=names, **look)


def curve_marks(curves: Sequence[LearningCurve], x_of: Callable[[LearningCurve], Sequence[float]]) -> list[Mark]:
    """Make thin lines of learning curves in the colours of their sizes; `x_of` gives the values of x of one."""
    label, marks = f"learning curves (n = {counted(len(curves), 'run')})", []
    for curve in sorted(curves, key=lambda c: -c.params_nonembedding):
        x, y = np.array(x_of(curve), dtype=float), np.array(curve.loss_nats, dtype=float)
        good = _positive(x) & _positive(y)
        notes = (curve.run_id,) * int(good.sum())
        size = float(curve.params_nonembedding)
        marks.append(line(x[good], y[good], thin=True, size=size, label=label, notes=notes))
    return [mark for mark in marks if mark.x]


def floor_marks(results: StudyResults, marks: Sequence[Mark]) -> list[Mark]:
    """Make the dotted line of the exact entropy of a synthetic source over the range of other marks."""
    floor, at = results.true_floor_nats, [x for mark in marks for x in mark.x]
    if floor is None or not at:
        return []
    return [line([min(at), max(at)], [floor, floor], dotted=True, label=f"true floor {stated(floor, 5)} nats")]


def band_marks(bands: Sequence[Band], colours: Sequence[str] = (INK,), *, label: str | None = None) -> list[Mark]:
    """Make fitted lines with their intervals: each in its own colour, or in that of its size."""
    found = []
    for band, colour in zip(bands, cycle(colours), strict=False):
        words = band.text if label is None else label
        found += fitted(band, label=words, size=band.colour_value, colour=colour)
    return found


def about_bands(bands: Sequence[Band]) -> str:
    """Say what bands and dashes are: the level of the intervals, and whether they are of a line or of a new run."""
    of = {"mean": "of the line", "new run": "for a new run"}
    shown = [band for band in bands if any(end is not None for end in (*band.low, *band.high))]
    told = dict.fromkeys(f"{percent(band.level)} interval {of.get(band.covers, band.covers)}" for band in shown)
    beyond = any(min(b.x) < b.fitted_to[0] * 0.999 or max(b.x) > b.fitted_to[1] * 1.001 for b in bands if b.x)
    said = [f"A band is the {' or the '.join(told)}."] if told else []
    said += ["Dashed: extrapolated."] if beyond else []
    return " ".join(said)


def nothing_yet(results: StudyResults, what: str) -> str:
    """Say in an empty panel what is missing and how many runs there are."""
    return f"{runs_present(results)}: {what.removesuffix(' yet') if of_a_table(results) else what}"


def no_fit(results: StudyResults, law: str) -> str:
    """Say that a law has no line, and whether missing runs are why."""
    whole = results.runs_present >= results.runs_expected
    return f"no {law} fit: " + ("the notes say why" if whole else runs_present(results))


def empty_panel(panel: ChartPanel, results: StudyResults, what: str) -> ChartPanel:
    """Empty a panel that has no marks, and say in it what is missing."""
    if any(mark.x for mark in panel.marks):
        return panel
    return replace(panel, marks=(), missing=nothing_yet(results, what))


def _positive(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) & (values > 0)
