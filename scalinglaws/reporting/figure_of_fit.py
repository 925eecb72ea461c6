"""The figure of one fit: a law over its points, in the style of the report, on axes of one's own or of a reader's."""

from typing import TYPE_CHECKING

from ..results.study_results import StudyResults
from . import legends
from .canvas import styled
from .colours import size_colours
from .figure_joint import joint_panel
from .figure_laws import PANELS, law_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 8.2, 4.3  # inches, of a figure that is made here
LETTERS = 8.0  # points: of the law's formula in its corner


def draw_fit(results: StudyResults, axes: "Axes | None" = None) -> "Axes":
    """Draw the one law of `results.bands` with its interval over the points.

    Axes that are given keep their style, and the legend stands in them; without them a figure of pyplot is made, in
    the report's style, with the legend beside it.
    """
    if axes is not None:
        _drawn(axes, results, own=False)
        return axes
    import matplotlib.pyplot

    with styled():
        figure, axes = matplotlib.pyplot.subplots(figsize=SIZE, layout="constrained")
        entries = _drawn(axes, results, own=True)
        legends.legend_beside(figure, entries, stacked=False)
    return axes


def _drawn(axes: "Axes", results: StudyResults, *, own: bool) -> list:
    """Draw the panel; give the entries of its legend, or put them into axes that are somebody's own."""
    colours = size_colours(results)
    [(panel, bands)] = results.bands.items()
    if panel == "L(N,D)":
        entries = joint_panel(axes, results, list(bands), colours, LETTERS)
    else:
        quantity = next(results.counts[letter] for law, letter, _ in PANELS if law == panel)
        entries = law_panel(axes, results, panel, quantity, colours)
    if not own:
        inside = axes.get_legend()
        if inside is not None:
            axes.add_artist(inside)  # the formula keeps its corner beside the legend
        legends.legend_inside(axes, entries, corner="lower left", size=LETTERS * 0.8)
    return entries
