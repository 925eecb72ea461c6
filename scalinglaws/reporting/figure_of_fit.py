"""The figure of one fit: a law and its points, on new axes, on axes that are passed, or in a notebook."""

from typing import TYPE_CHECKING

from ..results.study_results import StudyResults
from .canvas import styled
from .drawing.drawing import Drawing
from .drawing.drawn_figure import DrawnFigure
from .drawing.on_paper import draw_on
from .own.figure import about_bands, sizes
from .own.joint import PANEL, joint_panel
from .own.laws import PANELS, law_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 6.8, 4.4  # inches; size of a new figure


def figure_of_fit(results: StudyResults) -> DrawnFigure:
    """Draw the one law of `results.bands` with its interval over the points."""
    [(panel, bands)] = results.bands.items()
    if panel == PANEL:
        made = joint_panel(results, bands)
    else:
        quantity = next(results.counts[letter] for law, letter, _ in PANELS if law == panel)
        made = law_panel(results, panel, quantity)
    drawing = Drawing((made,), about_bands(bands), sizes(results))
    return DrawnFigure(f"fit-{results.law}", f"{results.law} over its points", drawing)


def draw_fit(results: StudyResults, axes: "Axes | None" = None) -> "Axes":
    """Draw the one law of `results.bands` with its interval over the points.

    If axes are passed, they keep their style; otherwise a new pyplot figure is made, in the style of the report. The
    legend stands inside the axes.
    """
    drawing = figure_of_fit(results).drawing
    if axes is not None:
        draw_on(axes, drawing)
        return axes
    import matplotlib.pyplot

    with styled():
        _, axes = matplotlib.pyplot.subplots(figsize=SIZE, layout="constrained")
        draw_on(axes, drawing)
    return axes
