"""Figure 3: how a growing budget is divided between size, batch and steps."""

import numpy as np

from ...records.numbers_in_text import interval, number
from ...results.attempt import Lacking
from ..drawing.drawing import SERIES, Axis, Drawing, Mark, band, line
from .experiment import Experiment
from .figure import PaperFigure, panel, runs_of

GROWTH = 1e9  # times the compute, as in the paper
SHARES = (("p_N", "model size"), ("p_B", "batch"), ("p_S", "steps"))


def draw(e: Experiment) -> Drawing:
    """Stack the growth of size, batch and steps, by the exponents of the laws and by those of the frontier."""
    panels = tuple(
        panel(
            f"({letter}) by {words}",
            Axis("growth of the compute C_min"),
            Axis("growth of each factor, stacked"),
            lambda how=how: _wedges(e, how),
        )
        for letter, how, words in (("a", "derived", "the laws, eq 1.7 and 1.8"), ("b", "frontier", "the frontier"))
    )
    told = (
        "A compute a billion times as large, divided by powers of C_min as measured on "
        f"{runs_of(e.count('F-N', 'F-B'))} of F-N and F-B: each wedge is the factor by "
        "which one of them grows, and their product is the compute. The legend gives each exponent with its interval; "
        "an exponent that is not measured leaves its panel empty."
    )
    return Drawing(panels, told)


def _wedges(e: Experiment, how: str) -> list[Mark]:
    found = [(e.constant(f"{key}, {how}"), words) for key, words in SHARES]
    lacking = [words for one, words in found if one is None or one.measured is None]
    if lacking:
        raise Lacking(f"an exponent of {', '.join(lacking)}")
    x = np.geomspace(1.0, GROWTH, 40)
    below = np.ones_like(x)
    marks: list[Mark] = []
    total = 0.0
    for (one, words), colour in zip(found, SERIES, strict=False):
        if one is None or one.measured is None:
            continue
        total += max(one.measured.value, 0.0)
        above = x**total
        grown = GROWTH**one.measured.value
        label = f"{words}: {number(grown)} times, exponent {interval(one.measured)}"
        marks += [band(x, below, above, colour=colour, label=label), line(x, above, colour=colour)]
        below = above
    return marks


FIGURE = PaperFigure(3, "03-growth", "Where a growing compute goes", ("F-N", "F-B"), draw)
