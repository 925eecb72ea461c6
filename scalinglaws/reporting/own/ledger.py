"""The forecasts that were written down before their runs, each beside what was measured."""

from collections.abc import Sequence

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import number, percent
from ...results.study_results import StudyResults
from ...results.tested import WrittenForecast
from ..drawing.drawing import INK, SERIES, SOFT, Axis, ChartPanel, Drawing, Mark, line, points
from .figure import STAR, StudyFigure

MOST_NAMED = 8  # forecasts whose places are named below the axis; more are numbered
WAITING, SILENT = "no run yet", "the interval says nothing, and cannot hold"


def draw(results: StudyResults) -> Drawing:
    """Draw the ledger of a study."""
    return drawing_of(results.ledger)


def drawing_of(forecasts: Sequence[WrittenForecast]) -> Drawing:
    """Draw each forecast's interval about its value, in percent of it, and the measured loss where its run came in."""
    names = [f"{one.made[:10]}, {number(one.reach, 2)}×" for one in forecasts]
    marks = [line([-0.5, len(forecasts) - 0.5], [0, 0], colour=SOFT, thin=True)]
    kinds = (
        ("forecast that held", SERIES[0], [one.hit is True for one in forecasts], False),
        ("forecast that missed", STAR, [one.hit is False for one in forecasts], False),
        (f"forecast: {WAITING}", SOFT, [one.hit is None and not one.why_not for one in forecasts], True),
        (f"forecast: {SILENT}", SOFT, [one.hit is None and bool(one.why_not) for one in forecasts], True),
    )
    for label, colour, rows, hollow in kinds:
        marks.append(_intervals(forecasts, np.flatnonzero(rows), f"{label} (n = {sum(rows)})", colour, hollow))
    measured = [i for i, one in enumerate(forecasts) if one.measured is not None]
    off = [_off(forecasts[i], forecasts[i].measured) for i in measured]
    notes = tuple(f"measured {forecasts[i].measured:.4g}" for i in measured)
    marks.append(points(measured, off, symbol="*", colour=INK, label=f"measured (n = {len(measured)})", notes=notes))
    few = len(forecasts) <= MOST_NAMED
    x = Axis(
        "forecasts in the order in which they were made" + ("" if few else ", by number"), log=False,
        limits=(-0.6, len(forecasts) - 0.4),
        ticks=tuple(float(i) for i in range(len(forecasts))) if few else (), words=tuple(names) if few else (),
    )  # fmt: skip
    y = Axis("loss relative to the forecast (%)", log=False)
    return Drawing((ChartPanel("", x, y, tuple(mark for mark in marks if mark.x)),), _caption(forecasts))


def _off(one: WrittenForecast, loss: float | None) -> float:
    return 100 * (loss / one.middle - 1) if loss is not None else float("nan")


def _intervals(forecasts: Sequence[WrittenForecast], rows, label: str, colour: str, hollow: bool) -> Mark:
    chosen = [forecasts[i] for i in rows]
    low, high = [_off(one, one.low) for one in chosen], [_off(one, one.high) for one in chosen]
    notes = tuple(
        f"{one.by}: {one.middle:.4g} [{one.low:.4g}, {one.high:.4g}] at "
        + ", ".join(f"{letter} = {value:.3g}" for letter, value in one.at.items())
        for one in chosen
    )
    look = {"symbol": "s", "colour": colour, "hollow": hollow, "label": label, "notes": notes}
    return points(rows, [0.0] * len(chosen), low=low, high=high, **look)


def _caption(forecasts: Sequence[WrittenForecast]) -> str:
    judged = [one for one in forecasts if one.hit is not None]
    waiting = sum(one.measured is None for one in forecasts)
    told = f"{counted(len(forecasts), 'forecast')} written down, each with its reach: compute over the largest fitted."
    if judged:
        held, expected = sum(bool(one.hit) for one in judged), sum(one.level for one in judged)
        told += f" Of {len(judged)} whose run came in {held} held, where {expected:.3g} are expected."
    level = {one.level for one in forecasts}
    told += f" Bars are {percent(level.pop())} intervals." if len(level) == 1 else " Bars are their intervals."
    return told + (f" {waiting} without their run yet." if waiting else "")


FIGURE = StudyFigure(
    "ledger",
    "Forecasts written down, and what was measured",
    draw,
    lambda results: bool(results.ledger),
    "no forecast that was written down: a study writes its own, and `scalinglaws predict` where it is asked to record",
)
