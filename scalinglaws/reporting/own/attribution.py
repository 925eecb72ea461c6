"""The waterfall of the exponent: from Kaplan's way of counting to Hoffmann's, one correction after the other."""

from ...records.numbers_in_text import percent
from ...results.study_results import StudyResults
from ..drawing.drawing import SERIES, SOFT, Axis, ChartPanel, Drawing, line, points
from .figure import StudyFigure


def _steps(results: StudyResults):
    return [one for one in results.audit.waterfall if one.exponent is not None] if results.audit else []


def draw(results: StudyResults) -> Drawing:
    """Draw the exponent after each correction, joined to the one before."""
    steps = _steps(results)
    places = tuple(float(i) for i in range(len(steps)))
    words = tuple(one.name for one in steps)
    x = Axis("", log=False, limits=(-0.6, len(steps) - 0.4), ticks=places, words=words)
    values = [one.exponent.value for one in steps]
    low, high = [one.exponent.low for one in steps], [one.exponent.high for one in steps]
    marks = [line([i, i + 1], values[i : i + 2], thin=True, colour=SOFT) for i in range(len(steps) - 1)]
    marks.append(points(places, values, low=low, high=high, colour=SERIES[0], notes=words))
    level = percent(steps[0].exponent.level)
    told = f"Exponent a of N* ~ C^a on these runs after each correction in turn, with its {level} interval."
    absent = [one.name for one in results.audit.waterfall if one.exponent is None] if results.audit else []
    more = f" Not computed: {', '.join(absent)}; the table says why." if absent else ""
    return Drawing((ChartPanel("", x, Axis("exponent a", log=False), tuple(marks)),), told + more)


FIGURE = StudyFigure(
    "attribution", "From Kaplan's exponent to Hoffmann's", draw, lambda r: len(_steps(r)) > 1, "no exponents to compare"
)
