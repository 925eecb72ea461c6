"""The figure of one fit: a law and its points, in the style of the report, on new axes or on axes that are passed."""

from typing import TYPE_CHECKING

from ..results.study_results import StudyResults
from . import legends
from .canvas import styled
from .colours import size_colours
from .figure_joint import joint_panel
from .figure_laws import PANELS, law_panel

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE = 8.2, 4.3  # inches; size of a new figure
LETTERS = 8.0  # points; font size of the law's formula


def draw_fit(results: StudyResults, axes: "Axes | None" = None) -> "Axes":
    """Draw the one law of `results.bands` with its interval over the points.

    If axes are passed, they keep their style and contain the legend; otherwise a new pyplot figure is made, in the
    style of the report, with the legend beside the axes.
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
    """Draw the panel and return its legend entries; with `own` False, also put the legend into the axes."""
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
            axes.add_artist(inside)  # keep the formula in its corner in addition to the legend
        legends.legend_inside(axes, entries, corner="lower left", size=LETTERS * 0.8)
    return entries
