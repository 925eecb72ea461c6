"""The residuals of the main law over size and tokens: where the law is too high, and where too low."""

import numpy as np

from ...errors import counted
from ...results.letters import size_of, tokens_of
from ...results.rows_in_fits import fitted_rows
from ...results.sentences import main_fit
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import runs_shown
from ..drawing.drawing import Axis, ChartPanel, Drawing, points
from .figure import StudyFigure
from .residuals import has_residuals

STEPS = (0.5, 1.0, 2.0)  # in root mean squares of the residuals
ABOVE = ("#fdbb84", "#e34a33", "#7f0000")  # from the lightest to the darkest, as ColorBrewer's OrRd and Blues
BELOW = ("#9ecae1", "#3182bd", "#08306b")
NEAR = "#8b929c"


def _rows(results: StudyResults) -> np.ndarray:
    table = results.points
    if not has_residuals(results) or not {size_of(results), tokens_of(results)} <= set(table.columns):
        return np.zeros(len(table), dtype=bool)
    good = np.isfinite(table["residual_log"]) & (table[size_of(results)] > 0) & (table[tokens_of(results)] > 0)
    return good & fitted_rows(results)


def draw(results: StudyResults) -> Drawing:
    """Draw a point per fitted row at its size and tokens, by the sign and the size of its residual."""
    rows, table = _rows(results), results.points
    percent = 100 * table["residual_log"][rows]
    size, tokens, names = (x[rows] for x in (table[size_of(results)], table[tokens_of(results)], table.clusters()))
    typical = float(np.sqrt(np.mean(percent**2))) or 1.0
    level = np.digitize(np.abs(percent) / typical, STEPS)
    marks = []
    for sign, colours, symbol, words in ((1, ABOVE, "^", "above"), (-1, BELOW, "v", "below")):
        for step in range(1, len(STEPS) + 1):
            some = (level == step) & (np.sign(percent) == sign)
            label = f"{words} the law by {STEPS[step - 1] * typical:.2g}% or more (n = {int(some.sum())})"
            marks.append(_marks(size, tokens, percent, names, some, label, colours[step - 1], symbol))
    near = level == 0
    label = f"within {STEPS[0] * typical:.2g}% (n = {int(near.sum())})"
    marks.append(_marks(size, tokens, percent, names, near, label, NEAR, "o"))
    fit = main_fit(results)
    told = (
        f"Residuals of {fit.law if fit else 'the main law'} over size and tokens, {counted(int(rows.sum()), 'point')}; "
        f"their root mean square is {typical:.2g}% of the loss. Where signs stand together, the form of the "
        f"law misses. {runs_shown(results)}"
    )
    axes = Axis(label_of(size_of(results))), Axis(label_of(tokens_of(results)))
    return Drawing((ChartPanel("", *axes, tuple(mark for mark in marks if mark.x)),), told)


def _marks(size, tokens, percent, names, rows, label: str, colour: str, symbol: str):
    notes = tuple(f"{name}: {value:+.2f}%" for name, value in zip(names[rows], percent[rows], strict=True))
    return points(size[rows], tokens[rows], label=label, colour=colour, symbol=symbol, notes=notes)


FIGURE = StudyFigure(
    "residual-map", "Residuals over size and tokens", draw, lambda results: bool(_rows(results).any()), "no fitted law"
)
