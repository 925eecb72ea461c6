"""Figure 3: loss against tokens, one line per model size, with the joint law (Kaplan et al. 2020, Figure 4 left)."""

from ..errors import counted
from ..records.numbers_in_text import abbreviated
from ..results.fitted import Band
from ..results.letters import loss_of, of_a_table, size_of, tokens_of
from ..results.rows_in_fits import fitted_rows
from ..results.study_results import StudyResults
from . import legends, marks
from .axes import equation, label_of, logarithmic, plain
from .canvas import WIDTH, new_figure
from .captions import floor_line, nothing_drawn, points_drawn
from .colours import size_colours

SHARED_ROW = 17.0  # points: font size of a formula times the panels in a row, so that a formula fits its panel


def joint(results: StudyResults, *, stacked: bool = False):
    """Draw the final losses against the training tokens and the fitted L(N, D): a panel per law, a line per size."""
    bands = results.bands.get("L(N,D)", ())
    laws = list(dict.fromkeys(band.law for band in bands)) or [""]
    figure, panels = new_figure(len(laws), stacked=stacked, width=8.2 if len(laws) == 1 else WIDTH, height=4.3)
    colours = size_colours(results)
    entries = []
    for place, (axes, law) in enumerate(zip(panels, laws, strict=True)):
        axes.set_label("L(N,D)" if place == 0 else f"L(N,D)-{law}")
        if len(laws) > 1:
            axes.set_title(plain(f"({'abcdefgh'[place]}) {law}"))
        own = [band for band in bands if band.law == law]
        entries += joint_panel(axes, results, own, colours, 8.0 if stacked else min(8.0, SHARED_ROW / len(laws)))
    legends.legend_beside(figure, entries, stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def joint_panel(axes, results: StudyResults, bands: list[Band], colours, letters: float) -> list:
    """Draw the lines of one law over the points, and return the legend entries that it shares with the others."""
    bands = sorted(bands, key=lambda band: band.colour_value or 0.0)
    quantity = bands[0].x_quantity if bands else tokens_of(results)
    points = marks.draw_points(
        axes, results, quantity, loss_of(results), colours, fitted_rows(results, bands, named=True)
    )
    sizes = [entry for band in bands for entry in _line(axes, band, colours)]
    if not points and not sizes:
        legends.say_missing(axes, results, "no points for L(N,D) yet")
    texts = list(dict.fromkeys(band.text for band in bands)) or [legends.no_fit(results, "L(N,D)")]
    own = [legends.proxy("", equation(text)) for text in texts[:1]] if points else []
    _scales(axes, results, bands, quantity, headroom=0.08 if own else 0.0)
    legends.legend_inside(axes, own, size=letters)
    heading = [legends.proxy("", "model size N (parameters):")] if sizes else []
    about = [*legends.extrapolation_entry(bands), *legends.interval_entry(bands), *marks.draw_floor(axes, results)]
    return [*heading, *sizes, *points, *about]


def _line(axes, band: Band, colours) -> list:
    size = band.colour_value
    name = f"N = {abbreviated(size)}" if size else band.label
    return marks.draw_band(axes, band, colours.to_rgba(size) if size else marks.INK, name=name)


def _scales(axes, results, bands, quantity, headroom) -> None:
    points = results.points
    x = [value for band in bands for value in band.x]
    y = [value for band in bands for value in band.y]
    x += points[quantity].tolist() if quantity in points else []
    y += points[loss_of(results)].tolist() if loss_of(results) in points else []
    y += [results.true_floor_nats] if results.true_floor_nats else []
    logarithmic(axes, "x", x)
    logarithmic(axes, "y", y, headroom=headroom)
    axes.set_xlabel(label_of(quantity))
    axes.set_ylabel(label_of(loss_of(results)))


def caption_joint(results: StudyResults) -> str:
    """Write the caption of figure 3."""
    if not len(results.points):
        return nothing_drawn(results)
    laws = dict.fromkeys(band.law for band in results.bands.get("L(N,D)", ()))
    fits = [next((fit for fit in results.fits if fit.law == law), None) for law in laws]
    told = "; ".join(
        f"{fit.formula} fitted to {counted(fit.n_points, 'point')} of {counted(fit.n_runs, 'run')}"
        for fit in fits
        if fit
    )
    law = f" The lines are {told}." if told else ""
    drawn = points_drawn(results)
    every = {band.colour_value for band in results.bands.get("L(N,D)", ())}
    sizes = len({*results.points[size_of(results)].tolist()}) if size_of(results) in results.points else 0
    some = f" ({len(every)} of {sizes:,} sizes have a line)" if every and len(every) < sizes else ""
    what = "Loss" if of_a_table(results) else "Final test loss"
    return (
        f"{what} against training tokens, with one line and one colour per model size{some}.{law} "
        f"{drawn}{floor_line(results)}"
    )
