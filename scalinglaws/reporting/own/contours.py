"""Iso-loss contours over size and tokens, with the compute-optimal frontier and the runs."""

from dataclasses import replace

import numpy as np

from ...errors import counted
from ...records.numbers_in_text import number
from ...results.letters import loss_of, loss_unit, size_of, tokens_of
from ...results.live_plan import LossSurface
from ...results.study_results import Recommendation, StudyResults
from ..axes import label_of
from ..captions import runs_shown
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, Mark, Scale, line, points
from .figure import StudyFigure, plans_up_to, rows_of_fits

LEVELS = 9
BEYOND = 30.0  # times the largest fitted compute, up to which the frontier and the axes go


def draw(results: StudyResults) -> Drawing:
    """Draw the size and tokens of equal loss, dashed outside the runs, the frontier and the runs of the fit."""
    live, plans = _live(results), plans_up_to(results, BEYOND)
    marks, rows = _points(results, plans), rows_of_fits(results)
    size, tokens = (results.points[name][rows] for name in (size_of(results), tokens_of(results)))
    box = (*_ends(size, [one.params.value for one in plans]), *_ends(tokens, [one.tokens.value for one in plans]))
    levels = _levels(live.surface, box)
    scale = Scale(f"loss ({loss_unit(results)})", min(levels), max(levels))
    contours = [mark for loss in levels for mark in _contour(live.surface, loss, box, (size, tokens))]
    label = f"equal loss, by {plans[0].law}"
    first = next(i for i, mark in enumerate(contours) if not mark.dashed) if any(not m.dashed for m in contours) else 0
    contours = [replace(mark, label=label if i == first else "") for i, mark in enumerate(contours)]
    panel = ChartPanel(
        "",
        Axis(label_of(size_of(results)), limits=box[:2]),
        Axis(label_of(tokens_of(results)), limits=box[2:]),
        (*contours, *marks),
    )
    said = ", ".join(number(one, 3) for one in levels)
    told = (
        f"Sizes and numbers of tokens of equal loss by {plans[0].law}: {said} {loss_unit(results)}; dashed outside the "
        f"range of the {counted(int(rows.sum()), 'run')} drawn. The frontier has the lowest loss of each "
        f"compute 6 N D and ends at {BEYOND:g} times the largest fitted compute. {runs_shown(results)}"
    )
    return Drawing((panel,), told, scale)


def _live(results: StudyResults):
    return results.budgets.live if results.budgets else None


def _ends(measured: np.ndarray, planned: list[float]) -> tuple[float, float]:
    """Give the ends of an axis: those of the runs and the plans, and a little beyond."""
    return float(min(measured.min(), *planned)) / 1.5, float(max(measured.max(), *planned)) * 1.5


def _levels(surface: LossSurface, box: tuple[float, ...]) -> list[float]:
    """Choose losses whose contours lie evenly over the panel: quantiles of the loss over it."""
    n, d = np.array(surface.ln_params), np.array(surface.ln_tokens)
    inside = np.ix_((n >= np.log(box[0])) & (n <= np.log(box[1])), (d >= np.log(box[2])) & (d <= np.log(box[3])))
    losses = np.exp(np.array(surface.value)[inside]).ravel()
    found = np.quantile(losses, np.linspace(0.03, 0.97, LEVELS))
    return list(dict.fromkeys(float(f"{one:.2g}" if np.ptp(found) > 1 else f"{one:.3g}") for one in found))


def _contour(surface: LossSurface, loss: float, box: tuple[float, ...], seen) -> list[Mark]:
    """Follow one loss: at each size the tokens that reach it, which are unique because the loss falls with tokens."""
    n, d, value = np.array(surface.ln_params), np.array(surface.ln_tokens), np.array(surface.value)
    fine = np.linspace(max(np.log(box[0]), n[0]), min(np.log(box[1]), n[-1]), 120)
    rows = np.array([np.interp(fine, n, column) for column in value.T])  # (tokens, sizes)
    tokens = np.full(len(fine), np.nan)
    for i, column in enumerate(rows.T):
        falling = np.minimum.accumulate(column)
        if falling[-1] < np.log(loss) < falling[0]:
            tokens[i] = np.interp(-np.log(loss), -falling, d)
    good = np.isfinite(tokens) & (tokens >= np.log(box[2])) & (tokens <= np.log(box[3]))
    size, data = seen
    within = (fine >= np.log(size.min())) & (fine <= np.log(size.max()))
    within &= (tokens >= np.log(data.min())) & (tokens <= np.log(data.max()))
    marks = []
    for dashed in (False, True):
        for part in _runs_of(good & (within != dashed)):
            stretch = np.arange(max(part[0] - 1, 0) if dashed else part[0], part[-1] + (2 if dashed else 1))
            stretch = stretch[(stretch < len(fine))]
            stretch = stretch[good[stretch]]
            if len(stretch) > 1:
                note = (f"loss {loss:g}",) * len(stretch)
                marks.append(
                    line(
                        np.exp(fine[stretch]), np.exp(tokens[stretch]), size=loss, dashed=dashed, notes=note, thin=True
                    )
                )
    return marks


def _runs_of(flags: np.ndarray) -> list[np.ndarray]:
    """Split the places of true flags where they are interrupted."""
    places = np.flatnonzero(flags)
    return [part for part in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1) if len(part)]


def _points(results: StudyResults, plans: list[Recommendation]) -> list[Mark]:
    rows, table = rows_of_fits(results), results.points
    names = tuple(
        f"{name}: {loss:.4g}" for name, loss in zip(table.clusters()[rows], table[loss_of(results)][rows], strict=True)
    )
    measured = points(
        table[size_of(results)][rows], table[tokens_of(results)][rows], colour=INK, hollow=True, thin=True,
        label=f"runs of the fit (n = {int(rows.sum())})", notes=names,
    )  # fmt: skip
    marks = [measured]
    within = sum(one.reach < 1.001 for one in plans)
    for dashed, part in ((False, plans[:within]), (True, plans[max(within - 1, 0) :])):
        size, tokens = [one.params.value for one in part], [one.tokens.value for one in part]
        marks.append(line(size, tokens, colour=INK, dashed=dashed, label="" if dashed else "compute-optimal frontier"))
    return [mark for mark in marks if mark.x]


FIGURE = StudyFigure(
    "contours",
    "Loss over size and tokens, with the frontier",
    draw,
    lambda results: (
        _live(results) is not None and len(plans_up_to(results, BEYOND)) > 1 and bool(rows_of_fits(results).any())
    ),
    "no plan by the forecast, chinchilla or kaplan-nd, from which contours are drawn",
)
