"""Figure 3: loss against tokens, one line a model size, with the joint law (Kaplan et al. 2020, Figure 4 left)."""

from ..results import Band, StudyResults
from . import legends, marks
from .axes import label_of, logarithmic
from .canvas import new_figure
from .colours import size_colours
from .numbers import short
from .rows import fitted_rows, runs_present


def joint(results: StudyResults, *, stacked: bool = False):
    """Draw the final losses against the training tokens and the fitted L(N, D), one line and one colour a size."""
    figure, (axes,) = new_figure(1, stacked=stacked, width=8.2, height=5.6 if stacked else 4.3)
    axes.set_label("L(N,D)")
    colours = size_colours(results)
    bands = sorted(results.bands.get("L(N,D)", ()), key=lambda band: band.colour_value or 0.0)
    quantity = bands[0].x_quantity if bands else "tokens"
    entries = marks.draw_points(axes, results, quantity, "loss_nats", colours, fitted_rows(results, bands))
    sizes = [entry for band in bands for entry in _line(axes, band, colours)]
    entries += [*legends.extrapolation_entry(bands), *legends.interval_entry(bands), *marks.draw_floor(axes, results)]
    if not entries:
        legends.say_missing(axes, results, "no points for L(N,D) yet")
    elif not bands:
        entries.append(legends.proxy("", f"no L(N,D) fit: {runs_present(results)}"))
    _scales(axes, results, bands, quantity)
    heading = [legends.proxy("", "model size N (parameters):")] if sizes else []
    legends.legend_beside(figure, [*heading, *sizes, *entries], stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def _line(axes, band: Band, colours) -> list:
    size = band.colour_value
    name = f"N = {short(size)}" if size else band.label
    return marks.draw_band(axes, band, colours.to_rgba(size) if size else marks.INK, name=name)


def _scales(axes, results, bands, quantity) -> None:
    points = results.points
    x = [value for band in bands for value in band.x]
    y = [value for band in bands for value in band.y]
    x += points[quantity].tolist() if quantity in points else []
    y += points["loss_nats"].tolist() if "loss_nats" in points else []
    y += [results.true_floor_nats] if results.true_floor_nats else []
    logarithmic(axes, "x", x)
    logarithmic(axes, "y", y)
    axes.set_xlabel(label_of(quantity))
    axes.set_ylabel(label_of("loss_nats"))
