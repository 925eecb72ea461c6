"""The figures of studies side by side: their frontiers and multipliers over compute, and their exponents."""

from collections.abc import Sequence

from ..results.fitted import Estimate
from ..results.side_by_side import Side, SideBySide, Worth
from .axes import label_of
from .drawing.drawing import INK, SERIES, SYMBOLS, Axis, ChartPanel, Drawing, Mark, band, fitted, line, points
from .drawing.drawn_figure import DrawnFigure

MOST_CURVES = 60  # of all studies together: beyond, curves hide the points
LOSSES = {"loss_bits_per_byte": "loss (bits per byte of text)"}
FLOPS = "training compute C = 6ND (FLOPs)"


def side_by_side_figures(found: SideBySide) -> tuple[DrawnFigure, ...]:
    """Draw the losses and frontiers with the multipliers, and the exponents."""
    return (
        DrawnFigure("compute", "Loss against compute, and what each study is worth in it", _compute(found)),
        DrawnFigure("exponents", "The exponents of each study", _exponents(found)),
    )


def _compute(found: SideBySide) -> Drawing:
    marks: list[Mark] = []
    curves = sum(len(one.curves) for one in found.sides)
    for place, one in enumerate(found.sides):
        colour = SERIES[place]
        if curves <= MOST_CURVES:
            marks += [line(c.flops_6nd, c.loss_nats, colour=colour, thin=True) for c in one.curves]
        marks += (
            fitted(one.frontier, colour=colour, label=f"{one.name}: the law at its best sizes") if one.frontier else []
        )
        label = f"{one.name} (n = {len(one.flops)})"
        marks.append(points(one.flops, one.loss, colour=colour, symbol=SYMBOLS[place], label=label, notes=one.run_ids))
    loss = Axis(LOSSES.get(found.loss, label_of(found.loss)))
    first = ChartPanel("(a) loss", Axis(FLOPS, pf_days=True), loss, tuple(marks))
    told = (
        f"(a) Every point of {found.name}, and the loss of {found.law} at the best size of each compute with its "
        f"{100 * found.level:g}% interval, over the compute of each study's runs; the loss is in {found.unit}. "
    )
    if found.withheld:
        return Drawing((first,), f"{told}No multiplier is given: {found.withheld}.")
    reference = found.sides[0].name
    second = ChartPanel(
        "(b) compute multiplier", Axis(f"compute of {reference} (FLOPs)", pf_days=True),
        Axis(f"compute needed, in that of {reference}"), tuple(_multipliers(found)),
    )  # fmt: skip
    told += (
        f"(b) How many times the compute of {reference} another needs for its loss, both at their best sizes; below 1 "
        "it needs less. Dashed and hollow: an extrapolation of a law beyond the runs of one of them."
    )
    return Drawing((first, second), told)


def _multipliers(found: SideBySide) -> list[Mark]:
    marks: list[Mark] = []
    for place, one in enumerate(found.sides[1:], 1):
        colour, symbol = SERIES[place], SYMBOLS[place]
        own = [w for w in found.worths if w.name == one.name and abs(w.value.value) < float("inf")]
        for inside in (True, False):
            some = [w for w in own if bool(w.beyond) != inside]
            label = one.name if inside else f"{one.name}, extrapolated"
            marks.append(_dots(some, colour=colour, symbol=symbol, hollow=not inside, label=label))
        if len(own) > 1:
            known = [w for w in own if w.value.low is not None and w.value.high is not None]
            ends = [[w.value.low for w in known], [w.value.high for w in known]]
            marks.append(band([w.flops for w in known], *ends, colour=colour))
    at = [w.flops for w in found.worths]
    return [line([min(at), max(at)], [1.0, 1.0], colour=INK, thin=True), *(mark for mark in marks if mark.x)]


def _dots(worths: Sequence[Worth], **look) -> Mark:
    ends = {"low": [w.value.low for w in worths], "high": [w.value.high for w in worths]}
    notes = tuple(" ".join(w.beyond) or w.verdict for w in worths)
    return points([w.flops for w in worths], [w.value.value for w in worths], notes=notes, **ends, **look)


def _exponents(found: SideBySide) -> Drawing:
    names = [name for name in found.sides[0].constants if name in ("alpha", "beta", "alpha_N", "alpha_D")]
    places = tuple(float(i) for i in range(len(found.sides)))
    axis = Axis("", log=False, limits=(-0.6, len(places) - 0.4), ticks=places, words=tuple(s.name for s in found.sides))
    shown = [(name, [one.constants[name] for one in found.sides]) for name in names]
    shown += [("a of N* ~ C^a", [one.exponents["a"] for one in found.sides])]
    panels = tuple(
        ChartPanel(f"({'abcdefg'[i]}) {name}", axis, Axis("exponent", log=False), _whiskers(values, found.sides))
        for i, (name, values) in enumerate(shown)
        if any(values)
    )
    told = (
        f"Exponents of {found.law} fitted to each study by itself, with {100 * found.level:g}% intervals; a constant "
        "that its runs do not identify is not drawn."
    )
    return Drawing(panels, told if panels else "Not drawn: these runs identify no exponent.")


def _whiskers(values: Sequence[Estimate | None], sides: Sequence[Side]) -> tuple[Mark, ...]:
    marks = []
    for i, (value, side) in enumerate(zip(values, sides, strict=True)):
        if value is not None:
            look = {"colour": SERIES[i], "symbol": SYMBOLS[i], "notes": (side.name,)}
            marks.append(points([i], [value.value], low=[value.low], high=[value.high], **look))
    return tuple(marks)
