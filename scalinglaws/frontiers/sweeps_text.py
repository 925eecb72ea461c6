"""The optima of a sweep as text: a row a cell, and the laws through them."""

from typing import TYPE_CHECKING

from ..records.numbers_in_text import ends, interval, short
from ..records.text_blocks import Block, rows_of
from ..results.fitted import Estimate

if TYPE_CHECKING:
    from .sweep_lines import SweepLine
    from .sweeps import Sweeps

SEEN = 0.005  # scatter that is worth a number
FAR = 10  # times the largest cell, beyond which a power law is an assumption


def sweeps_blocks(one: "Sweeps") -> list[Block]:
    """Set the cells under one another, and the laws of their optima."""
    columns = ", ".join(f"{role} = {name}" for role, name in one.columns.items())
    text: list[Block] = [f"the best {' and '.join(one.knobs)} of each size and number of tokens: {columns}"]
    head = ["N", "D, tokens", "runs", "used"]
    for knob in one.knobs:
        head += [knob, "interval"]
    rows = []
    for cell in one.cells:
        row: list[object] = [short(cell.params, 3), short(cell.tokens, 3), cell.runs, cell.used]
        for knob in one.knobs:
            row += [short(cell.best[knob].value, 3), ends(cell.best[knob], ".3g")] if cell.best else ["-", "-"]
        rows.append([*row, short(cell.loss), cell.reason])
    text.append(rows_of([*head, "loss", "takes no part"], rows, "the optimum of each cell"))
    text += [line for law in one.lines.values() for line in _law(law)]
    if one.lines:
        text.append(
            f"{one.level:.0%} intervals: of cells, scatter of the runs and a window twice as wide; of laws, over cells"
        )
    return text


def _law(law: "SweepLine") -> list[str]:
    parts = [
        f"({letter} / {short(middle, 3)})^{interval(power, '.3f')}"
        for letter, middle, power in (("N", law.params_middle, law.params), ("D", law.tokens_middle, law.tokens))
        if power is not None
    ]
    beyond = f"by {law.scatter:.1%} beyond" if law.scatter >= SEEN else "by no more than"
    scatter = f"{law.cells} cells, which scatter {beyond} their errors"
    return [f"{law.knob}* = {interval(law.scale, '.3g')} {' '.join(parts)}", f"  {scatter}"]


def settings_lines(at: dict[str, Estimate], params: float, tokens: float, reach: float) -> list[str]:
    """Write the best settings at a size and number of tokens."""
    lines = [f"at N = {short(params)}, D = {short(tokens)}, {short(reach, 3)} times the largest cell with an optimum:"]
    lines += [f"  {knob}*  {interval(one, '.3g')}, {one.level:.0%}" for knob, one in at.items()]
    if reach > FAR:
        lines.append(f"  beyond {FAR} times the cells a power law is an assumption that the intervals do not include")
    return lines
