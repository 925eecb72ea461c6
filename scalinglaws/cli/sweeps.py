"""The best rate and batch of every size and number of tokens in a table of sweeps, and the laws through them."""

from typing import Annotated

import typer

from ..errors import MisuseError
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .gate import lead

Knobs = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="The columns that were swept, one or two.  \\[default: lr and batch_tokens]"),
]
At = Annotated[list[str] | None, typer.Option(metavar="N=..,D=..", help="The best settings there, by the laws.")]


@app.command(rich_help_panel=INFER)
def sweeps(
    points: o.Table,
    knobs: Knobs = None,
    at: At = None,
    map: o.Map = None,
    where: o.Where = None,
    across: o.Across = None,
    unit: o.Unit = None,
    given: o.Given = None,
    level: o.Level = 0.95,
    anyway: o.Anyway = False,
    json: Json = False,
):
    """Find the best learning rate and batch of every size and number of tokens, each with its error, and their laws.

    Example:  scalinglaws sweeps points.csv --at N=1e9,D=1e11
    """
    from ..frontiers.sweeps_text import settings_lines
    from ..studying.settings_and_arms import sweeps as run_sweeps

    places = [_place(text) for text in at or ()]
    read_in = o.read(points, map, where, unit, given=given, across=across)
    chosen = None if knobs is None else o.several([knobs])
    found = run_sweeps(read_in.points, knobs=chosen, level=level, anyway=anyway)
    noted = lead(found.barred, read_in.points, json)
    best = [found.at(*place) for place in places]
    if json:
        there = [
            {"N": n, "D": d, "reach": found.reach(n, d), **{knob: _plain(one) for knob, one in each.items()}}
            for (n, d), each in zip(places, best, strict=True)
        ]
        emit({**_document(found), "at": there}, noted)
    else:
        blocks = found.blocks()
        for (n, d), each in zip(places, best, strict=True):
            blocks += settings_lines(each, n, d, found.reach(n, d))
        show(blocks)
    for warning in found.warnings:
        say(f"warning: {warning}")


def _place(text: str) -> tuple[float, float]:
    place = o.places(text, "--at", "N=1e9,D=1e11")
    if set(place) != {"N", "D"}:
        raise MisuseError(f"--at {text}: give a size and its tokens, such as --at N=1e9,D=1e11.")
    return place["N"], place["D"]


def _plain(one) -> dict | None:
    from ..records.json_values import finite

    return None if one is None else {name: finite(getattr(one, name)) for name in ("value", "low", "high")}


def _document(found) -> dict:
    from ..records.json_values import finite

    cells = [
        {
            "params": cell.params,
            "tokens": cell.tokens,
            "runs": cell.runs,
            "used": cell.used,
            "best": {knob: _plain(one) for knob, one in cell.best.items()},
            "loss": finite(cell.loss),
            "lowest": cell.lowest,
            "tried": cell.tried,
            "reason": cell.reason,
        }
        for cell in found.cells
    ]
    lines = {
        knob: {
            "scale": _plain(line.scale),
            "params": _plain(line.params),
            "tokens": _plain(line.tokens),
            "params_middle": line.params_middle,
            "tokens_middle": line.tokens_middle,
            "scatter": line.scatter,
            "cells": line.cells,
        }
        for knob, line in found.lines.items()
    }
    document = {"knobs": list(found.knobs), "columns": found.columns, "level": found.level}
    return {**document, "cells": cells, "laws": lines, "warnings": list(found.warnings)}
