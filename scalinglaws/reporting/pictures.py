"""The files of a figure beside a page: its picture as SVG and PDF, and its data as CSV."""

import html
from pathlib import Path

from ..records.json_values import write_whole
from ..results.attempt import attempt
from .drawing.drawn_figure import DrawnFigure


def saved(figure: DrawnFigure, folder: Path, *, pdf: bool = False) -> str:
    """Write the files of a figure and give its picture for the page; empty where it has none."""

    def make() -> str:
        if not figure.drawing.panels:
            return ""
        svg, printed, picture = figure.files(pdf=pdf)
        write_whole(folder / f"{figure.name}.svg", svg.encode())
        if pdf:
            write_whole(folder / f"{figure.name}.pdf", printed)
        figure.write(folder / f"{figure.name}.csv")
        return picture

    return attempt(make, lambda why: f'<p class="failed">{html.escape(why)}</p>')


def links_of(figure: DrawnFigure, *, pdf: bool = False) -> str:
    """Link the files of a figure."""
    kinds = ("svg", "pdf", "csv") if pdf else ("svg", "csv")
    return " ".join(f'<a href="figures/{figure.name}.{kind}" download>{kind.upper()}</a>' for kind in kinds)
