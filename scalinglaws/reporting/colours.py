"""Colours by model size or another positive number: viridis over its logarithm, without the lightest end."""

import numpy as np

from .axes import tick_text, ticks

PALETTE = "viridis"  # perceptually even, and distinct to colour-blind readers
LIGHTEST = 0.85  # of the palette: beyond, marks fade on white


def log_colours(low: float, high: float):
    """Make a colour scale over the logarithm of a number.

    Returns:
        a ScalarMappable; `.to_rgba(N)` returns a colour.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm

    return ScalarMappable(LogNorm(low, high), ListedColormap(colormaps[PALETTE](np.linspace(0.0, LIGHTEST, 128))))


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
