"""Figure 2: learning curves against tokens and against compute, coloured by size (Kaplan et al. 2020, Figure 2)."""

from ..results.letters import flops_of, loss_of
from ..results.study_results import StudyResults
from . import legends, marks
from .axes import add_pf_days, label_of, logarithmic
from .canvas import new_figure
from .captions import floor_line, nothing_drawn, runs_shown
from .colours import add_colour_bar, size_colours


def curves(results: StudyResults, *, stacked: bool = False):
    """Draw every run's test loss against tokens processed and against training compute."""
    figure, panels = new_figure(2, stacked=stacked, height=3.9)
    colours = size_colours(results)
    for axes, quantity, title in zip(panels, ("tokens", "flops_6nd"), ("(a) tokens", "(b) compute"), strict=True):
        axes.set_label(quantity)
        legends.title(axes, title, stacked=stacked, over_axis=True)
        entries = _panel(axes, results, quantity, colours)
    legends.legend_shared(figure, entries, stacked=stacked)
    if results.curves:
        add_colour_bar(figure, panels, results, colours, stacked=stacked)
    legends.note_missing(figure, results)
    return figure


def _panel(axes, results: StudyResults, quantity: str, colours) -> list:
    entries = marks.draw_curves(axes, results.curves, lambda curve: getattr(curve, quantity), colours)
    held = set(results.held_out.run_ids) if results.held_out else set()
    for curve in results.curves:
        if curve.run_id in held:
            axes.plot(
                getattr(curve, quantity)[-1:],
                curve.loss_nats[-1:],
                marker="*",
                markersize=9,
                color=marks.STAR,
                markeredgecolor="white",
                markeredgewidth=0.6,
                zorder=5,
                gid=f"{quantity}-held-{curve.run_id}",
            )
    shown = sum(curve.run_id in held for curve in results.curves)
    if shown:
        entries.append(
            legends.proxy(
                "*",
                f"end of a held-out run (n = {shown})",
                markersize=10,
                markerfacecolor=marks.STAR,
                markeredgecolor="white",
            )
        )
    entries += marks.draw_floor(axes, results) if results.curves else []
    if not results.curves:
        legends.say_missing(axes, results, "no learning curve yet")
    logarithmic(axes, "x", [value for curve in results.curves for value in getattr(curve, quantity)])
    floor = [results.true_floor_nats] if results.true_floor_nats else []
    logarithmic(axes, "y", [value for curve in results.curves for value in curve.loss_nats] + floor)
    axes.set_xlabel("tokens processed (tokens)" if quantity == "tokens" else label_of(flops_of(results)))
    axes.set_ylabel(label_of(loss_of(results)))
    if quantity == "flops_6nd":
        add_pf_days(axes)
    return entries


def caption_curves(results: StudyResults) -> str:
    """Write the caption of figure 2."""
    if not results.curves:
        return nothing_drawn(results)
    return (
        f"Test loss during {len(results.curves)} runs against tokens processed (a) and training compute (b), "
        f"coloured by model size. {runs_shown(results)}{floor_line(results)}"
    )
