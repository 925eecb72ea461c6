"""The profile likelihood of each constant of the joint laws: how much worse the best fit becomes at other values."""

from itertools import groupby

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import percent
from ...results.fitted import ProfiledConstant
from ...results.study_results import StudyResults
from ..drawing.drawing import SERIES, SOFT, Axis, ChartPanel, Drawing, line, points
from .figure import StudyFigure

MOST = 12.0  # of the rise: beyond, a value is excluded by any level
WIDE = 30.0  # high over low of the values drawn, from which on their axis is logarithmic


def draw(results: StudyResults) -> Drawing:
    """Draw a panel per constant: the rise of the objective with the constant held, and the limit of its interval."""
    panels = [_panel(one) for one in results.profiles]
    laws = {law: list(group) for law, group in groupby(results.profiles, key=lambda one: one.law)}
    of = " and ".join(f"{law} ({counted(len(found), 'constant')})" for law, found in laws.items())
    open_ones = [f"{one.parameter} of {one.law}" for one in results.profiles if _is_open(one)]
    told = (
        f"Profile likelihoods of {of}: each constant is held at a value and the others are fitted again. The rise of "
        "the objective is in units of half a squared standard error, corrected by the ratio of the sandwich's variance "
        f"to the model's; the dotted line is the limit of the {percent(results.profiles[0].level)} interval, the mark "
        "the fit."
    )
    if open_ones:
        told += (
            f" Below the limit as far as it was followed, so that these runs do not bound it: {', '.join(open_ones)}."
        )
    return Drawing(tuple(panels), told)


def _is_open(one: ProfiledConstant) -> bool:
    return one.rise[0] < one.limit or one.rise[-1] < one.limit


def _panel(one: ProfiledConstant) -> ChartPanel:
    values, rise = np.array(one.values), np.array(one.rise)
    shown = rise <= MOST
    wide = bool((values[shown] > 0).all() and values[shown].max() > WIDE * values[shown].min())
    ends = [float(values[shown].min()), float(values[shown].max())]
    marks = (
        line(ends, [one.limit] * 2, dotted=True, colour=SOFT),
        line(values[shown], rise[shown], colour=SERIES[0]),
        points(values[shown], rise[shown], colour=SERIES[0], thin=True),
        points([one.value], [0.0], symbol="D", colour=SERIES[1]),
    )
    y = Axis(
        "rise of the objective", log=False, limits=(-0.4, min(MOST, max(float(rise[shown].max()), one.limit)) * 1.05)
    )
    return ChartPanel(f"{one.law}: {one.parameter}", Axis(one.parameter, log=wide), y, marks)


FIGURE = StudyFigure(
    "profiles",
    "Profile likelihoods of the constants",
    draw,
    lambda results: bool(results.profiles),
    "no fitted law of N and D whose constants could be profiled",
)
