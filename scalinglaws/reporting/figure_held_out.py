"""Figure 5: the prediction for held-out runs, and their measured losses."""

from ..records.numbers_in_text import abbreviated, percent, plus_minus, typeset
from ..results.fitted import Band
from ..results.rows_in_fits import fitted_rows
from ..results.sentences import verdict
from ..results.study_results import StudyResults
from ..results.tested import HeldOutTest
from . import legends, marks
from .axes import label_of, logarithmic, plain
from .canvas import new_figure
from .colours import size_colours


def held_out(results: StudyResults, *, stacked: bool = False):
    """Draw the fitted law with the predicted interval, and a close-up of the interval with every measured loss."""
    figure, (context, close) = new_figure(2, stacked=stacked, height=3.9)
    context.set_label("context")
    close.set_label("close-up")
    context.set_title("(a) the law and its prediction")
    close.set_title(f"(b) {verdict_in_short(results.held_out)}")
    test = results.held_out
    if test is None:
        for axes in (context, close):
            legends.say_missing(axes, results, "no run was held out")
    bands = lines_of(results, test) if test else []
    entries = [*_context(context, results, test, bands), *_close_up(close, test)]
    legends.legend_shared(figure, entries, stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def lines_of(results: StudyResults, test: HeldOutTest) -> list[Band]:
    """Choose the lines that show a prediction: its own, else those of its law: L(N), or L(N, D) at every size."""
    if test.line:
        return [test.line]
    bands = [band for panel in results.bands.values() for band in panel if band.law == test.law]
    along_size = [band for band in bands if band.x_quantity.startswith("params")]
    return along_size[:1] or [band for band in bands if band.x_quantity == "tokens"]


def _context(axes, results: StudyResults, test: HeldOutTest | None, bands: list[Band]) -> list:
    by_tokens = bool(bands) and bands[0].x_quantity == "tokens"
    quantity = bands[0].x_quantity if bands else "params_nonembedding"
    colours, entries = size_colours(results), []
    if test:
        entries += marks.draw_points(axes, results, quantity, "loss_nats", colours, fitted_rows(results, bands))
        entries += _lines(axes, test, bands, colours)
    x = [value for band in bands for value in band.x]
    y = [value for band in bands for value in band.y]
    if test:
        at = test.tokens if by_tokens else test.params_nonembedding
        entries += _interval(axes, at, test)
        x += [at, *(results.points[quantity].tolist() if quantity in results.points else [])]
        y += [*_ends(test), *(results.points["loss_nats"].tolist() if "loss_nats" in results.points else [])]
    logarithmic(axes, "x", x)
    logarithmic(axes, "y", y)
    axes.set_xlabel(label_of(quantity))
    axes.set_ylabel(label_of("loss_nats"))
    return entries


def _lines(axes, test: HeldOutTest, bands: list[Band], colours) -> list:
    """Draw the single line of the prediction in black, or the law's lines at every size in their colours."""
    one = len(bands) == 1
    name = "" if one else plain(f"{test.law}, one line per size")
    drawn = []
    for band in bands:
        colour = colours.to_rgba(band.colour_value) if band.colour_value and not one else marks.INK
        drawn += marks.draw_band(axes, band, colour, name=name)
    return [*drawn[:1], *legends.interval_entry(bands), *legends.extrapolation_entry(bands)]


def _interval(axes, at: float, test: HeldOutTest) -> list:
    low, high = test.predicted.low, test.predicted.high
    if low is not None and high is not None:
        axes.plot(
            [at, at],
            [low, high],
            color=marks.STAR,
            linewidth=3.2,
            alpha=0.55,
            solid_capstyle="butt",
            zorder=5,
            gid="context-predicted",
        )
    words = f"{percent(test.predicted.level)} prediction interval for a new run"
    return [legends.proxy("", words, color=marks.STAR, alpha=0.55, linestyle="-", linewidth=3.2)]


def _close_up(axes, test: HeldOutTest | None) -> list:
    from matplotlib.ticker import FuncFormatter

    axes.grid(visible=False, axis="x")
    axes.set_ylabel(label_of("loss_nats"))
    axes.set_xlim(-0.6, 1.6)
    axes.set_xticks([0, 1], _columns(test))
    if test is None:
        axes.set_yticks([])
        return []
    predicted = test.predicted
    low, high = (predicted.value if end is None else end for end in (predicted.low, predicted.high))
    axes.axhspan(low, high, color=marks.STAR, alpha=0.12, linewidth=0, gid="close-up-interval")
    axes.errorbar(
        [0],
        [predicted.value],
        [[predicted.value - low], [high - predicted.value]],
        fmt="s",
        color=marks.STAR,
        capsize=5,
        markersize=6,
        gid="close-up-predicted",
    )
    entries = _measured(axes, test)
    ends = [*_ends(test), *test.measured]
    pad = 0.18 * (max(ends) - min(ends) or 0.1)
    axes.set_ylim(min(ends) - pad, max(ends) + pad)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:.5g}"))
    axes.set_xlabel(f"N = {abbreviated(test.params_nonembedding)} parameters, D = {abbreviated(test.tokens)} tokens")
    return entries


def verdict_in_short(test: HeldOutTest | None) -> str:
    """Say the result of the test in a few words, for a title."""
    if test is None:
        return "no run was held out"
    if test.no_news:
        return "these runs allow no prediction"
    return {None: "not yet trained", True: "measured inside the interval", False: "measured outside the interval"}[
        test.held
    ]


def _columns(test: HeldOutTest | None) -> list[str]:
    if test is None:
        return ["predicted", "measured"]
    shown = plus_minus(test.measured_mean, test.measured_sem) if test.measured else "not yet trained"
    return [f"predicted\n{typeset(test.predicted)}", f"measured (n = {len(test.measured)})\n{shown}"]


def _measured(axes, test: HeldOutTest) -> list:
    if not test.measured:
        axes.text(1, test.predicted.value, "not yet\ntrained", ha="center", va="center", color="#5b6470")
        return []
    shift = (
        [0.0]
        if len(test.measured) == 1
        else [0.24 * (2 * k / (len(test.measured) - 1) - 1) for k in range(len(test.measured))]
    )
    axes.scatter(
        [1 + s for s in shift],
        test.measured,
        marker="*",
        s=110,
        color=marks.INK,
        edgecolors="white",
        linewidths=0.6,
        zorder=4,
        gid="close-up-measured",
    )
    words = f"measured, one per seed (n = {len(test.measured)})"
    entries = [legends.proxy("*", words, color=marks.INK, markersize=10)]
    if test.measured_mean is not None and len(test.measured) > 1:
        axes.errorbar(
            [1.42],
            [test.measured_mean],
            [test.measured_sem or 0.0],
            fmt="_",
            color=marks.INK,
            markersize=12,
            capsize=3,
            gid="close-up-mean",
        )
        entries.append(legends.proxy("_", "their mean ± standard error", color=marks.INK, markersize=11))
    return entries


def _ends(test: HeldOutTest) -> list[float]:
    return [end for end in (test.predicted.low, test.predicted.value, test.predicted.high) if end is not None]


def caption_held_out(results: StudyResults) -> str:
    """Write the caption of figure 5."""
    return f"The prediction and its test. {verdict(results.held_out, results)}"
