"""Legends and other words in a figure: counts, reasons, what is missing."""

import textwrap
from collections.abc import Iterable, Sequence

from ..records.numbers_in_text import percent
from ..results.fitted import Band
from ..results.letters import of_a_table
from ..results.rows_in_fits import runs_present
from ..results.study_results import StudyResults
from .axes import plain

FAINT = "#8b929c"
_ORDER = ("in the fit", "not used", "excluded", "held out")  # points first, then lines as drawn


def legend_inside(axes, entries: Sequence, *, corner: str = "upper right", size: float | None = None) -> None:
    """Put the legend of a panel's own fit into a corner; a decreasing loss leaves the upper right corner free."""
    handles = _once(entries)
    if handles:
        axes.legend(
            handles=handles,
            loc=corner,
            borderaxespad=0.1,
            borderpad=0.2,
            frameon=True,
            framealpha=0.85,
            edgecolor="none",
            handlelength=1.6,
            fontsize=size,
        )


def legend_shared(figure, entries: Sequence, *, stacked: bool) -> None:
    """Put one legend, for the marks that all panels share, under the figure."""
    handles = sorted(_once(entries), key=_place)
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=1 if stacked else 3, columnspacing=1.6)


def legend_beside(figure, entries: Sequence, *, stacked: bool) -> None:
    """Put a long legend to the right of the figure, or under it in two columns."""
    handles = _once(entries)
    if handles:
        where = {"loc": "outside lower left", "ncols": 2} if stacked else {"loc": "outside right upper"}
        figure.legend(handles=handles, **where)


def _place(entry) -> int:
    return next((place for place, words in enumerate(_ORDER) if entry.get_label().startswith(words)), len(_ORDER))


def _once(entries: Sequence) -> list:
    return list({entry.get_label(): entry for entry in entries}.values())


def proxy(marker: str, label: str, **style):
    """Make a legend entry by hand."""
    from matplotlib.lines import Line2D

    return Line2D([], [], **{"marker": marker or "none", "linestyle": "none", "label": label, **style})


def extrapolation_entry(bands: Iterable[Band]) -> list:
    """Return the legend entry of dashed lines, if any line extends beyond the points to which it was fitted."""
    beyond = any(min(b.x) < b.fitted_to[0] * 0.999 or max(b.x) > b.fitted_to[1] * 1.001 for b in bands if b.x)
    return [proxy("", "dashed: extrapolated", color=FAINT, linestyle=(0, (4, 2.4)))] if beyond else []


def interval_entry(bands: Iterable[Band]) -> list:
    """Return the legend entries of the lines' intervals: their level, and whether for a new run or for the mean."""
    from matplotlib.patches import Patch

    of = {"mean": "of the line", "new run": "for a new run"}
    shown = [band for band in bands if any(end is not None for end in (*band.low, *band.high))]
    labels = dict.fromkeys(f"{percent(band.level)} interval {of.get(band.covers, band.covers)}" for band in shown)
    return [Patch(color=FAINT, alpha=0.3, linewidth=0, label=label) for label in labels]


def say_missing(axes, results: StudyResults, what: str) -> None:
    """Write in empty axes what is missing and how many runs there are; the axes keep their labels."""
    text = f"{runs_present(results)}\n{what.removesuffix(' yet') if of_a_table(results) else what}"
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="#5b6470")


def no_fit(results: StudyResults, law: str) -> str:
    """Say that a law has no line, and whether missing runs are why."""
    whole = results.runs_present >= results.runs_expected
    return f"no {law} fit: " + ("the notes say why" if whole else runs_present(results))


def note_missing(figure, results: StudyResults) -> None:
    """Write above a figure how many runs are present, if some are missing."""
    if results.runs_present < results.runs_expected:
        figure.suptitle(runs_present(results), fontsize=8.0, color="#9a3412", x=0.01, ha="left")


def title(axes, text: str, *, stacked: bool = False, over_axis: bool = False) -> None:
    """Set the title of a panel; `over_axis` aligns it with neighbours that have a second axis on top."""
    axes.set_title(text, pad=34 if over_axis and not stacked else None)


def wrapped(text: str) -> str:
    """Break a long legend entry into lines."""
    return "\n".join(textwrap.wrap(plain(text).replace("(n = ", "(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"), 28))
