"""Marks that every figure shares: points by their part in the fit, fitted lines with bands, learning curves, colours by size."""

import textwrap
from collections.abc import Iterable, Sequence

import numpy as np

from ..results import Band, LearningCurve, StudyResults
from .axes import equation
from .numbers import number, percent

INK = "#1b1f24"
LINES = (INK, "#c2410c", "#7c3aed", "#0f766e")  # told apart by dashes and order too, never by colour alone
FAINT = "#8b929c"
STAR = "#d6246e"
HOLLOW = ("o", "s", "D", "^", "v", "P")


def held_out_rows(results: StudyResults) -> np.ndarray:
    """Mark the rows of the points that belong to held-out runs."""
    ids = results.held_out.run_ids if results.held_out else ()
    if "run_id" not in results.points:
        return np.zeros(len(results.points), dtype=bool)
    return np.isin(results.points["run_id"], list(ids))


def excluded_rows(results: StudyResults) -> dict[str, np.ndarray]:
    """Map each reason for leaving a point out of a fit to its rows; held-out runs are not among them."""
    if "excluded_because" not in results.points:
        return {}
    because, held = results.points["excluded_because"], held_out_rows(results)
    return {reason: (because == reason) & ~held for reason in sorted({*because[~held]} - {""})}


def fitted_rows(results: StudyResults, bands: Sequence[Band] = ()) -> np.ndarray:
    """Mark the rows that the given lines were fitted to; without a record of it, every row that was kept."""
    kept = ~held_out_rows(results)
    for rows in excluded_rows(results).values():
        kept &= ~rows
    named = sorted({row for band in bands for row in band.rows})
    if not named:
        return kept
    chosen = np.zeros(len(results.points), dtype=bool)
    chosen[named] = True
    return chosen


def size_colours(results: StudyResults):
    """Make the colour scale of model sizes: viridis without its palest end, over log N.

    Returns:
        a ScalarMappable; `.to_rgba(N)` gives a colour.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, LogNorm

    sizes = [curve.params_nonembedding for curve in results.curves]
    if "params_nonembedding" in results.points:
        sizes += results.points["params_nonembedding"].tolist()
    sizes = [size for size in sizes if np.isfinite(size) and size > 0] or [1.0, 10.0]
    low, high = min(sizes), max(sizes)
    palette = ListedColormap(colormaps["viridis"](np.linspace(0.0, 0.9, 256)))
    return ScalarMappable(LogNorm(low, high if high > low else 10 * low), palette)


def add_colour_bar(figure, axes, colours, *, stacked: bool = False) -> None:
    """Add the colour bar of model sizes beside the axes, or below them."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

    from .axes import tick_text, ticks

    where = {"location": "bottom", "shrink": 0.9, "aspect": 30} if stacked else {"location": "right", "aspect": 28}
    bar = figure.colorbar(colours, ax=axes, pad=0.02, **where)
    major, minor = ticks(*colours.get_clim())
    axis = bar.ax.xaxis if stacked else bar.ax.yaxis
    axis.set_major_locator(FixedLocator(major))
    axis.set_minor_locator(FixedLocator(minor))
    axis.set_major_formatter(FuncFormatter(lambda value, _place: tick_text(value)))
    axis.set_minor_formatter(NullFormatter())
    bar.set_label("non-embedding parameters N (parameters)")
    bar.outline.set_visible(False)


def draw_points(
    axes, results: StudyResults, x: str, y: str, colours, rows: np.ndarray, *, counted: bool = True
) -> list:
    """Draw every point whose x and y are positive: filled in the fit, hollow if excluded, a star if held out.

    Returns:
        legend entries that say why the excluded ones are, and (`counted`) how many of each are drawn.
    """
    if x not in results.points or y not in results.points or not len(results.points):
        return []
    visible = _positive(results.points[x]) & _positive(results.points[y])
    held, excluded = held_out_rows(results), excluded_rows(results)
    others = ~rows & ~held
    for reason_rows in excluded.values():
        others &= ~reason_rows
    drawn = [
        _other_points(axes, results, x, y, colours, others & visible, counted),
        _fitted_points(axes, results, x, y, colours, rows & visible, counted),
        *(
            _excluded_points(axes, results, x, y, reason, reason_rows & visible & ~rows, HOLLOW[k % len(HOLLOW)])
            for k, (reason, reason_rows) in enumerate(excluded.items())
        ),
        _held_out_points(axes, results, x, y, held & visible),
    ]
    return [entry for entry in drawn if entry is not None]


def _fitted_points(axes, results, x, y, colours, rows, counted):
    if not rows.any():
        return None
    axes.scatter(results.points[x][rows], results.points[y][rows], s=26, c=_colours(results, colours, rows),
                 edgecolors="white", linewidths=0.5, zorder=4, gid=_gid(axes, "fitted"))  # fmt: skip
    return _proxy("o", f"in the fit (n = {rows.sum()})" if counted else "in the fit", markerfacecolor="#3b528b", markeredgecolor="white")


def _other_points(axes, results, x, y, colours, rows, counted):
    if not rows.any():
        return None
    axes.scatter(results.points[x][rows], results.points[y][rows], s=11, c=_colours(results, colours, rows),
                 alpha=0.5, linewidths=0, zorder=3, gid=_gid(axes, "other"))  # fmt: skip
    return _proxy("o", f"not used by this fit (n = {rows.sum()})" if counted else "not used by this panel's fit", markersize=3.2, alpha=0.5, markerfacecolor="#3b528b",
                  markeredgewidth=0)  # fmt: skip


def _excluded_points(axes, results, x, y, reason, rows, marker):
    if not rows.any():
        return None
    axes.scatter(results.points[x][rows], results.points[y][rows], s=26, facecolors="none", edgecolors=INK,
                 linewidths=0.9, marker=marker, zorder=4, gid=_gid(axes, "excluded-" + _slug(reason)))  # fmt: skip
    return _proxy(marker, _wrapped(f"excluded: {reason} (n = {rows.sum()})"), markerfacecolor="none", markeredgecolor=INK)


def _held_out_points(axes, results, x, y, rows):
    if not rows.any():
        return None
    axes.scatter(results.points[x][rows], results.points[y][rows], s=95, marker="*", c=STAR, edgecolors="white",
                 linewidths=0.6, zorder=6, gid=_gid(axes, "held-out"))  # fmt: skip
    return _proxy("*", f"held out, seen by no fit (n = {rows.sum()})", markersize=10, markerfacecolor=STAR,
                  markeredgecolor="white")  # fmt: skip


def draw_band(axes, band: Band, colour, *, name: str = "", scale: float = 1.0) -> list:
    """Draw a fitted line, solid where it was fitted and dashed beyond, and its interval; x is multiplied by `scale`.

    Returns:
        legend entries for the line and for the interval.
    """
    from matplotlib.patches import Patch

    x, y = np.array(band.x, dtype=float) * scale, np.array(band.y, dtype=float)
    low, high = np.array(band.low, dtype=float), np.array(band.high, dtype=float)
    first, last = (end * scale for end in band.fitted_to)
    inside = (x >= first * (1 - 1e-9)) & (x <= last * (1 + 1e-9))
    known = np.isfinite(low) & np.isfinite(high)
    if known.any():
        axes.fill_between(x, low, high, where=known, color=colour, alpha=0.16, linewidth=0, zorder=1,
                          gid=_gid(axes, f"interval-{_slug(band.law)}"))  # fmt: skip
    for part, rows in (("line", inside), ("extrapolated", x <= first), ("extrapolated", x >= last)):
        style = "-" if part == "line" else (0, (4, 2.4))
        if rows.sum() > 1:
            axes.plot(x[rows], y[rows], color=colour, linestyle=style, linewidth=1.6, zorder=2,
                      gid=_gid(axes, f"{part}-{_slug(band.law)}"))  # fmt: skip
    entries = [_proxy("", name or equation(band.text), color=colour, linestyle="-")]
    if known.any():
        entries.append(Patch(color=colour, alpha=0.16, linewidth=0, label=f"{percent(band.level)} interval"))
    return entries


def extrapolation_entry(bands: Iterable[Band]) -> list:
    """Give the legend entry of dashed lines, if any line goes beyond what it was fitted to."""
    beyond = any(min(b.x) < b.fitted_to[0] * 0.999 or max(b.x) > b.fitted_to[1] * 1.001 for b in bands if b.x)
    return [_proxy("", "dashed: extrapolated", color=FAINT, linestyle=(0, (4, 2.4)))] if beyond else []


def draw_curves(axes, curves: Sequence[LearningCurve], x_of, colours) -> list:
    """Draw learning curves as thin lines coloured by size; x_of(curve) gives the abscissae."""
    for curve in sorted(curves, key=lambda c: -c.params_nonembedding):
        x, y = np.array(x_of(curve), dtype=float), np.array(curve.loss_nats, dtype=float)
        rows = _positive(x) & _positive(y)
        axes.plot(x[rows], y[rows], color=colours.to_rgba(curve.params_nonembedding), linewidth=0.9, alpha=0.85, zorder=2,
                  gid=_gid(axes, f"curve-{_slug(curve.run_id)}"))  # fmt: skip
    shown = _proxy("", f"learning curves (n = {len(curves)} runs)", color="#3b528b", linestyle="-", linewidth=0.9)
    return [shown] if curves else []


def draw_floor(axes, results: StudyResults) -> list:
    """Draw the exact entropy of a synthetic source as a dotted line; nothing when it is not known."""
    if results.true_floor_nats is None:
        return []
    axes.axhline(results.true_floor_nats, color=INK, linestyle=":", linewidth=1.1, zorder=1, gid=_gid(axes, "true-floor"))
    return [_proxy("", f"true floor {number(results.true_floor_nats, 4)} nats", color=INK, linestyle=":", linewidth=1.1)]


def legend_below(axes, entries: Sequence, *, columns: int = 1) -> None:
    """Put a panel's legend under it, where it can hide nothing; entries of the same words are given once."""
    from matplotlib.transforms import offset_copy

    handles = _once(entries)
    if handles:
        below = offset_copy(axes.transAxes, axes.figure, y=-37, units="points")
        axes.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=below, ncols=columns,
                    borderaxespad=0.0, borderpad=0.0, alignment="left")  # fmt: skip


def legend_inside(axes, entries: Sequence) -> None:
    """Put what a panel says of its own fit into its upper right corner, which a falling loss leaves free."""
    handles = _once(entries)
    if handles:
        axes.legend(handles=handles, loc="upper right", borderaxespad=0.1, borderpad=0.2, frameon=True, framealpha=0.85,
                    edgecolor="none", handlelength=1.6)  # fmt: skip


def legend_shared(figure, entries: Sequence, *, stacked: bool) -> None:
    """Put one legend of the marks that all panels share under the figure."""
    handles = _once(entries)
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=1 if stacked else 3, columnspacing=1.6)


def legend_beside(figure, entries: Sequence, *, stacked: bool) -> None:
    """Put a long legend to the right of the figure, or under it in two columns."""
    handles = _once(entries)
    if handles:
        where = {"loc": "outside lower left", "ncols": 2} if stacked else {"loc": "outside right upper"}
        figure.legend(handles=handles, **where)


def _once(entries: Sequence) -> list:
    return list({entry.get_label(): entry for entry in entries}.values())


def say_missing(axes, results: StudyResults, what: str) -> None:
    """Write in empty axes what is missing and how many runs there are; the axes keep their labels."""
    text = f"{runs_present(results)}\n{what}"
    axes.text(0.5, 0.5, text, transform=axes.transAxes, ha="center", va="center", color="#5b6470")


def title(axes, text: str, *, stacked: bool = False, over_axis: bool = False) -> None:
    """Title a panel; `over_axis` lines it up with neighbours that have a second axis on top."""
    axes.set_title(text, pad=34 if over_axis and not stacked else None)


def runs_present(results: StudyResults) -> str:
    """Say how many of the runs that were asked for are there."""
    return f"{results.runs_present} of {results.runs_expected} runs present"


def note_missing(figure, results: StudyResults) -> None:
    """Write under a figure how many runs are there, when some are not."""
    if results.runs_present < results.runs_expected:
        figure.supxlabel(runs_present(results), fontsize=8.0, color="#9a3412", x=0.01, ha="left")


def proxy(marker: str, label: str, **style):
    """Make a legend entry by hand."""
    return _proxy(marker, label, **style)


def _proxy(marker: str, label: str, **style):
    from matplotlib.lines import Line2D

    return Line2D([], [], **{"marker": marker or "none", "linestyle": "none", "label": label, **style})


def _colours(results: StudyResults, colours, rows: np.ndarray):
    if "params_nonembedding" not in results.points:
        return INK
    return colours.to_rgba(results.points["params_nonembedding"][rows])


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text.replace("(n = ", "(n\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"), 40))


def _positive(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) & (values > 0)


def _gid(axes, part: str) -> str:
    return f"{axes.get_label() or 'panel'}-{part}"


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower()).strip("-")[:40] or "x"
