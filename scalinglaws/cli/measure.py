"""The verbs of the measuring half: from a corpus to runs and their points."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from .app import MAIN, MEASURE, Folder, Json, To, app, data_dir, emit, require_training, resumable, say


@app.command(rich_help_panel=MAIN)
def study(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    to: To = Path(),
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print every run and its cost; train nothing.")
    ] = False,
    json: Json = False,
):
    """From text to laws, a tested prediction, a plan and a report; resumes where it stopped.

    Example:  scalinglaws study quickstart --to quickstart
    """
    from ..report import summary
    from ..settings import read_study

    require_training()
    asked = read_study(study)
    if dry_run:
        _print_design(asked, json)
        return
    from ..display import Display
    from ..records import to_plain
    from ..study import study as run_study

    folder = to if to != Path() else Path(asked.name)
    with resumable(), Display() as display:
        results = run_study(
            asked,
            folder,
            command=f"scalinglaws study {study} --to {folder}",
            data_dir=data_dir(),
            tell=display.show,
            say=say,
        )
    emit(to_plain(results)) if json else print(summary(results))
    say(f"report: {(folder / 'report' / 'index.html').resolve()}")


@app.command(rich_help_panel=MEASURE)
def design(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    json: Json = False,
):
    """List every run of a study with its size, tokens, FLOPs and time on this machine, before anything is spent.

    Example:  scalinglaws design quickstart
    """
    from ..settings import read_study

    require_training()
    _print_design(read_study(study), json)


def _print_design(asked, json: bool):
    from ..estimate import estimate

    found = estimate(asked, data_dir=data_dir(), say=say)
    emit(found.plain()) if json else print(found.text())


@app.command(rich_help_panel=MEASURE)
def launch(folder: Folder, processes: Annotated[int, typer.Option(help="Processes at a time; 0: one a core.")] = 0):
    """Train the runs of a folder's sweep that it still lacks.

    Example:  scalinglaws launch quickstart
    """
    from ..design import read_sweep
    from ..display import Display
    from ..errors import RunsFailedError
    from ..executors.local import Local
    from ..launch import launch as run_launch
    from ..store import open_store

    require_training()
    store = open_store(folder)
    sweep = read_sweep(folder)
    with resumable(), Display() as display:
        failures = run_launch(sweep, store, Local(processes or os.cpu_count() or 1), tell=display.show)
    if failures:
        raise RunsFailedError(f"{len(failures)} chains of runs failed; the first says why in {failures[0].log}.")


@app.command(rich_help_panel=MEASURE)
def status(folder: Folder, json: Json = False):
    """Say how a study stands: runs done, under way and to come.

    Example:  scalinglaws status quickstart
    """
    from ..status import status as read_status

    found = read_status(folder)
    emit(found.plain()) if json else print(found.text())


@app.command(rich_help_panel=MEASURE)
def points(
    folder: Folder,
    to: Annotated[
        Path | None, typer.Option(help="Write here: .csv, .tsv, .jsonl or .parquet; else CSV is printed.")
    ] = None,
    curves: Annotated[bool, typer.Option(help="Every evaluation at constant rate, not only the final losses.")] = False,
):
    """Turn a study's runs into a table of points.

    Example:  scalinglaws points quickstart --to points.csv
    """
    from ..design import read_sweep
    from ..importers.writing import as_csv, write_points
    from ..store import curve_points, open_store, points_of

    store = open_store(folder)
    sweep, runs = read_sweep(folder), store.runs()
    held_out = set(sweep.held_out)
    if curves:
        found = curve_points(runs, held_out | set(sweep.left_out))
    else:
        found = points_of(runs, held_out, str(folder), sweep.left_out)
    if to:
        write_points(found, to)
    else:
        sys.stdout.write(as_csv(found))
