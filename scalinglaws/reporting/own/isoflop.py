"""IsoFLOP curves: the loss against size at each compute that several sizes share, with the best size of each."""

import numpy as np

from ...errors import counted
from ...results.letters import flops_of, loss_of, size_of
from ...results.rows_in_fits import fitted_rows
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import runs_shown
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, line, points, scale_of
from .figure import StudyFigure

SAME = 0.1  # computes within this fraction of each other are one budget
LEAST_SIZES, LEAST_BUDGETS = 4, 2


def budgets(results: StudyResults) -> list[tuple[float, np.ndarray]]:
    """Group the fitted rows by compute: each budget's compute, and its rows in the order of size.

    A budget has at least `LEAST_SIZES` sizes; of several rows of one size the one with the lowest loss counts.
    """
    names = size_of(results), flops_of(results), loss_of(results)
    if not set(names) <= set(results.points.columns):
        return []
    size, flops, loss = (results.points[name] for name in names)
    good = fitted_rows(results) & np.logical_and.reduce([np.isfinite(x) & (x > 0) for x in (size, flops, loss)])
    rows = np.flatnonzero(good)
    rows = rows[np.argsort(flops[rows])]
    groups = np.split(rows, np.flatnonzero(np.diff(np.log(flops[rows])) > SAME) + 1) if len(rows) else []
    found = []
    for group in groups:
        if flops[group[-1]] > flops[group[0]] * (1 + SAME):  # a range of computes, not one budget
            continue
        best = [group[size[group] == one][np.argmin(loss[group[size[group] == one]])] for one in np.unique(size[group])]
        if len(best) >= LEAST_SIZES:
            found.append((float(np.exp(np.mean(np.log(flops[group])))), np.array(best)))
    return found


def draw(results: StudyResults) -> Drawing:
    """Draw a line per budget in the colour of its compute, and mark the lowest point of each."""
    found = budgets(results)
    size, loss = results.points[size_of(results)], results.points[loss_of(results)]
    names = results.points.clusters()
    marks, inside, ends = [], 0, 0
    for flops, rows in found:
        notes, shape = tuple(names[rows].tolist()), {"size": float(flops)}
        marks += [line(size[rows], loss[rows], thin=True, notes=notes[:1] * len(rows), **shape)]
        marks += [points(size[rows], loss[rows], notes=notes, **shape)]
        best = int(np.argmin(loss[rows]))
        at_end = best in (0, len(rows) - 1)
        inside, ends = inside + (not at_end), ends + at_end
        label = "lowest loss, at an end: only a bound" if at_end else "lowest loss of a budget"
        lowest = rows[best : best + 1]
        marks.append(points(size[lowest], loss[lowest], symbol="D", hollow=at_end, colour=INK, label=label))
    told = (
        f"Loss against size at each of {counted(len(found), 'compute')} that {LEAST_SIZES} sizes or more share (within "
        f"{SAME:.0%}); colour is the compute. The lowest measured point of {inside} of them lies inside the sizes"
        f"{f'; of {ends} it lies at an end and is only a bound' if ends else ''}. No curve is fitted here: "
        f"the frontier verb fits one, with an interval. {runs_shown(results)}"
    )
    panel = ChartPanel("", Axis(label_of(size_of(results))), Axis(label_of(loss_of(results))), tuple(marks))
    return Drawing((panel,), told, scale_of([flops for flops, _ in found], label_of(flops_of(results))))


FIGURE = StudyFigure(
    "isoflop",
    "Loss against size at equal compute",
    draw,
    lambda results: len(budgets(results)) >= LEAST_BUDGETS,
    f"no two computes that {LEAST_SIZES} sizes share",
)
