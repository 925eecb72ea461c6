"""Figure 3: loss against tokens, one line a model size, with the joint law (Kaplan et al. 2020, Figure 4 left)."""

from ..results import Band, StudyResults
from . import marks
from .axes import label_of, logarithmic
from .canvas import new_figure
from .numbers import percent, short


def joint(results: StudyResults, *, stacked: bool = False):
    """Draw the final losses against the training tokens and the fitted L(N, D), one line and one colour a size."""
    figure, (axes,) = new_figure(1, stacked=stacked, width=7.6, height=5.6 if stacked else 4.3)
    axes.set_label("L(N,D)")
    colours = marks.size_colours(results)
    bands = sorted(results.bands.get("L(N,D)", ()), key=lambda band: band.colour_value or 0.0)
    quantity = bands[0].x_quantity if bands else "tokens"
    entries = marks.draw_points(axes, results, quantity, "loss_nats", colours, marks.fitted_rows(results, bands))
    sizes = [entry for band in bands for entry in _line(axes, band, colours)]
    entries += _shared_entries(bands) + marks.draw_floor(axes, results)
    if not entries:
        marks.say_missing(axes, results, "no points for L(N,D) yet")
    elif not bands:
        entries.append(marks.proxy("", f"no L(N,D) fit: {marks.runs_present(results)}"))
    _scales(axes, results, bands, quantity)
    marks.legend_beside(figure, [*sizes, *entries], stacked=stacked)
    marks.note_missing(figure, results)
    return figure


def _line(axes, band: Band, colours) -> list:
    size = band.colour_value
    name = f"N = {short(size)}" if size else band.label
    return marks.draw_band(axes, band, colours.to_rgba(size) if size else marks.INK, name=name)[:1]


def _shared_entries(bands) -> list:
    """Say once what all bands are."""
    if not bands or all(low is None for band in bands for low in band.low):
        return marks.extrapolation_entry(bands)
    from matplotlib.patches import Patch

    label = f"{percent(bands[0].level)} interval"
    return [*marks.extrapolation_entry(bands), Patch(color=marks.FAINT, alpha=0.25, linewidth=0, label=label)]


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
