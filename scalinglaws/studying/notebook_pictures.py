"""The picture of each record in a notebook: a fit over its points, a plan, laws compared, a forecast, a study."""

from collections.abc import Callable
from itertools import cycle

import numpy as np

from ..comparing.comparison import Comparison
from ..errors import ScalingLawsError
from ..planning.planned import Plan
from ..predicting.forecast import Forecast
from ..predicting.predict import Prediction
from ..records.numbers_in_text import number, percent, typeset
from ..reporting.axes import label_of
from ..reporting.drawing.drawing import SERIES, SYMBOLS, Axis, ChartPanel, Drawing, band, line, points
from ..reporting.drawing.drawn_figure import DrawnFigure
from ..reporting.figure_of_fit import figure_of_fit
from ..reporting.in_notebook import in_notebook
from ..reporting.own.figure import STAR, drawn
from ..reporting.own.shelf import STUDY_FIGURES
from ..results.letters import unit_of_loss
from ..results.study_results import StudyResults
from .drawn_fit import DrawnFit
from .line_of_fit import results_of

STEPS = 60  # of a line
OF_A_STUDY = ("joint", "laws", "curves")  # the first that applies


def picture(record: object) -> str:
    """Draw a record as an SVG element; empty where it has no figure, or where its figure cannot be drawn."""
    make = next((made for kind, made in PICTURES.items() if isinstance(record, kind)), None)
    if make is None:
        return ""
    try:
        figure = make(record)
    except ScalingLawsError:  # a law without a figure, or a fit without draws: its text says so
        return ""
    return in_notebook(figure) if figure is not None else ""


def _of_fit(found: DrawnFit) -> DrawnFigure:
    return figure_of_fit(results_of(found.draws, found.points, found.level))


def _of_study(results: StudyResults) -> DrawnFigure | None:
    named = {one.name: one for one in STUDY_FIGURES}
    first = next((named[name] for name in OF_A_STUDY if named[name].applies(results)), None)
    return None if first is None else drawn(first, results)


def _of_plan(made: Plan) -> DrawnFigure | None:
    """Draw the loss of every size at the budget, the best size with its interval, and the sizes that waste little."""
    others = sorted(made.alternatives, key=lambda one: one.params)
    if len(others) < 3:
        return None
    size, loss = [one.params for one in others], [one.loss_nats for one in others]
    best, level = made.params, percent(made.params.level)
    marks = [
        line(*_through(size, loss), label=f"loss at {number(made.flops)} FLOPs, by the constants of the fit"),
        points(size, loss, label="sizes within 1% of the best loss"),
    ]
    ends = [end for end in (best.low, best.high) if end is not None and np.isfinite(end)]
    if len(ends) == 2:
        marks.append(line(ends, [made.loss_nats.value] * 2, colour=STAR, label=f"best size, {level} interval"))
    marks.append(points([best.value], [made.loss_nats.value], colour=STAR, symbol="P", label="the plan"))
    for within in made.sizes:
        kept = [min(max(end, size[0]), size[-1]) for end in (within.low, within.high)]
        marks.append(band(kept, [min(loss)] * 2, [max(loss)] * 2, label=f"wastes at most {within.compute:.0%}"))
    panel = ChartPanel(
        "Sizes at this budget",
        Axis(label_of(made.columns.get("N", "params_total"))),
        Axis(f"loss ({made.loss_unit})", log=False),
        tuple(marks),
    )
    said = f"{made.law}: N = {typeset(best)} on D = {typeset(made.tokens)} tokens."
    return DrawnFigure("plan", f"A plan for {number(made.flops)} FLOPs", Drawing((panel,), said))


def _through(size: list[float], loss: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Interpolate the loss between sizes by a polynomial in ln N: it is that smooth so near to its minimum."""
    x = np.log(size)
    fine = np.linspace(x[0], x[-1], STEPS)
    shifted = np.polyfit(x - x.mean(), loss, min(len(x) - 1, 4))
    return np.exp(fine), np.polyval(shifted, fine - x.mean())


def _of_comparison(found: Comparison) -> DrawnFigure | None:
    """Draw the error of each law on larger runs over how much larger they are."""
    marks, looks = [], cycle(zip(SERIES, SYMBOLS, strict=True))
    for one in found.laws:
        if one.failed or not one.reaches:
            continue
        colour, symbol = next(looks)
        reach = [np.sqrt(each.low * each.high) for each in one.reaches]
        error = [100 * each.rms_log for each in one.reaches]
        marks += [line(reach, error, colour=colour), points(reach, error, colour=colour, symbol=symbol, label=one.law)]
    if not marks:
        return None
    axes = Axis("compute over the largest fitted"), Axis("rms error of ln(loss) (%)")
    caption = f"Laws fitted to the smaller runs, on {found.held_runs} larger ones, by how much larger they are."
    panel = ChartPanel("Error on larger runs", *axes, tuple(marks))
    return DrawnFigure("comparison", "Laws compared", Drawing((panel,), caption))


def _of_prediction(made: Prediction | Forecast) -> DrawnFigure | None:
    """Draw predictions at several targets over their reach; one number alone needs no figure."""
    if np.size(made.low) < 2:
        return None
    rows = made.rows()
    reach, value, low, high = (np.asarray(rows[name], dtype=float) for name in ("reach", "value", "low", "high"))
    middle = np.where(np.isfinite(value), value, np.sqrt(low * high))
    label = f"{percent(made.level)} interval of {'one new run' if made.kind == 'run' else 'the mean'}"
    marks = (points(reach, middle, low=tuple(low), high=tuple(high), colour=SERIES[0], label=label),)
    unit = unit_of_loss("loss_nats") if made.predicts == "loss" else ""
    axes = Axis("compute over the largest fitted"), Axis(f"{made.predicts}{f' ({unit})' * bool(unit)}")
    panel = ChartPanel("Predictions", *axes, marks)
    return DrawnFigure("predictions", "Predictions by their reach", Drawing((panel,), f"{len(reach)} targets."))


PICTURES: dict[type, Callable] = {
    DrawnFigure: lambda figure: figure,
    DrawnFit: _of_fit,
    StudyResults: _of_study,
    Plan: _of_plan,
    Comparison: _of_comparison,
    Prediction: _of_prediction,
    Forecast: _of_prediction,
}
