"""Marks that all figures share: points by their role in the fit, fitted lines with intervals, learning curves."""

from collections.abc import Sequence

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
MOST_MARKS = 1500  # maximum points that are drawn one by one; more become one bitmap, to keep the page small
HOLLOW = ("o", "s", "D", "^", "v", "P")


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
    axes.scatter(
        results.points[x][rows],
        results.points[y][rows],
        s=26,
        c=colour_of(results, colours, rows),
        edgecolors="white",
        linewidths=0.5,
        zorder=4,
        rasterized=many(results),
        gid=_gid(axes, "fitted"),
    )
    return proxy(
        "o",
        f"in the fit (n = {rows.sum()})" if counted else "in the fit",
        markerfacecolor="#3b528b",
        markeredgecolor="white",
    )


def _other_points(axes, results, x, y, colours, rows, counted):
    if not rows.any():
        return None
    axes.scatter(
        results.points[x][rows],
        results.points[y][rows],
        s=11,
        c=colour_of(results, colours, rows),
        alpha=0.5,
        linewidths=0,
        zorder=3,
        rasterized=many(results),
        gid=_gid(axes, "other"),
    )
    return proxy(
        "o",
        f"not used by this fit (n = {rows.sum()})" if counted else "not used by this panel's fit",
        markersize=3.2,
        alpha=0.5,
        markerfacecolor="#3b528b",
        markeredgewidth=0,
    )


def _excluded_points(axes, results, x, y, reason, rows, marker):
    if not rows.any():
        return None
    axes.scatter(
        results.points[x][rows],
        results.points[y][rows],
        s=26,
        facecolors="none",
        edgecolors=INK,
        linewidths=0.9,
        marker=marker,
        zorder=4,
        rasterized=many(results),
        gid=_gid(axes, "excluded-" + _slug(reason)),
    )
    return proxy(marker, wrapped(f"excluded: {reason} (n = {rows.sum()})"), markerfacecolor="none", markeredgecolor=INK)


def _held_out_points(axes, results, x, y, rows):
    if not rows.any():
        return None
    axes.scatter(
        results.points[x][rows],
        results.points[y][rows],
        s=95,
        marker="*",
        c=STAR,
        edgecolors="white",
        linewidths=0.6,
        zorder=6,
        gid=_gid(axes, "held-out"),
    )
    return proxy(
        "*",
        f"held out, not in any fit (n = {rows.sum()})",
        markersize=10,
        markerfacecolor=STAR,
        markeredgecolor="white",
    )


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
    shown = proxy("", f"learning curves (n = {len(curves)} runs)", color="#3b528b", linestyle="-", linewidth=0.9)
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
