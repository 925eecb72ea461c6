"""A drawing by matplotlib: panels side by side or one above the other, legends below each, colours beside them."""

import textwrap
from typing import Any

import numpy as np

from ..axes import add_pf_days, equation, logarithmic, plain
from ..canvas import MOST_BESIDE, NARROW, WIDTH, new_figure
from ..colours import colour_bar, log_colours
from .drawing import Axis, ChartPanel, Drawing, Mark
from .limits import limits_of, marks_of_y

ROW = 0.17  # inches of a row of a legend
DASHES = (0, (4, 2.4))
MOST_MARKS = 1500  # points that are drawn one by one; more become one bitmap, to keep the file small
MIDDLE = "#3b528b"  # of the colours of sizes: the entry in the legend that stands for all of them
TICK_LETTERS = 14  # of a line of words below an axis
LETTERS = {1: 92, 2: 66, 3: 40}  # of a line of a legend, by the panels that stand side by side


def figure_of(drawing: Drawing, *, stacked: bool = False):
    """Draw it; `stacked` puts the panels one above the other, for a narrow page."""
    count = len(drawing.panels)
    letters = LETTERS[2 if stacked else min(count, 3)]
    rows = max((_rows(panel, letters) for panel in drawing.panels), default=0)
    width = NARROW if stacked else (6.4 if count == 1 else WIDTH)
    height = (2.6 if count > MOST_BESIDE and not stacked else 3.3) + ROW * rows
    figure, axes = new_figure(count, stacked=stacked, width=width, height=height)
    colours = _colours(drawing)
    if drawing.note:
        figure.suptitle(drawing.note, fontsize=8.0, color="#9a3412", x=0.01, ha="left")
    for place, (panel, one) in enumerate(zip(drawing.panels, axes, strict=True)):
        one.set_label(f"panel-{place}")
        draw_panel(one, panel, marks_of_y(drawing, panel), colours)
        _legend(one, _entries(one, panel, colours), letters, _lines_of_ticks(panel.x))
    if drawing.scale and colours is not None:
        colour_bar(figure, axes, plain(drawing.scale.label), colours, stacked=stacked)
    return figure


def draw_on(axes, drawing: Drawing) -> None:
    """Draw the one panel of a drawing on axes of another figure, which keep their style; the legend stands inside."""
    [panel], colours = drawing.panels, _colours(drawing)
    draw_panel(axes, panel, panel.marks, colours)
    entries = _entries(axes, panel, colours)
    if entries:
        axes.legend(handles=entries, loc="best", fontsize=7.0)


def _rows(panel: ChartPanel, letters: int) -> int:
    """Count the lines of a panel's legend."""
    texts = [panel.equation, *(mark.label for mark in panel.marks)]
    return sum(len(textwrap.wrap(one, letters)) for one in dict.fromkeys(texts) if one)


def _colours(drawing: Drawing):
    return None if drawing.scale is None else log_colours(drawing.scale.low, drawing.scale.high)


def draw_panel(axes, panel: ChartPanel, beside: tuple[Mark, ...], colours) -> None:
    """Draw a panel; `beside` are the marks that its axis of y must show, with those of neighbours that share it."""
    axes.set_title(plain(panel.title), pad=34 if panel.x.pf_days else None)
    _axis(axes, "x", panel.x, panel.marks)
    _axis(axes, "y", panel.y, beside)
    axes.set_xlabel(plain(panel.x.label))
    axes.set_ylabel(plain(panel.y.label))
    if panel.missing:
        _say(axes, panel.missing)
        return
    for place, mark in enumerate(panel.marks):
        _draw(axes, mark, colours, place)
    if panel.x.pf_days:
        add_pf_days(axes)


def _say(axes, text: str) -> None:
    words = "\n".join(textwrap.wrap(text, 44))
    axes.text(0.5, 0.5, plain(words), transform=axes.transAxes, ha="center", va="center", color="#5b6470", size=8.0)


def _axis(axes, which: str, axis: Axis, marks: tuple[Mark, ...]) -> None:
    values = limits_of(axis, which, marks)
    if axis.log:
        logarithmic(axes, which, values)
    elif values:
        low, high = min(values), max(values)
        pad = 0.04 * (high - low or 1.0)
        getattr(axes, f"set_{which}lim")(*((low - pad, high + pad) if axis.limits is None else axis.limits))
    if axis.limits is not None:
        getattr(axes, f"set_{which}lim")(*axis.limits)
    if axis.ticks:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        place = getattr(axes, f"{which}axis")
        place.set_major_locator(FixedLocator(list(axis.ticks)))
        place.set_minor_locator(NullLocator())
        texts = dict(zip(axis.ticks, axis.words, strict=False))
        place.set_major_formatter(
            FuncFormatter(lambda value, _at: plain(textwrap.fill(texts.get(value, f"{value:g}"), TICK_LETTERS)))
        )
    if axis.reversed:
        getattr(axes, f"invert_{which}axis")()


def _colour(mark: Mark, colours) -> tuple[Any, Any]:
    """Give the colours of a mark's values, and the one that stands for it in the legend."""
    if mark.size is None or colours is None:
        return mark.colour, mark.colour
    found = colours.to_rgba(mark.size)
    return found, found if np.ndim(mark.size) == 0 else MIDDLE


def _draw(axes, mark: Mark, colours, place: int) -> None:
    """Draw one mark."""
    gid = f"{axes.get_label()}-{place}-{mark.kind}"
    colour, one = _colour(mark, colours)
    if mark.kind == "band":
        shape = {"color": one, "alpha": 0.16, "linewidth": 0, "zorder": 1, "gid": gid}
        axes.fill_between(mark.x, _nan(mark.low), _nan(mark.high), **shape)
    elif mark.kind == "line":
        axes.plot(mark.x, mark.y, color=one, **_stroke(mark), alpha=0.85 if mark.thin else 1.0, zorder=2, gid=gid)
    else:
        if mark.low:
            _bars(axes, mark, one)
        filled = {"facecolors": colour if isinstance(mark.size, tuple) else [colour], "edgecolors": "white"}
        face = {"facecolors": "none", "edgecolors": colour, "linewidths": 0.9} if mark.hollow else filled
        many = {"rasterized": len(mark.x) > MOST_MARKS, "linewidths": 0.0 if mark.thin else 0.5}
        size = 12 if mark.thin else 95 if mark.symbol == "*" else 26
        axes.scatter(mark.x, mark.y, s=size, marker=mark.symbol, zorder=4, gid=gid, **(many | face))


def _stroke(mark: Mark) -> dict[str, Any]:
    return {"linestyle": DASHES if mark.dashed else ":" if mark.dotted else "-", "linewidth": 0.9 if mark.thin else 1.6}


def _entries(axes, panel: ChartPanel, colours) -> list:
    """Make the legend of a panel: its equation, then each label once."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: dict[str, Any] = {}
    if panel.missing:
        return []
    if panel.equation:
        found[panel.equation] = Line2D([], [], linestyle="none")
    for mark in (mark for mark in panel.marks if mark.x and mark.label and mark.label not in found):
        one = _colour(mark, colours)[1]
        if mark.kind == "band":
            found[mark.label] = Patch(color=one, alpha=0.3, linewidth=0)
        elif mark.kind == "line":
            found[mark.label] = Line2D([], [], color=one, **_stroke(mark))
        else:
            edge = {"markerfacecolor": "none"} if mark.hollow else {"markeredgecolor": "white"}
            look = {
                "markerfacecolor": one,
                "markeredgecolor": one,
                "markersize": 4 if mark.thin else 10 if mark.symbol == "*" else 6,
            } | edge
            found[mark.label] = Line2D([], [], linestyle="none", marker=mark.symbol, **look)
    for label, entry in found.items():
        entry.set_label(equation(label))
    return list(found.values())


def _nan(values) -> np.ndarray:
    return np.array([np.nan if one is None else one for one in values], dtype=float)


def _bars(axes, mark: Mark, colour) -> None:
    y = np.array(mark.y)
    low, high = (np.where(np.isfinite(_nan(end)), _nan(end), y) for end in (mark.low, mark.high))
    errors = [np.maximum(y - low, 0), np.maximum(high - y, 0)]
    axes.errorbar(mark.x, y, yerr=errors, fmt="none", ecolor=colour, elinewidth=0.9, alpha=0.55, zorder=3)


def _lines_of_ticks(axis: Axis) -> int:
    """Count the lines that the words below an axis take."""
    return max((len(textwrap.wrap(one, TICK_LETTERS)) for one in axis.words), default=1)


def _legend(axes, entries: list, width: int, above: int) -> None:
    """Put the legend below the panel, never over the data.

    Args:
        width: the number of letters of a line; above: lines of words below the axis, which it leaves free.
    """
    from matplotlib.transforms import ScaledTranslation

    if not entries:
        return
    for entry in entries:
        if not entry.get_label().startswith("$"):
            entry.set_label(
                textwrap.fill(entry.get_label().replace("(n = ", "(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"), width)
            )
    down = ScaledTranslation(0, -(38 + 10 * (above - 1)) / 72, axes.figure.dpi_scale_trans)
    axes.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=axes.transAxes + down,
        borderaxespad=0.0,
        borderpad=0.0,
        fontsize=7.5,
    )
