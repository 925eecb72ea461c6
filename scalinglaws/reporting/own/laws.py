"""Test loss against compute, tokens and parameters, with power laws (Kaplan et al. 2020, Figure 1)."""

from collections.abc import Sequence

import numpy as np

from ...errors import counted
from ...results.fitted import LearningCurve
from ...results.letters import flops_of, loss_of, of_a_table, tokens_of
from ...results.rows_in_fits import fitted_rows
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import floor_line, nothing_drawn, points_drawn
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, Mark, line
from .figure import (
    FRONTIER,
    StudyFigure,
    about_bands,
    band_marks,
    by_role,
    curve_marks,
    empty_panel,
    floor_marks,
    no_fit,
    sizes,
)

PANELS = (
    ("L(C)", "C", "(a) compute"),
    ("L(D)", "D", "(b) tokens"),
    ("L(N)", "N", "(c) size"),
)
COLOURS = (INK, "#c2410c", "#7c3aed", "#0f766e")  # of the lines of one panel


def draw(results: StudyResults) -> Drawing:
    """Draw the loss against compute (with learning curves and frontier), tokens and size, with fits and intervals."""
    panels = tuple(law_panel(results, law, results.counts[letter], title) for law, letter, title in PANELS)
    return Drawing(panels, caption(results), sizes(results), same_y=True)


def law_panel(results: StudyResults, law: str, quantity: str, title: str = "") -> ChartPanel:
    """Draw one panel: the points by their role and the lines fitted to them; of compute, curves and frontier too."""
    bands = results.bands.get(law, ())
    quantity = bands[0].x_quantity if bands else quantity
    rows = fitted_rows(results, bands, named=True)
    seen = by_role(results, quantity, loss_of(results), rows, counts=False)
    curves = results.curves if law == "L(C)" else ()
    thin = curve_marks(curves, lambda curve: compute_along(results, curve, quantity))
    best = _frontier(results) if law == "L(C)" and quantity == flops_of(results) else []
    lines = band_marks(bands, COLOURS) if seen else []
    words = f"fitted to {counted(int(rows.sum()), 'point')}" if bands else no_fit(results, law)
    marks = [*thin, *lines, *best, *seen]
    marks += floor_marks(results, marks)
    x = Axis(label_of(quantity), pf_days=quantity.startswith("flops"))
    panel = ChartPanel(title, x, Axis(label_of(loss_of(results))), tuple(marks), equation=words if seen else "")
    return empty_panel(panel, results, f"no points for {law} yet")


def _frontier(results: StudyResults) -> list[Mark]:
    """Join the lowest measured losses by compute, where no smaller budget reached a loss as low; this is no fit."""
    found = results.frontier
    if found is None:
        return []
    part = [(c, loss) for c, loss, out in zip(found.flops, found.loss_nats, found.censored, strict=True) if not out]
    lowest = [pair for k, pair in enumerate(part) if all(pair[1] < before for _, before in part[:k])]
    if len(lowest) < 2:
        return []
    label = f"compute-efficient frontier ({found.method}), no fit"
    return [line(*zip(*lowest, strict=True), dotted=True, colour=FRONTIER, label=label)]


def compute_along(results: StudyResults, curve: LearningCurve, quantity: str) -> Sequence[float]:
    """Return the compute along a learning curve by another count: the FLOPs per token are constant during a run."""
    points = results.points
    if quantity == flops_of(results) or quantity not in points or "run_id" not in points:
        return curve.flops_6nd
    row = np.flatnonzero(points["run_id"] == curve.run_id)
    if not len(row):
        return [np.nan] * len(curve.tokens)
    per_token = points[quantity][row[0]] / points[tokens_of(results)][row[0]]
    return [tokens * per_token for tokens in curve.tokens]


def caption(results: StudyResults) -> str:
    """Say what is drawn, what the lines were fitted to and what is left out."""
    if not len(results.points):
        return nothing_drawn(results)
    seen, table = points_drawn(results), of_a_table(results)
    loss = "Loss" if table else "Test loss"
    more = [w for w, here in (("learning curves", results.curves), ("frontier", results.frontier)) if here or not table]
    along = f" with {' and '.join(more)}" if more else ""
    bands = [band for law, _, _ in PANELS for band in results.bands.get(law, ())]
    return (
        f"{loss} against training compute{along} (a), training tokens (b) and model size (c). {seen} "
        f"Each line is fitted to the large filled points of its panel. {about_bands(bands)}{floor_line(results)}"
    )


FIGURE = StudyFigure("laws", "Loss against compute, tokens and size", draw)
