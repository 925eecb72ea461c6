"""Show the forecasts that were written down, and how they came out."""

from pathlib import Path
from typing import Annotated

import typer

from ..records.json_values import to_plain
from . import options as o
from .app import SHOW, Json, app, emit, say, show

Kept = Annotated[Path, typer.Argument(metavar="LEDGER|DIR", help="A file of predict --record, or a study's folder.")]
Runs = Annotated[
    str | None, typer.Argument(metavar="POINTS", help="A table with new runs, with which forecasts are scored.")
]


@app.command(rich_help_panel=SHOW)
def ledger(
    kept: Kept,
    points: Runs = None,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    given: o.Given = None,
    json: Json = False,
):
    """Show every forecast that was written down: hits, misses, and the interval score as they came in.

    With a table, the forecasts whose runs it has are scored first, and the outcomes are written down.

    Example:  scalinglaws ledger forecasts.jsonl new-runs.csv
    """
    from ..predicting.ledger import ledger as run_ledger

    read_in = o.read(points, map, where, unit, given=given, across=None, tell=say).points if points else None
    found = run_ledger(kept, read_in)
    if json:
        emit({"entries": [to_plain(one) | {"hit": one.hit} for one in found.entries], "sentence": found.sentence})
    else:
        show(found)
