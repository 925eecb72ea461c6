"""A figure in the output of a notebook: one SVG element that needs no network and reads on a light or a dark ground."""

import hashlib
import re

from .canvas import as_svg, inline, styled
from .drawing.drawing import INK
from .drawing.drawn_figure import DrawnFigure
from .drawing.on_paper import figure_of

# What is drawn dark on white takes the colour of the notebook's text, and the grid a grey that both grounds show.
_INKS = re.compile(rf"(?<=[: \"])(?:#000000|{INK})\b|(?<=: )black\b")
_GROUND, _GRID = re.compile(r"fill: ?(?:#ffffff|white)"), re.compile(r"#e4e6ea")


def in_notebook(figure: DrawnFigure) -> str:
    """Draw a figure for a notebook; empty where its runs are missing.

    The ids of two figures of one notebook differ, unless the figures are the same.
    """
    if not figure.drawing.panels:
        return ""
    digest = hashlib.sha256(repr(figure.drawing).encode()).hexdigest()[:8]
    with styled():
        svg = as_svg(figure_of(figure.drawing), f"{figure.name}-{digest}")
    element = inline(svg, f"{figure.title}. {figure.caption}")
    element = _GRID.sub("#8b929c55", _GROUND.sub("fill: none", _INKS.sub("currentColor", element)))
    return element.replace("<svg ", '<svg width="100%" fill="currentColor" ', 1)
