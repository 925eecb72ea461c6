"""A budget by every law, as text."""

import textwrap
from typing import TYPE_CHECKING

from ..records.numbers_in_text import short
from ..records.text_blocks import Block, rows_of
from .plan_text import WHERE

if TYPE_CHECKING:
    from .published import Optima, Optimum


def optima_blocks(made: "Optima") -> list[Block]:
    """Write the tables of sizes and of settings, the disagreements, and the laws left out."""
    return [*_sizes(made), *_settings(made), *made.sentences, *_skipped(made)]


def _sizes(made: "Optima") -> list[Block]:
    rows = [
        (
            one.law,
            short(one.params, 3),
            short(one.tokens, 3),
            short(one.tokens_per_param, 3),
            "-" if one.loss_nats is None else f"{one.loss_nats:.4f}",
            "-" if one.cheap is None else f"{one.cheap[0]:.3g} to {one.cheap[1]:.3g}",
            WHERE[one.inside],
            _counted(one),
            _short_source(one.source),
        )
        for one in sorted(made.optima, key=lambda one: (one.params is None, one.tokens is None))
    ]
    head = ("law", "N*", "D*", "D/N", "loss", "costs under 1%", "its range", "N counts", "constants")
    title = f"{made.flops:.4g} FLOPs, C = 6 N D, by every law with its own count of N"
    return [f"{title}:", rows_of(head, rows, title)]


def _counted(one: "Optimum") -> str:
    """Name the count of N; for laws of tokens from compute, or of FLOPs per token, it follows from the budget."""
    if one.params is None:
        return "-"
    return one.counts.get("N") or ("M / 6" if "flops_per_token" in one.counts else "C / 6 D")


def _short_source(source: str, longest: int = 60) -> str:
    return textwrap.shorten(source, longest, placeholder=" ...")


def _settings(made: "Optima") -> list[Block]:
    if not made.settings:
        return []
    rows = [
        (
            one.law,
            short(one.lr, 3),
            short(one.batch_tokens, 3),
            "undefined" if one.undefined else WHERE[one.inside],
            _short_source(one.definition.partition(". ")[0], 90),
        )
        for one in made.settings
    ]
    at = f"batch and learning rate at N = {made.params:.3g}, D = {made.tokens:.3g}, L = {made.loss_nats:.4f}"
    head = ("law", "rate", "batch, tokens", "its range", "what it means")
    return [f"{at} ({made.loss_source}):", rows_of(head, rows, at)]


def _skipped(made: "Optima") -> list[str]:
    """List the laws that were not used, by reason."""
    reasons: dict[str, list[str]] = {}
    for law, why in made.skipped.items():
        reasons.setdefault(why, []).append(law)
    said = "; ".join(f"{', '.join(laws)} ({why})" for why, laws in reasons.items())
    return [f"not used: {said}"] if said else []
