"""The paper's figures by their numbers."""

from ...errors import MisuseError
from . import (
    figure_01,
    figure_02,
    figure_03,
    figure_04,
    figure_05,
    figure_06,
    figure_07,
    figure_08,
    figure_09,
    figure_10,
    figure_11,
    figure_12,
    figure_13,
    figure_14,
    figure_15,
    figure_16,
    figure_17,
    figure_18,
    figure_19,
    figure_20,
    figure_21,
    figure_22,
    figure_23,
    figure_24,
)
from .figure import PaperFigure

FILES = (
    figure_01, figure_02, figure_03, figure_04, figure_05, figure_06, figure_07, figure_08, figure_09, figure_10,
    figure_11, figure_12, figure_13, figure_14, figure_15, figure_16, figure_17, figure_18, figure_19, figure_20,
    figure_21, figure_22, figure_23, figure_24,
)  # fmt: skip
PAPER_FIGURES = tuple(file.FIGURE for file in FILES)


def paper_figure(number: int) -> PaperFigure:
    """Give a figure by its number.

    Raises:
        MisuseError: the paper has no figure of that number.
    """
    found = next((one for one in PAPER_FIGURES if one.number == number), None)
    if found is None:
        raise MisuseError(
            f"the paper has no figure {number!r}; it has figures 1 to {len(PAPER_FIGURES)}: figure(9, ...)."
        )
    return found
