"""One figure of the paper: its number, what it needs, and how its drawing and caption are made."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ...errors import counted
from ...results.attempt import Lacking, attempt
from ..drawing.drawing import Axis, ChartPanel, Drawing, Mark, Scale, scale_of
from ..drawing.limits import leaves
from .experiment import Experiment

NONEMBEDDING = "non-embedding parameters N (parameters)"
EVERY = "all parameters, with embeddings (parameters)"
TOKENS, DATA = "tokens processed (tokens)", "training text D (tokens)"
FLOPS, LEAST_FLOPS = "compute C = 6ND (FLOPs)", "compute at a small batch C_min (FLOPs)"
STEPS, LEAST_STEPS = "optimizer steps S (steps)", "steps at a large batch S_min (steps)"
LOSS, TRAIN_LOSS = "test loss L (nats per token)", "training loss (nats per token)"
PLACE, PLACE_LOSS = "place in the context T (tokens)", "loss at T (nats per token)"
TOGETHER = 5  # curves whose legend would be longer than this are named by their colours alone


@dataclass(frozen=True)
class PaperFigure:
    """A figure of Kaplan et al. 2020, drawn from an experiment's records.

    Attributes:
        number: in the paper; `name` is the stem of its files.
        needs: families whose runs it shows.
        draw: makes the drawing with its caption; it raises `Lacking` where the runs are missing.
    """

    number: int
    name: str
    title: str
    needs: tuple[str, ...]
    draw: Callable[[Experiment], Drawing]


def drawn(figure: PaperFigure, experiment: Experiment) -> Drawing:
    """Draw a figure; if its runs are missing, one empty panel says which, how many are there and what trains them."""

    def without(why: str) -> Drawing:
        return Drawing((), f"{_why(why)} {needed(figure, experiment)}")

    made = attempt(lambda: figure.draw(experiment), without)
    lacking = [panel for panel in made.panels if panel.missing]
    if made.panels and len(lacking) == len(made.panels):
        return without(lacking[0].missing)
    if lacking:
        absent = "; ".join(f"{panel.title}: {panel.missing}" for panel in lacking)
        made = replace(made, caption=f"{made.caption} Not drawn: {absent}. {needed(figure, experiment)}")
    if any(leaves(made, one) for one in made.panels):
        made = replace(made, caption=f"{made.caption} Where an interval leaves its panel it is cut.")
    return made


def _why(why: str) -> str:
    return why if why.startswith("internal error") else f"Not drawn: it {why}."


def needed(figure: PaperFigure, experiment: Experiment) -> str:
    """Say how many runs of each family of a figure are present, and give the command that trains the rest."""
    have = sum(experiment.present.get(one, 0) for one in figure.needs)
    planned = [experiment.planned.get(one) for one in figure.needs]
    known = sum(one or 0 for one in planned)
    named = " and ".join(figure.needs)
    if all(planned) and have >= known:
        learned = experiment.count(*figure.needs)
        return f"All {counted(have, 'run')} of family {named} are present, {learned} of which learned."
    only = ",".join(figure.needs)
    command = f"scalinglaws study {experiment.study} --only {only} --to {experiment.folder}"
    present = f"{have} of {known} runs present" if all(planned) else counted(have, "run") + " present"
    return f"{present}: needs family {named}, `{command}`."


def panel(
    title: str, x: Axis, y: Axis, make: Callable[[], tuple[list[Mark], str]] | Callable[[], list[Mark]]
) -> ChartPanel:
    """Make a panel from the function that gives its marks; if that fails, the panel says what it needs.

    The function may also give, beside the marks, the equation that stands below the panel.
    """

    def made() -> ChartPanel:
        found = make()
        marks, words = found if isinstance(found, tuple) else (found, "")
        if not any(mark.x for mark in marks):
            raise Lacking("more runs: nothing of it is measured")
        return ChartPanel(title, x, y, tuple(marks), equation=words)

    return attempt(made, lambda why: ChartPanel(title, x, y, missing=why))


def sizes(values) -> Scale | None:
    """Make the scale of colours of model sizes."""
    return scale_of(values, NONEMBEDDING)


def runs_of(n: int, what: str = "run") -> str:
    """Count runs in words."""
    return counted(n, what)


def intervals(experiment: Experiment) -> str:
    """Say what bands and bars are."""
    level = next((one.measured.level for one in experiment.found.measured.constants if one.measured), 0.95)
    return f"Bands and bars are {100 * level:g}% intervals; dashed parts lie beyond the data."
