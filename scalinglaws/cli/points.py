"""Turn a study's runs into a table of points."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from .app import MEASURE, Folder, app, say


@app.command(rich_help_panel=MEASURE)
def points(
    folder: Folder,
    to: Annotated[
        Path | None, typer.Option(help="Write here: .csv, .tsv, .jsonl, .parquet or .json; by default CSV is printed.")
    ] = None,
    curves: Annotated[
        bool, typer.Option(help="Every evaluation at a constant learning rate, not only the final losses.")
    ] = False,
    everything: Annotated[
        bool,
        typer.Option(
            "--all",
            help="Every run that was ever trained in the folder; in_study marks those of the study as it is now.",
        ),
    ] = False,
):
    """Turn a study's runs into a table of points.

    Example:  scalinglaws points quickstart --to points.csv
    """
    from ..designing.design import read_sweep
    from ..points.writing import as_csv, write_points
    from ..store.store import open_store
    from ..studying.run_tables import history, table_of
    from .outputs import spared, wrote

    spared("--to", to)
    store, sweep = open_store(folder), read_sweep(folder)
    found = (history if everything else table_of)(store, sweep, curves=curves)
    lacking = sum(not store.has(spec) for spec in sweep.runs)
    if lacking:
        say(f"{lacking} of the {len(sweep.runs)} runs of {sweep.name} are not finished and have no row: see status.")
    if to:
        write_points(found, to)
        wrote(to)
    else:
        sys.stdout.write(as_csv(found))
