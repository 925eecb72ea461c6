"""Figure 9: overfitting, and the one combination of size and data on which it depends."""

from ..drawing.drawing import Axis, Drawing, Mark, fitted, points, scale_of
from .experiment import Experiment
from .figure import LOSS, NONEMBEDDING, PaperFigure, intervals, panel, runs_of


def draw(e: Experiment) -> Drawing:
    """Draw the loss against size at each amount of text, and the excess loss against N^p / D."""
    rows = e.table("overfitting")
    out = rows.texts("left out") != ""
    told = tuple(f"N = {n:,.0f}, D = {d:,.0f}" for n, d in zip(rows["N"], rows["D"], strict=True))

    def marked(x: str, y: str, these=True) -> list[Mark]:
        marks = []
        for kept, label in ((~out & these, "early stopped"), (out & these, "left out of the fit")):
            if kept.any():
                marks.append(points(rows[x][kept], rows[y][kept], size=tuple(rows["D"][kept]), label=label,
                                    hollow=label.startswith("left"),
                                    notes=tuple(t for t, k in zip(told, kept, strict=True) if k)))  # fmt: skip
        return marks

    def by_size() -> list[Mark]:
        lines = [mark for one in e.line("L(N,D) of N") for mark in fitted(one, size=one.colour_value)]
        return [*lines, *marked("N", "loss")]

    def collapsed() -> tuple[list[Mark], str]:
        bands = e.line("overfitting")
        lines = [mark for one in bands for mark in fitted(one, label="one curve through all")]
        return [
            *lines,
            *marked("N^p / D", "excess", rows["D"] < rows["D"].max()),
        ], f"L(N,D)/L(N,inf) - 1 = {bands[0].text}" if bands else ""

    ratio = e.constant("alpha_N/alpha_D")
    p = f"{ratio.measured.value:.2f}" if ratio and ratio.measured else "p"
    panels = (
        panel("(a) size", Axis(NONEMBEDDING), Axis(LOSS), by_size),
        panel(
            "(b) one combination", Axis(f"x = N^{p} / D"), Axis("excess loss L(N,D)/L(N,inf) - 1", log=False), collapsed
        ),
    )
    told_all = (
        f"Lowest test loss of {runs_of(len(rows))} on subsets of the text, coloured by D. (b) Their excess over the "
        f"same size on the whole text against N^p / D, p = alpha_N / alpha_D of the joint law. {intervals(e)}"
    )
    return Drawing(panels, told_all, scale_of(rows["D"], "training text D (tokens)"))


FIGURE = PaperFigure(9, "09-overfitting", "Overfitting on one combination of size and data", ("F-ND",), draw)
