"""What `design --for` and `next` print, and the study file that they write."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from math import exp, inf, isfinite
from typing import TYPE_CHECKING, Any

import numpy as np

from ..designing.study_file import Study
from ..planning.asked_quantity import AskedFor
from ..planning.scored_designs import Score
from ..records.json_values import to_plain
from ..records.numbers_in_text import about
from ..records.text_blocks import Block, rows_of

if TYPE_CHECKING:
    from .designed_for import DesignFor
    from .next_runs import NextRuns

HEADS = ("design", "runs", "cost", "N* within x/:", "loss within", "held in")
UNDETERMINED = "not determined"


def text_of(found: "DesignFor", where: str = "") -> list[Block]:
    """Write a design: the designs compared, the runs, what the audit will say, and what to type next."""
    rows = [
        (one.name, len(one.runs), amount(one.cost, found.unit), *told(found.quantity, one.score))
        for one in found.candidates
    ]
    chosen = found.chosen
    runs = [
        (
            f"[{', '.join(map(str, size))}]",
            f"{12 * size[0] * size[1] ** 2:,}",
            "  ".join(f"{t:.2g}" for t in tokens),
            "held out" * held,
        )
        for size, tokens, held in zip(
            found.study.shapes,
            found.study.own_tokens,
            [False] * (len(found.study.shapes) - found.study.hold_out) + [True] * found.study.hold_out,
            strict=True,
        )
    ]
    seeds = f", {found.study.seeds} seeds of {list(found.study.seed_shape)}" if found.study.seed_shape else ""
    batch = found.study.batch * found.study.n_ctx
    lines: list[Block] = [
        f"for {found.quantity.text}, within {amount(found.budget, found.unit)}; no run above {found.max_run:.3g} FLOPs",
        "",
        rows_of(heads(found.quantity), rows, "designs compared"),
        note(found.quantity, chosen.score.worlds),
        "",
        f"chosen: {chosen.name}; batch {batch:,} tokens{seeds}",
        rows_of(("[n_layer, d_model]", "N", "tokens", ""), runs, "runs of the design"),
        *(f"{one}." for one in found.said),
    ]
    return [*lines, *([f"written to {where}; next: scalinglaws design {where}"] if where else [])]


def text_of_next(found: "NextRuns", most: int = 20) -> list[Block]:
    """Write the runs to add: the designs compared, what each run would buy, and when to stop."""
    quantity = found.quantity
    designs = [
        (name, many, f"{cost:.3g} FLOPs", *told(quantity, score)) for name, (many, cost, score) in found.designs.items()
    ]
    worlds = min(score.worlds for _, _, score in found.designs.values())
    size = quantity.kind == "plan"
    rows: list[tuple[Any, ...]] = [("today", "", "", "", *_halves(found.now, size))]
    rows += [
        (i + 1, f"{run.N:.3g}", f"{run.D:.3g}", f"{run.cost:.3g}", *_halves(run.half, size))
        for i, run in enumerate(found.runs[:most])
    ]
    hidden = len(found.runs) - most
    return [
        f"for {quantity.text}, within {found.budget:.3g} FLOPs; no run above {found.max_run:.3g} FLOPs",
        "",
        rows_of(heads(quantity), designs, "designs compared"),
        note(quantity, worlds),
        "",
        rows_of(
            ("run", "N", "tokens", "FLOPs", *(("N* within x/:",) if size else ()), "loss within"), rows, "runs to add"
        ),
        *([f"and {hidden} more, in the JSON document"] if hidden > 0 else []),
        f"{found.stop}.",
    ]


def _halves(half: Mapping[str, float], size: bool) -> tuple[str, ...]:
    loss = UNDETERMINED if half["loss"] == inf else f"+-{half['loss']:.2%}"
    return *((UNDETERMINED if half["N*"] == inf else f"{exp(half['N*']):.3g}",) if size else ()), loss


def heads(quantity: AskedFor) -> tuple[str, ...]:
    """Give the heads of the table of designs."""
    return HEADS if quantity.kind == "plan" else HEADS[:3] + HEADS[4:]


def told(quantity: AskedFor, score: Score) -> tuple[str, ...]:
    """Give the cells of a score: intervals, and in how many worlds they held."""
    size = (
        (UNDETERMINED if score.half["N*"] == inf else f"{exp(score.half['N*']):.3g}",)
        if quantity.kind == "plan"
        else ()
    )
    loss = UNDETERMINED if score.half["loss"] == inf else f"+-{score.half['loss']:.1%}"
    return *size, loss, f"{score.inside:.0%}"


def note(quantity: AskedFor, worlds: int) -> str:
    """Say what the numbers of the table are."""
    return (
        f"Half-widths of the 95% intervals of the default forecast, the medians over {worlds} simulated worlds: laws "
        "and departures from them as past studies, or the runs so far, allow; each run with noise. 'Held in': worlds "
        f"in which {'both intervals' if quantity.kind == 'plan' else 'the interval'} held."
    )


def amount(cost: float, unit: str) -> str:
    """Write a cost in FLOPs or as a time."""
    return about(cost) if unit == "s" else f"{cost:.3g} {unit}"


def toml_of(study: Study, comment: Sequence[str] = ()) -> str:
    """Write a study's file: every key that differs from its default."""
    lines = [f"# {line}" for line in comment]
    for field in fields(study):
        value = getattr(study, field.name)
        if field.name != "name" and value != field.default and value not in ((), None):
            lines.append(f"{field.name} = {_toml(value)}")
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = "".join(f"\\u{ord(c):04X}" if c in '"\\' or ord(c) < 32 or ord(c) == 127 else c for c in value)
        return f'"{escaped}"'
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return f"{value:g}" if isinstance(value, float) and float(f"{value:g}") == value else repr(value)


def as_plain(found: "DesignFor") -> dict:
    """Write a design as JSON values."""
    return {
        "for": found.quantity.text,
        "budget": found.budget,
        "unit": found.unit,
        "max_run_flops": found.max_run,
        "designs": [
            {"name": one.name, "cost": one.cost, "runs": np.exp(one.runs).tolist(), **_score_as_plain(one.score)}
            for one in found.candidates
        ],
        "held_out": [list(one) for one in found.held],
        "study": {k: v for k, v in to_plain(found.study).items() if v != getattr(Study, k, None)},
        "audit": list(found.said),
    }


def next_as_plain(found: "NextRuns") -> dict:
    """Write the runs to add as JSON values."""
    return {
        "for": found.quantity.text,
        "budget": found.budget,
        "max_run_flops": found.max_run,
        "value": {name: exp(value) if isfinite(value) else None for name, value in found.value.items()},
        "half_width": _finite(found.now),
        "runs": [{"N": one.N, "D": one.D, "flops": one.cost, "half_width": _finite(one.half)} for one in found.runs],
        "designs": [
            {"name": name, "runs": many, "cost": cost, **_score_as_plain(score)}
            for name, (many, cost, score) in found.designs.items()
        ],
        "stop": found.stop,
        "warnings": list(found.warnings),
    }


def _score_as_plain(score: Score) -> dict:
    return {
        "half_width": _finite(score.half),
        "error": _finite(score.error),
        "held_in": score.inside,
        "determined_in": score.determined,
        "worlds": score.worlds,
    }


def _finite(values: Mapping[str, float]) -> dict[str, float | None]:
    """Give half-widths in ln; none where the quantity is not determined."""
    return {name: value if isfinite(value) else None for name, value in values.items()}
