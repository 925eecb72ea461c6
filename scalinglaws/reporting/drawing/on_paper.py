"""A drawing by matplotlib: panels side by side or one above the other, legends below each, colours beside them."""

from typing import Any

import numpy as np

from ..axes import add_pf_days, equation, logarithmic, plain
from ..canvas import NARROW, WIDTH, new_figure
from ..colours import colour_bar, log_colours
from .drawing import Axis, ChartPanel, Drawing, Mark
from .limits import limits_of, marks_of_y

LIGHTEST = 0.85  # of the palette: beyond, marks fade on white
ROW = 0.17  # inches of a row of a legend
DASHES = (0, (4, 2.4))


def figure_of(drawing: Drawing, *, stacked: bool = False):
    """Draw it; `stacked` puts the panels one above the other, for a narrow page."""
    count = len(drawing.panels)
    rows = max((len(_labels(panel)) for panel in drawing.panels), default=0)
    width = NARROW if stacked else (6.4 if count == 1 else WIDTH)
    figure, axes = new_figure(count, stacked=stacked, width=width, height=3.3 + ROW * rows)
    colours = _colours(drawing)
    for place, (panel, one) in enumerate(zip(drawing.panels, axes, strict=True)):
        one.set_label(f"panel-{place}")
        _panel(one, panel, marks_of_y(drawing, panel), colours)
    if drawing.scale and colours is not None:
        colour_bar(figure, axes, plain(drawing.scale.label), colours, stacked=stacked)
    return figure


def _labels(panel: ChartPanel) -> list[str]:
    texts = [panel.equation] if panel.equation else []
    return list(dict.fromkeys([*texts, *(mark.label for mark in panel.marks if mark.label)]))


def _colours(drawing: Drawing):
    return None if drawing.scale is None else log_colours(drawing.scale.low, drawing.scale.high, LIGHTEST)


def _panel(axes, panel: ChartPanel, beside: tuple[Mark, ...], colours) -> None:
    """Draw a panel; `beside` are the marks that its axis of y must show, those of its neighbours too if they "
    "share it."""
    axes.set_title(plain(panel.title), pad=34 if panel.x.pf_days else None)
    _axis(axes, "x", panel.x, panel.marks)
    _axis(axes, "y", panel.y, beside)
    axes.set_xlabel(plain(panel.x.label))
    axes.set_ylabel(plain(panel.y.label))
    if panel.missing:
        _say(axes, panel.missing)
        return
    handles = [one for place, mark in enumerate(panel.marks) for one in _draw(axes, mark, colours, place)]
    if panel.x.pf_days:
        add_pf_days(axes)
    _legend(axes, panel, handles)


def _say(axes, text: str) -> None:
    import textwrap

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
        place.set_major_formatter(FuncFormatter(lambda value, _at: f"{value:g}"))
    if axis.reversed:
        getattr(axes, f"invert_{which}axis")()


def _draw(axes, mark: Mark, colours, place: int) -> list:
    """Draw one mark and give its entry in the legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    colour = mark.colour
    if mark.size is not None and colours is not None:
        colour = colours.to_rgba(mark.size)
    gid = f"{axes.get_label()}-{place}-{mark.kind}"
    one = colour if mark.size is None or np.ndim(mark.size) == 0 else "#3b528b"
    if mark.kind == "band":
        axes.fill_between(
            mark.x, _nan(mark.low), _nan(mark.high), color=one, alpha=0.16, linewidth=0, zorder=1, gid=gid
        )
        return [Patch(color=one, alpha=0.3, linewidth=0, label=mark.label)] if mark.label else []
    if mark.kind == "line":
        style: Any = DASHES if mark.dashed else ":" if mark.dotted else "-"
        width = 0.9 if mark.thin else 1.6
        axes.plot(mark.x, mark.y, color=one, linestyle=style, linewidth=width, alpha=0.85 if mark.thin else 1.0,
                  zorder=2, gid=gid)  # fmt: skip
        return [Line2D([], [], color=one, linestyle=style, linewidth=width, label=mark.label)] if mark.label else []
    if mark.low:
        _bars(axes, mark, one)
    face = {"facecolors": "none", "edgecolors": colour, "linewidths": 0.9} if mark.hollow else \
           {"facecolors": colour if isinstance(mark.size, tuple) else [colour],
            "edgecolors": "white", "linewidths": 0.5}  # fmt: skip
    axes.scatter(mark.x, mark.y, s=12 if mark.thin else 26, marker=mark.symbol, zorder=4, gid=gid, **face)
    shown: dict[str, Any] = {
        "markerfacecolor": "none" if mark.hollow else one,
        "markeredgecolor": one if mark.hollow else "white",
    }
    entry = Line2D([], [], linestyle="none", marker=mark.symbol, label=mark.label, **shown)
    return [entry] if mark.label else []


def _nan(values) -> np.ndarray:
    return np.array([np.nan if one is None else one for one in values], dtype=float)


def _bars(axes, mark: Mark, colour) -> None:
    y = np.array(mark.y)
    low, high = (np.where(np.isfinite(_nan(end)), _nan(end), y) for end in (mark.low, mark.high))
    errors = [np.maximum(y - low, 0), np.maximum(high - y, 0)]
    axes.errorbar(mark.x, y, yerr=errors, fmt="none", ecolor=colour, elinewidth=0.9, alpha=0.55, zorder=3)


def _legend(axes, panel: ChartPanel, handles: list) -> None:
    """Put the legend below the panel, never over the data."""
    from matplotlib.lines import Line2D
    from matplotlib.transforms import ScaledTranslation

    words = [Line2D([], [], linestyle="none", label=equation(panel.equation))] if panel.equation else []
    entries = list({one.get_label(): one for one in [*words, *handles]}.values())
    if not entries:
        return
    for one in entries[len(words) :]:
        one.set_label(equation(one.get_label()))
    down = ScaledTranslation(0, -38 / 72, axes.figure.dpi_scale_trans)
    axes.legend(
        handles=entries,
        loc="upper left",
        bbox_to_anchor=(0.0, 0.0),
        bbox_transform=axes.transAxes + down,
        borderaxespad=0.0,
        borderpad=0.0,
        fontsize=7.5,
    )
