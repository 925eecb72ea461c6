"""A figure that was drawn from records: shown in a notebook, saved as SVG, PDF, PNG or as its data."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import MisuseError
from ...records.json_values import write_whole
from ...records.public_record import PublicRecord
from ...records.text_blocks import Block
from ..canvas import as_pdf, as_svg, inline, styled
from .drawing import Drawing
from .on_paper import figure_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DOTS = 200  # per inch of a PNG


@dataclass(frozen=True, eq=False, repr=False)
class DrawnFigure(PublicRecord):
    """A figure as data, with its caption; a notebook shows it.

    Attributes:
        name: stem of its files.
        title: what it shows, in words.
        drawing: its panels and marks; without panels, its runs are missing and the caption says which.
    """

    name: str
    title: str
    drawing: Drawing

    @property
    def caption(self) -> str:
        """The caption: definitions, counts and what is left out, or what is missing."""
        return self.drawing.caption

    def blocks(self) -> list[Block]:
        """Give its title and its caption."""
        return [f"{self.title}. {self.caption}"]

    def brief(self) -> dict[str, object]:
        """Give the values of its repr."""
        panels = self.drawing.panels
        return {"name": self.name, "panels": len(panels), "marks": sum(len(panel.marks) for panel in panels)}

    def rows(self) -> dict[str, Sequence[object]]:
        """Give its data: a row per point of every mark."""
        heads = ("panel", "kind", "series", "x", "y", "low", "high", "note")
        found: list[tuple] = []
        for panel in self.drawing.panels:
            for mark in panel.marks:
                for i, x in enumerate(mark.x):
                    values = (_at(one, i) for one in (mark.y, mark.low, mark.high))
                    told = mark.notes[i] if i < len(mark.notes) else ""
                    found.append((panel.title, mark.kind, mark.label, x, *values, told))
        return {head: [row[i] for row in found] for i, head in enumerate(heads)}

    def matplotlib(self, *, stacked: bool = False) -> "Figure":
        """Draw it by matplotlib; `stacked` puts its panels one above the other.

        Raises:
            MisuseError: its runs are missing, and there is nothing to draw.
        """
        if not self.drawing.panels:
            raise MisuseError(f"{self.title}: {self.caption}")
        return figure_of(self.drawing, stacked=stacked)

    def svg(self, *, stacked: bool = False) -> str:
        """Write it as an SVG document."""
        with styled():
            return as_svg(self.matplotlib(stacked=stacked), self.name + "-narrow" * stacked)

    def pdf(self) -> bytes:
        """Write it as PDF, fonts embedded."""
        with styled():
            return as_pdf(self.matplotlib())

    def files(self, *, pdf: bool = False) -> tuple[str, bytes, str]:
        """Draw it once and write it as SVG, as PDF (empty unless asked for) and as the element for a page."""
        with styled():
            figure = self.matplotlib()
            svg = as_svg(figure, self.name)
            figure.set_layout_engine("none")  # the layout is done; repeating it for the PDF takes as long as drawing
            return svg, as_pdf(figure) if pdf else b"", inline(svg, f"{self.title}. {self.caption}")

    def save(self, path: str | Path) -> None:
        """Save it; the ending of the name chooses SVG, PDF or PNG, or a table of its data (CSV, TSV, JSONL, Parquet).

        Raises:
            MisuseError: its runs are missing, or the ending is unknown.
        """
        path = Path(path)
        if path.suffix == ".svg":
            write_whole(path, self.svg().encode())
        elif path.suffix == ".pdf":
            write_whole(path, self.pdf())
        elif path.suffix == ".png":
            file = io.BytesIO()
            with styled():
                self.matplotlib().savefig(file, format="png", dpi=DOTS)
            write_whole(path, file.getvalue())
        else:
            self.write(path)


def _at(values: Sequence[Any], place: int) -> Any:
    return values[place] if place < len(values) else None
