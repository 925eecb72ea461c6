"""The residuals of the main law, against size and against tokens."""

from typing import Any

import numpy as np

from ...results.letters import loss_of, size_of
from ...results.rows_in_fits import fitted_rows, held_out_rows
from ...results.sentences import main_fit
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import runs_shown
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, Mark, line, points
from .figure import STAR, StudyFigure, empty_panel, sizes

PANELS = (("N", "(a) against size"), ("D", "(b) against tokens"))


def draw(results: StudyResults) -> Drawing:
    """Draw the points' `residual_log` in percent of the loss; a trend along either axis shows a misfit of the law."""
    panels = tuple(_panel(results, results.counts[letter], title) for letter, title in PANELS)
    return Drawing(panels, _caption(results), sizes(results), same_y=True)


def has_residuals(results: StudyResults) -> bool:
    """Say whether the record has residuals to draw."""
    return "residual_log" in results.points and bool(np.isfinite(results.points["residual_log"]).any())


def _panel(results: StudyResults, quantity: str, title: str) -> ChartPanel:
    marks: list[Mark] = []
    if has_residuals(results) and quantity in results.points:
        rows = np.isfinite(results.points["residual_log"]) & (results.points[quantity] > 0)
        parts = ((fitted_rows(results), "in the fit"), (held_out_rows(results), "held out"))
        marks = [_part(results, quantity, rows & kept, words) for kept, words in parts if (rows & kept).any()]
        at = [x for mark in marks for x in mark.x]
        marks += [line([min(at), max(at)], [0, 0], thin=True, colour=INK)] if at else []
    axes = Axis(label_of(quantity)), Axis("ln(measured / fitted loss) (%)", log=False)
    return empty_panel(ChartPanel(title, *axes, tuple(marks)), results, "no residuals yet")


def _part(results: StudyResults, quantity: str, rows: np.ndarray, words: str) -> Mark:
    table = results.points
    percent = 100 * table["residual_log"][rows]
    look: dict[str, Any] = {"label": f"{words} (n = {int(rows.sum())})"}
    if "loss_nats_sem" in table and loss_of(results) == "loss_nats":
        error = 100 * table["loss_nats_sem"][rows] / table["loss_nats"][rows]
        look |= {"low": percent - error, "high": percent + error}
    if words == "held out":
        look |= {"colour": STAR, "symbol": "*"}
    elif size_of(results) in table:
        look |= {"size": tuple(table[size_of(results)][rows].tolist())}
    names = tuple(table["run_id"][rows].tolist()) if "run_id" in table else ()
    return points(table[quantity][rows], percent, notes=names, **look)


def _caption(results: StudyResults) -> str:
    fit = main_fit(results)
    bars = "; bars: standard error of the finite test set" if "loss_nats_sem" in results.points else ""
    left = f", rms {100 * fit.rms_log:.2f}%" if fit else ""
    return (
        f"Residuals of {fit.law if fit else 'the main law'} against model size (a) and tokens (b){left}"
        f"{bars}. {runs_shown(results)}"
    )


FIGURE = StudyFigure("residuals", "Residuals of the law", draw, has_residuals, "no fitted law")
