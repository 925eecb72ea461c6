"""Learning curves against tokens and against compute, coloured by size (Kaplan et al. 2020, Figure 2)."""

from ...errors import counted
from ...results.letters import flops_of, loss_of, of_a_table
from ...results.study_results import StudyResults
from ..axes import label_of
from ..captions import floor_line, nothing_drawn, runs_shown
from ..drawing.drawing import Axis, ChartPanel, Drawing, points
from .figure import STAR, StudyFigure, curve_marks, empty_panel, floor_marks, sizes


def draw(results: StudyResults) -> Drawing:
    """Draw every run's test loss against tokens processed and against training compute."""
    panels = (_panel(results, "tokens", "(a) tokens"), _panel(results, "flops_6nd", "(b) compute"))
    return Drawing(panels, caption(results), sizes(results), same_y=True)


def _panel(results: StudyResults, quantity: str, title: str) -> ChartPanel:
    by_compute = quantity == "flops_6nd"
    marks = curve_marks(results.curves, lambda curve: getattr(curve, quantity))
    held = {id for one in results.tests for id in one.run_ids}
    ends = [curve for curve in results.curves if curve.run_id in held and curve.tokens]
    if ends:
        x, y = [getattr(one, quantity)[-1] for one in ends], [one.loss_nats[-1] for one in ends]
        label, notes = f"end of a held-out run (n = {len(ends)})", tuple(one.run_id for one in ends)
        marks.append(points(x, y, symbol="*", colour=STAR, label=label, notes=notes))
    marks += floor_marks(results, marks)
    words = label_of(flops_of(results)) if by_compute else "tokens processed (tokens)"
    axes = Axis(words, pf_days=by_compute), Axis(label_of(loss_of(results)))
    return empty_panel(ChartPanel(title, *axes, tuple(marks)), results, "no learning curve yet")


def caption(results: StudyResults) -> str:
    """Say how many runs are drawn."""
    if not results.curves:
        return nothing_drawn(results)
    return (
        f"Test loss during {counted(len(results.curves), 'run')} against tokens processed (a) and training "
        f"compute (b), coloured by model size. {runs_shown(results)}{floor_line(results)}"
    )


FIGURE = StudyFigure(
    "curves", "Learning curves", draw, lambda r: bool(r.curves) or not of_a_table(r), "no run of three rows or more"
)
