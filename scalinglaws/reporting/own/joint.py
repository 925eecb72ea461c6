"""Loss against tokens, one line per model size, with the joint law (Kaplan et al. 2020, Figure 4 left)."""

from collections.abc import Sequence

from ...results.fitted import Band
from ...results.letters import loss_of, of_a_table, size_of, tokens_of
from ...results.rows_in_fits import fitted_rows
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import floor_line, nothing_drawn, points_drawn
from ..drawing.drawing import Axis, ChartPanel, Drawing
from .figure import StudyFigure, about_bands, band_marks, by_role, empty_panel, floor_marks, no_fit, sizes

PANEL = "L(N,D)"


def draw(results: StudyResults) -> Drawing:
    """Draw the final losses against the training tokens and the fitted L(N, D): a panel per law, a line per size."""
    bands = results.bands.get(PANEL, ())
    laws = list(dict.fromkeys(band.law for band in bands)) or [""]
    panels = []
    for place, law in enumerate(laws):
        title = f"({'abcdefgh'[place % 8]}) {law}" if len(laws) > 1 else law
        panels.append(joint_panel(results, [band for band in bands if band.law == law], title))
    return Drawing(tuple(panels), caption(results), sizes(results), same_y=True)


def joint_panel(results: StudyResults, bands: Sequence[Band], title: str = "") -> ChartPanel:
    """Draw the lines of one law, one per size, over the points."""
    bands = sorted(bands, key=lambda band: band.colour_value or 0.0)
    quantity = bands[0].x_quantity if bands else tokens_of(results)
    seen = by_role(results, quantity, loss_of(results), fitted_rows(results, bands, named=True))
    lines = band_marks(bands, label=f"{bands[0].law}, one line per size" if bands else "")
    texts = list(dict.fromkeys(band.text for band in bands)) or [no_fit(results, PANEL)]
    marks = [*lines, *seen]
    marks += floor_marks(results, marks)
    axes = Axis(label_of(quantity)), Axis(label_of(loss_of(results)))
    panel = ChartPanel(title, *axes, tuple(marks), equation=texts[0] if seen else "")
    return empty_panel(panel, results, f"no points for {PANEL} yet")


def caption(results: StudyResults) -> str:
    """Say which laws the lines are, and what they were fitted to."""
    if not len(results.points):
        return nothing_drawn(results)
    bands = results.bands.get(PANEL, ())
    laws = dict.fromkeys(band.law for band in bands)
    fits = [next((fit for fit in results.fits if fit.law == law), None) for law in laws]
    told = "; ".join(f"{fit.formula} fitted to {fit.fitted_to}" for fit in fits if fit)
    law = f" The lines are {told}." if told else ""
    every = {band.colour_value for band in bands}
    known = len({*results.points[size_of(results)].tolist()}) if size_of(results) in results.points else 0
    some = f" ({len(every)} of {known:,} sizes have a line)" if every and len(every) < known else ""
    what = "Loss" if of_a_table(results) else "Final test loss"
    return (
        f"{what} against training tokens, with one line and one colour per model size{some}.{law} "
        f"{points_drawn(results)} {about_bands(bands)}{floor_line(results)}"
    )


FIGURE = StudyFigure(
    "joint",
    "Loss against tokens at every size",
    draw,
    lambda r: PANEL in r.bands or not of_a_table(r),
    "no fitted law of N and D",
)
