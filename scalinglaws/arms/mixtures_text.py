"""A comparison of mixing forms and a proposed mixture, as text."""

from typing import TYPE_CHECKING

from ..errors import counted
from ..records.numbers_in_text import interval
from ..records.text_blocks import Block, rows_of
from .mixing_forms import FORMS

if TYPE_CHECKING:
    from .mixtures import Mixtures

END = "at an end"


def mixtures_blocks(one: "Mixtures") -> list[Block]:
    """Set the errors of the forms, the mixture proposed and its losses under one another."""
    head = ("loss", *FORMS, "used")
    rows = [
        (each.loss, *(f"{each.errors[name]:.2%}" if name in each.errors else "-" for name in FORMS), each.form)
        for each in one.losses
    ]
    title = (
        f"{counted(one.runs, 'mixture')} of {counted(len(one.shares), 'domain')}: error on mixtures left out, by form"
    )
    text: list[Block] = [title, rows_of(head, rows, title)]
    used = {each.form for each in one.losses}
    text += [f"  {name}: {form.formula} ({form.source})" for name, form in FORMS.items() if name in used]
    made = one.proposal
    shares = [
        (
            name,
            f"{made.mixture[name]:.4f}",
            f"{made.best_tried[name]:.4f}",
            "at an end" if name in made.at_limit else "",
        )
        for name in one.shares
    ]
    text.append("proposed: the lowest weighted mean of ln loss inside the proportions tried and the limits")
    text.append(rows_of(("domain", "proposed", "best tried", ""), shares, "the mixture proposed"))
    weighed = [each for each in one.losses if one.weights[each.loss] > 0]
    text += [f"  {each.loss}  {interval(made.losses[each.loss], '.4f')}" for each in weighed]
    gain = f"{interval(made.gain, '.2%')}"
    low, high = made.gain.ends
    verdict = ": the sign of the gain is not determined" if low <= 0 <= high else ""
    text.append(f"gain over the best mixture tried: {gain} of the weighted loss, {one.level:.0%}{verdict}")
    return text
