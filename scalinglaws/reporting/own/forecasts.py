"""The forecast loss of the best split of each compute with its interval, over the measured runs and the tests of it."""

import numpy as np

from ...records.numbers_in_text import number, percent, typeset
from ...results.fitted import Band
from ...results.letters import loss_of, size_of, tokens_of
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import runs_shown
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, Mark, fitted, points, scale_of
from .figure import STAR, StudyFigure, plans_up_to, rows_of_fits

BEYOND = 100.0  # times the largest fitted compute, up to which the line goes
LEAST = 3


def draw(results: StudyResults) -> Drawing:
    """Draw the loss that is forecast at each compute, the runs, and forecasts of held-out runs beside their losses."""
    plans = plans_up_to(results, BEYOND)
    largest = plans[0].flops / plans[0].reach
    flops, losses = tuple(one.flops for one in plans), [one.loss_nats for one in plans]
    low, high = (tuple(getattr(one, end) for one in losses) for end in ("low", "high"))
    drawn = Band(
        "flops_6nd", flops, tuple(one.value for one in losses), low, high, plans[0].law, "",
        (min(flops), largest), level=losses[0].level, covers="new run",
    )  # fmt: skip
    rows = rows_of_fits(results)
    marks = [*fitted(drawn, label="forecast at the best split of the compute"), *_runs(results, rows), *_tests(results)]
    told = (
        f"Loss of one new run of the best size at each compute, by {plans[0].law}, with its {percent(drawn.level)} "
        f"interval: solid up to the largest fitted compute, {number(largest)} FLOPs, dashed beyond. Points are the "
        f"runs of the fit, which lie above the line where their size is not the best. {_of_tests(results)}"
        f"{runs_shown(results)}"
    )
    axes = Axis("training compute C = 6ND (FLOPs)", pf_days=True), Axis(label_of(loss_of(results)))
    scale = scale_of(results.points[size_of(results)][rows], label_of(size_of(results))) if rows.any() else None
    return Drawing((ChartPanel("", *axes, tuple(mark for mark in marks if mark.x)),), told, scale)


def _runs(results: StudyResults, rows: np.ndarray) -> list[Mark]:
    if not rows.any():
        return []
    size, tokens, loss = (
        results.points[name][rows] for name in (size_of(results), tokens_of(results), loss_of(results))
    )
    names = tuple(results.points.clusters()[rows].tolist())
    label = f"runs of the fit (n = {int(rows.sum())})"
    return [points(6 * size * tokens, loss, size=tuple(size.tolist()), label=label, notes=names)]


def _tests(results: StudyResults) -> list[Mark]:
    marks = []
    for one in results.tests:
        at, said = 6 * one.params_nonembedding * one.tokens, one.predicted
        label = "forecast of a held-out run, with its interval"
        marks.append(points([at], [said.value], low=[said.low], high=[said.high], symbol="s", colour=STAR, label=label))
        if one.measured_mean is not None:
            marks.append(points([at], [one.measured_mean], symbol="*", colour=INK, label="what was measured there"))
    return marks


def _of_tests(results: StudyResults) -> str:
    said = [
        f"Held out at {number(6 * one.params_nonembedding * one.tokens)} FLOPs: forecast {typeset(one.predicted)}, "
        f"measured {number(one.measured_mean, 4)}. "
        for one in results.tests
        if one.measured_mean is not None
    ]
    return "".join(said)


FIGURE = StudyFigure(
    "forecasts",
    "The forecast loss against compute",
    draw,
    lambda results: len(plans_up_to(results, BEYOND)) >= LEAST,
    "no forecast over several computes",
)
