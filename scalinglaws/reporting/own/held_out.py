"""The prediction for held-out runs, and their measured losses."""

from collections.abc import Sequence

from ...records.numbers_in_text import abbreviated, percent, plus_minus, typeset
from ...results.fitted import Band
from ...results.letters import loss_of
from ...results.rows_in_fits import fitted_rows
from ...results.sentences import verdict
from ...results.study_results import StudyResults
from ...results.tested import HeldOutTest
from ..axes import label_of
from ..drawing.drawing import INK, Axis, ChartPanel, Drawing, Mark, band, line, points
from .figure import STAR, StudyFigure, about_bands, band_marks, by_role, empty_panel, sizes

WIDE = (-0.6, 1.6)  # ends of the close-up: predicted stands at 0, measured at 1


def draw(results: StudyResults) -> Drawing:
    """Draw the law with the predicted interval, and a close-up of the interval with every measured loss."""
    test = results.held_out
    lines = lines_of(results, test) if test else []
    panels = (_context(results, test, lines), _close_up(results, test))
    return Drawing(panels, _caption(results, lines), sizes(results))


def lines_of(results: StudyResults, test: HeldOutTest) -> list[Band]:
    """Choose the lines that show a prediction: its own, else those of its law: L(N), or L(N, D) at every size."""
    if test.line:
        return [test.line]
    bands = [band for panel in results.bands.values() for band in panel if band.law == test.law]
    along_size = [band for band in bands if band.x_quantity.startswith("params")]
    return along_size[:1] or [band for band in bands if band.x_quantity == "tokens"]


def _context(results: StudyResults, test: HeldOutTest | None, bands: Sequence[Band]) -> ChartPanel:
    by_tokens = bool(bands) and bands[0].x_quantity == "tokens"
    quantity, marks = bands[0].x_quantity if bands else results.counts["N"], list[Mark]()
    if test:
        marks += band_marks(bands, (INK,), label=test.law if len(bands) == 1 else f"{test.law}, one line per size")
        marks += by_role(results, quantity, loss_of(results), fitted_rows(results, bands))
        marks.append(_predicted(test.tokens if by_tokens else test.params_nonembedding, test))
    axes = Axis(label_of(quantity)), Axis(label_of(loss_of(results)))
    panel = ChartPanel("(a) the law and its prediction", *axes, tuple(marks))
    return empty_panel(panel, results, "no run was held out")


def _predicted(at: float, test: HeldOutTest) -> Mark:
    """Make the mark of the prediction with its interval."""
    label, one = f"predicted, with the {percent(test.predicted.level)} interval for a new run", test.predicted
    return points([at], [one.value], low=[one.low], high=[one.high], colour=STAR, symbol="s", label=label)


def _close_up(results: StudyResults, test: HeldOutTest | None) -> ChartPanel:
    title, y = f"(b) {verdict_in_short(test)}", Axis(label_of(loss_of(results)), log=False)
    if test is None:
        return empty_panel(ChartPanel(title, Axis(""), y), results, "no run was held out")
    at = f"N = {abbreviated(test.params_nonembedding)} parameters, D = {abbreviated(test.tokens)} tokens"
    x = Axis(at, log=False, limits=WIDE, ticks=(0.0, 1.0), words=("predicted", _measured_words(test)))
    low, high = (test.predicted.value if end is None else end for end in (test.predicted.low, test.predicted.high))
    marks = [band(WIDE, (low, low), (high, high), colour=STAR), _predicted(0.0, test)]
    marks += [line(WIDE, (end, end), colour=STAR, dotted=True, thin=True) for end in (low, high)]
    if test.measured:
        many = len(test.measured)
        shift = [0.0] if many == 1 else [0.24 * (2 * k / (many - 1) - 1) for k in range(many)]
        label, notes = f"measured, one per seed (n = {many})", test.run_ids if len(test.run_ids) == many else ()
        marks.append(points([1 + s for s in shift], test.measured, symbol="*", label=label, notes=notes))
    if test.measured_mean is not None and len(test.measured) > 1:
        sem = test.measured_sem or 0.0
        ends = {"low": [test.measured_mean - sem], "high": [test.measured_mean + sem]}
        words = "mean of the seeds, with its standard error"
        marks.append(points([1.34], [test.measured_mean], symbol="D", colour="#0072b2", label=words, **ends))
    return ChartPanel(title, x, y, tuple(marks), equation=f"predicted {typeset(test.predicted)}")


def verdict_in_short(test: HeldOutTest | None) -> str:
    """Say the result of the test in a few words, for a title."""
    if test is None:
        return "no run was held out"
    if test.no_news:
        return "these runs allow no prediction"
    return {None: "not yet trained", True: "measured inside the interval", False: "measured outside the interval"}[
        test.held
    ]


def _measured_words(test: HeldOutTest) -> str:
    return f"measured {plus_minus(test.measured_mean, test.measured_sem)}" if test.measured else "not yet trained"


def _caption(results: StudyResults, bands: Sequence[Band]) -> str:
    """Give the verdict, when the prediction was made, and which of several horizons the line belongs to."""
    test = results.held_out
    if test is None:
        return "No run was held out."
    when = f" The prediction was made at {test.predicted_at}." if test.predicted_at else ""
    single = len(bands) == 1 and bands[0].x_quantity.startswith("params")
    at = f" The line is that of D = {abbreviated(test.tokens)} tokens; points of other horizons may lie off it." \
        if single else ""  # fmt: skip
    return f"{verdict(test, results)}{when}{at} {about_bands(bands)}"


FIGURE = StudyFigure("held-out", "The held-out test", draw, lambda r: r.held_out is not None, "no held-out run")
