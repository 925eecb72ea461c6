"""The figure of one fit: a law and its points, on new axes, on axes that are passed, or in a notebook."""

from collections.abc import Sequence
from textwrap import wrap
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
WIDEST = 96  # characters of a line of its title


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


def draw_fit(results: StudyResults, axes: "Axes | None" = None, lead: Sequence[str] = ()) -> "Axes":
    """Draw the one law of `results.bands` with its interval over the points.

    If axes are passed, they keep their style; otherwise a new pyplot figure is made, in the style of the report. The
    legend stands inside the axes. `lead` are sentences that a reader must know first: they are its title.
    """
    drawing = figure_of_fit(results).drawing
    if axes is not None:
        draw_on(axes, drawing)
    else:
        import matplotlib.pyplot

        with styled():
            _, axes = matplotlib.pyplot.subplots(figsize=SIZE, layout="constrained")
            draw_on(axes, drawing)
    if lead:
        axes.set_title("\n".join(line for one in lead for line in wrap(one, WIDEST)), fontsize="small", loc="left")
    return axes
