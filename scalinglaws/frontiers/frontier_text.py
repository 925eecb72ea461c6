"""A frontier and a critical batch as text: a row a budget or a loss, and the lines through them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..errors import argument, counted
from ..points.letters_said import letters_said
from ..records.numbers_in_text import ends, interval, short
from ..records.text_blocks import Block, rows_of

if TYPE_CHECKING:
    from .budgets import BestAt, Frontier
    from .critical_batch import CriticalBatch

FAR = 10  # times the largest budget, beyond which the form of the frontier is not tested


def frontier_blocks(one: "Frontier", reasons: Mapping[str, str]) -> list[Block]:
    """Set the budgets under one another, and the lines through them; `reasons` explains why one takes no part."""
    rows = [
        (short(b.flops), short(b.params), short(b.tokens), f"{b.loss_nats:.4f}", b.sizes, b.reason) for b in one.budgets
    ]
    columns = letters_said(one.columns)
    text: list[Block] = [f"{one.method}: {columns}; {counted(one.runs, 'run')}; {one.shape}"]
    head = ("C, FLOPs", "N", "D, tokens", "loss", "sizes", "takes no part")
    text.append(rows_of(head, rows, "the best size at each budget"))
    for reason in sorted({b.reason for b in one.budgets if b.reason}):
        text.append(f"  {reason}: {reasons.get(reason, '')}")
    for line in (one.params, one.tokens, one.loss, one.batch, one.steps):
        if line is not None:
            e = line.exponent
            at = f"{short(line.scale.value)} (C / {short(line.flops_centre)})"
            text.append(f"{line.quantity} = {at}^{interval(e, '.4f')}")
    if one.params is not None and one.params.exponent.low is not None:
        text.append(f"{one.params.exponent.level:.0%} intervals: {one.interval_method}")
    return text


def best_at_lines(best: "BestAt") -> list[str]:
    """Write the best size and tokens at one compute, and how far it lies beyond the budgets."""
    level = f"{best.params.level:.0%}"
    lines = [f"at {short(best.flops)} FLOPs, {short(best.reach, 3)} times the largest budget with an optimum:"]
    lines.append(f"  N*  {interval(best.params, '.4g')}, {level}")
    lines.append(f"  D*  {interval(best.tokens, '.4g')}")
    if best.reach > FAR:
        lines.append(
            f"  beyond {FAR} times the budgets a power law is an assumption: the intervals have its usual error"
        )
    return lines


def critical_batch_blocks(one: "CriticalBatch") -> list[Block]:
    """Set the isoquants under one another, the law through them, and whether it depends on the size."""
    rows = [
        (
            f"{i.loss_nats:.4f}",
            short(i.params),
            i.batches,
            short(i.steps_min),
            short(i.tokens_min),
            short(i.critical_batch.value),
            ends(i.critical_batch, ".4g"),
            short(i.batch_for().value),
            short(i.rms_log, 2),
            i.reason,
        )
        for i in one.isoquants
    ]
    head = (
        "loss",
        "N",
        "batches",
        "S_min",
        "E_min, tokens",
        "B_crit, tokens",
        "interval",
        "B at +20%",
        "rms",
        "takes no part",
    )
    title = "critical batch: S = S_min (1 + B_crit / B) at each loss"
    text: list[Block] = [title, rows_of(head, rows, title)]
    text.append("B at +20%: the batch that takes 20% more than the fewest tokens, 0.2 B_crit, with 0.2 of its interval")
    if one.B_star is not None and one.alpha_B is not None:
        text.append("B_crit(L) = B_star / L^(1/alpha_B):")
        text.append(f"  B_star   {interval(one.B_star, '.5g')} tokens")
        text.append(f"  alpha_B  {interval(one.alpha_B, '.5g')}")
    if one.constants:
        constants = {name: float(f"{value:.5g}") for name, value in one.constants.items()}
        text.append(f"for the frontier of C_min, c-min:  {argument(critical=constants)}")
    if one.size_effect is not None:
        e = one.size_effect
        held = e.low is not None and e.high is not None and e.low <= 1 <= e.high
        word = "no dependence on size is seen" if held else "it depends on the size here"
        text.append(f"at equal loss the largest size has {interval(e)} times the smallest's: {word}")
    return text
