"""The figures of a study by their names, in the order of the page."""

from ...errors import MisuseError, nearest
from . import (
    attribution,
    backtest,
    contours,
    curves,
    forecasts,
    frontier,
    held_out,
    isoflop,
    joint,
    laws,
    ledger,
    profiles,
    rate_scans,
    residual_map,
    residuals,
)
from .figure import StudyFigure

FILES = (
    laws, curves, joint, contours, isoflop, frontier, forecasts, held_out, backtest, ledger, residuals, residual_map,
    profiles, rate_scans, attribution,
)  # fmt: skip
STUDY_FIGURES = tuple(file.FIGURE for file in FILES)


def study_figure(name: str) -> StudyFigure:
    """Give a figure by its name.

    Raises:
        MisuseError: there is no figure of that name.
    """
    found = next((one for one in STUDY_FIGURES if one.name == name), None)
    if found is None:
        known = [one.name for one in STUDY_FIGURES]
        raise MisuseError(
            f"no figure is called {name!r}.{nearest(name, known)} A study's figures are {', '.join(known)}; the "
            "paper's are 1 to 24: figure(9, ...)."
        )
    return found
