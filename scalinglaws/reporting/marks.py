"""Marks that all figures share: points by their role in the fit, fitted lines with intervals, learning curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Any

import numpy as np

from ..records.numbers_in_text import stated
from ..results.fitted import Band, LearningCurve
from ..results.letters import size_of
from ..results.rows_in_fits import excluded_rows, held_out_rows
from ..results.study_results import StudyResults
from .axes import equation
from .legends import proxy, wrapped

INK = "#1b1f24"
LINES = (INK, "#c2410c", "#7c3aed", "#0f766e")  # also distinguished by dashes and order, never by colour alone
STAR = "#d6246e"
MIDDLE = "#3b528b"  # of the colours of sizes: the entries in the legend that stand for all of them
MOST_MARKS = 1500  # maximum points that are drawn one by one; more become one bitmap, to keep the page small
HOLLOW = ("o", "s", "D", "^", "v", "P")


@dataclass(frozen=True)
class Look:
    """How points of one kind look: in a panel, as `Axes.scatter` takes it, and in the legend, as `Line2D` does."""

    drawn: dict[str, Any]
    shown: dict[str, Any]


FITTED = Look(
    {"s": 26, "edgecolors": "white", "linewidths": 0.5, "zorder": 4},
    {"markerfacecolor": MIDDLE, "markeredgecolor": "white"},
)
OTHER = Look(
    {"s": 11, "alpha": 0.5, "linewidths": 0, "zorder": 3},
    {"markersize": 3.2, "alpha": 0.5, "markerfacecolor": MIDDLE, "markeredgewidth": 0},
)
EXCLUDED = Look(
    {"s": 26, "facecolors": "none", "edgecolors": INK, "linewidths": 0.9, "zorder": 4},
    {"markerfacecolor": "none", "markeredgecolor": INK},
)
HELD_OUT = Look(
    {"s": 95, "c": STAR, "edgecolors": "white", "linewidths": 0.6, "zorder": 6, "rasterized": False},
    {"markersize": 10, "markerfacecolor": STAR, "markeredgecolor": "white"},
)


def draw_points(
    axes, results: StudyResults, x: str, y: str, colours, rows: np.ndarray, *, counted: bool = True
) -> list:
    """Draw every point whose x and y are positive: filled if in the fit, hollow if excluded, a star if held out.

    Returns:
        legend entries, with the reasons of the excluded points and (`counted`) the number of points of each kind.
    """
    if x not in results.points or y not in results.points or not len(results.points):
        return []
    visible = _positive(results.points[x]) & _positive(results.points[y])
    held, excluded = held_out_rows(results), excluded_rows(results)
    others = visible & ~rows & ~held & ~np.any([*excluded.values(), np.zeros_like(rows)], axis=0)
    held, rows = held & visible, rows & visible
    excluded = {reason: left & visible & ~rows for reason, left in excluded.items()}
    fit = "this fit" if counted else "this panel's fit"
    draw, of_size = partial(_draw, axes, results, x, y), partial(colour_of, results, colours)
    drawn = [
        draw(others, "other", OTHER, _label(f"not used by {fit}", others, counted), colour=of_size),
        draw(rows, "fitted", FITTED, _label("in the fit", rows, counted), colour=of_size),
        *(
            draw(left, f"excluded-{_slug(reason)}", EXCLUDED, wrapped(_label(f"excluded: {reason}", left)), marker)
            for marker, (reason, left) in zip(cycle(HOLLOW), excluded.items(), strict=False)
        ),
        draw(held, "held-out", HELD_OUT, _label("held out, not in any fit", held), "*"),
    ]
    return [entry for entry in drawn if entry is not None]


def _label(words: str, rows: np.ndarray, counted: bool = True) -> str:
    return f"{words} (n = {rows.sum()})" if counted else words


def _draw(axes, results, x, y, rows, part, look: Look, label: str, marker="o", colour=None):
    """Draw the points of one kind and make their entry in the legend; None where there are none."""
    if not rows.any():
        return None
    style = {"rasterized": many(results)} | look.drawn | ({} if colour is None else {"c": colour(rows)})
    axes.scatter(results.points[x][rows], results.points[y][rows], marker=marker, gid=_gid(axes, part), **style)
    return proxy(marker, label, **look.shown)


def draw_band(axes, band: Band, colour, *, name: str = "") -> list:
    """Draw a fitted line, solid within the range of its points and dashed beyond, and its interval.

    Returns:
        the legend entry of the line.
    """
    x, y = np.array(band.x, dtype=float), np.array(band.y, dtype=float)
    low, high = np.array(band.low, dtype=float), np.array(band.high, dtype=float)
    first, last = band.fitted_to
    inside = (x >= first * (1 - 1e-9)) & (x <= last * (1 + 1e-9))
    known = np.isfinite(low) & np.isfinite(high)
    if known.any():
        axes.fill_between(
            x,
            low,
            high,
            where=known,
            color=colour,
            alpha=0.16,
            linewidth=0,
            zorder=1,
            gid=_gid(axes, f"interval-{_slug(band.law)}"),
        )
    for part, rows in (("line", inside), ("extrapolated", x <= first), ("extrapolated", x >= last)):
        style = "-" if part == "line" else (0, (4, 2.4))
        if rows.sum() > 1:
            axes.plot(
                x[rows],
                y[rows],
                color=colour,
                linestyle=style,
                linewidth=1.6,
                zorder=2,
                gid=_gid(axes, f"{part}-{_slug(band.law)}"),
            )
    return [proxy("", name or equation(band.text), color=colour, linestyle="-")]


def draw_curves(axes, curves: Sequence[LearningCurve], x_of, colours) -> list:
    """Draw learning curves as thin lines coloured by size; x_of(curve) returns the values of x."""
    for curve in sorted(curves, key=lambda c: -c.params_nonembedding):
        x, y = np.array(x_of(curve), dtype=float), np.array(curve.loss_nats, dtype=float)
        rows = _positive(x) & _positive(y)
        axes.plot(
            x[rows],
            y[rows],
            color=colours.to_rgba(curve.params_nonembedding),
            linewidth=0.9,
            alpha=0.85,
            zorder=2,
            gid=_gid(axes, f"curve-{_slug(curve.run_id)}"),
        )
    shown = proxy("", f"learning curves (n = {len(curves)} runs)", color=MIDDLE, linestyle="-", linewidth=0.9)
    return [shown] if curves else []


def draw_floor(axes, results: StudyResults) -> list:
    """Draw the exact entropy of a synthetic source as a dotted line; nothing if it is not known."""
    if results.true_floor_nats is None:
        return []
    axes.axhline(
        results.true_floor_nats, color=INK, linestyle=":", linewidth=1.1, zorder=1, gid=_gid(axes, "true-floor")
    )
    return [proxy("", f"true floor {stated(results.true_floor_nats, 5)} nats", color=INK, linestyle=":", linewidth=1.1)]


def many(results: StudyResults) -> bool:
    """Say whether there are too many points to draw one by one."""
    return len(results.points) > MOST_MARKS


def colour_of(results: StudyResults, colours, rows: np.ndarray):
    """Return the colours of rows by their model size, or black if sizes are not recorded."""
    if size_of(results) not in results.points:
        return INK
    return colours.to_rgba(results.points[size_of(results)][rows])


def _positive(values: np.ndarray) -> np.ndarray:
    return np.isfinite(values) & (values > 0)


def _gid(axes, part: str) -> str:
    return f"{axes.get_label() or 'panel'}-{part}"


def _slug(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower()).strip("-")[:40] or "x"
