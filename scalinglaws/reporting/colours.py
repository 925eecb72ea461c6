"""Colours by model size or another positive number: viridis over its logarithm, without the lightest end."""

import numpy as np

from ..results.letters import size_of
from ..results.study_results import StudyResults
from .axes import label_of, tick_text, ticks

PALETTE = "viridis"  # perceptually even, and distinct to colour-blind readers


def log_colours(low: float, high: float, lightest: float):
    """Make a colour scale over the logarithm of a number, up to a fraction of the palette.

    Returns:
        a ScalarMappable; `.to_rgba(N)` returns a colour.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm

    return ScalarMappable(LogNorm(low, high), ListedColormap(colormaps[PALETTE](np.linspace(0.0, lightest, 128))))


def size_colours(results: StudyResults):
    """Make the colour scale of model sizes, over log N."""
    sizes = [curve.params_nonembedding for curve in results.curves]
    if size_of(results) in results.points:
        sizes += results.points[size_of(results)].tolist()
    sizes = [size for size in sizes if np.isfinite(size) and size > 0] or [1.0, 10.0]
    low, high = min(sizes), max(sizes)
    return log_colours(low, high if high > low else 10 * low, 0.9)


def add_colour_bar(figure, axes, results: StudyResults, colours, *, stacked: bool = False) -> None:
    """Add the colour bar of model sizes beside the axes, or below them."""
    if size_of(results) in results.points or results.curves:
        colour_bar(figure, axes, label_of(size_of(results)), colours, stacked=stacked)


def colour_bar(figure, axes, label: str, colours, *, stacked: bool) -> None:
    """Add the colour bar of a scale over a logarithm beside the axes, or below them."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    where = {"location": "bottom", "shrink": 0.9, "aspect": 30} if stacked else {"location": "right", "aspect": 28}
    bar = figure.colorbar(colours, ax=axes, pad=0.02, **where)
    major, minor = ticks(*colours.get_clim())
    axis = bar.ax.xaxis if stacked else bar.ax.yaxis
    axis.set_major_locator(FixedLocator(major))
    axis.set_minor_locator(FixedLocator(minor))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: tick_text(value)))
    axis.set_minor_formatter(NullFormatter())
    bar.set_label(label)
    bar.outline.set_visible(False)
    bar.solids.set_rasterized(False)
    bar.solids.set_edgecolor("face")  # no thin lines between the steps
