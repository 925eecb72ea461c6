"""The figures of a report, in the order of the page: the name, the drawing function and the caption of each."""

from collections.abc import Callable
from dataclasses import dataclass

from ..results.attempt import attempt
from ..results.letters import of_a_table
from ..results.study_results import StudyResults
from .canvas import as_pdf, as_svg, inline, styled
from .figure_curves import caption_curves, curves
from .figure_frontier import caption_frontier, frontier
from .figure_held_out import caption_held_out, held_out
from .figure_joint import caption_joint, joint
from .figure_laws import caption_laws, laws
from .figure_residuals import caption_residuals, has_residuals, residuals


@dataclass(frozen=True)
class FigureKind:
    """One figure: `draw(results, stacked=)` makes it and `caption(results)` describes it, if `applies(results)`."""

    name: str
    title: str
    draw: Callable
    caption: Callable[[StudyResults], str]
    applies: Callable[[StudyResults], bool] = lambda results: True


@dataclass(frozen=True)
class Rendered:
    """A figure: `svg` and, if asked for, `pdf` for a paper, `wide` and `narrow` for the page."""

    name: str
    title: str
    caption: str
    svg: str
    pdf: bytes
    wide: str
    narrow: str


FIGURES = (
    FigureKind("laws", "Loss against compute, tokens and size", laws, caption_laws),
    FigureKind(
        "curves",
        "Learning curves",
        curves,
        caption_curves,
        lambda results: bool(results.curves) or not of_a_table(results),
    ),
    FigureKind(
        "joint",
        "Loss against tokens at every size",
        joint,
        caption_joint,
        lambda results: "L(N,D)" in results.bands or not of_a_table(results),
    ),
    FigureKind(
        "frontier",
        "The compute-optimal frontier",
        frontier,
        caption_frontier,
        lambda results: results.frontier is not None or not of_a_table(results),
    ),
    FigureKind(
        "held-out",
        "The held-out test",
        held_out,
        caption_held_out,
        lambda results: results.held_out is not None,
    ),
    FigureKind("residuals", "Residuals of the law", residuals, caption_residuals, has_residuals),
)


def rendered(kind: FigureKind, results: StudyResults, *, pdf: bool = False) -> Rendered | None:
    """Draw a figure if it applies; if it cannot be drawn, the result has its name and the reason."""

    def failed(why: str) -> Rendered:
        return Rendered(kind.name, kind.title, f"This figure could not be drawn: {why}", "", b"", "", "")

    return attempt(lambda: render(kind, results, pdf=pdf) if kind.applies(results) else None, failed)


def render(kind: FigureKind, results: StudyResults, *, pdf: bool = False) -> Rendered:
    """Draw a figure from the records alone, as SVG and, if asked, as PDF; the same results give the same bytes."""
    caption = attempt(lambda: kind.caption(results), lambda why: f"Its caption could not be written: {why}")
    with styled():
        wide = kind.draw(results, stacked=False)
        svg = as_svg(wide, kind.name)
        wide.set_layout_engine("none")  # the layout is done; repeating it for the PDF takes as long as drawing
        printed = as_pdf(wide) if pdf else b""
        narrow = as_svg(kind.draw(results, stacked=True), f"{kind.name}-narrow")
    spoken = f"{kind.title}. {caption}"
    return Rendered(kind.name, kind.title, caption, svg, printed, inline(svg, spoken), inline(narrow, spoken))
