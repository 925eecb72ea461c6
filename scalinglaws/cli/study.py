"""The main job, from text to laws, a tested prediction, a plan and a report."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError, counted
from .app import MAIN, Json, To, app, data_dir, emit, require_names, require_training, resumable, say, show
from .study_options import (
    Changes,
    Device,
    Engine,
    Field,
    Minutes,
    Only,
    SpeedOption,
    Track,
    asked_study,
    is_text,
    print_design,
    study_of_text,
)
from .where_options import On, Prefix, RayOptions, Sbatch, require_trainable


@app.command(rich_help_panel=MAIN)
def study(
    study: Annotated[
        str, typer.Argument(metavar="STUDY", help="A preset, a study file (TOML), or a folder or file of text.")
    ],
    to: To = None,
    only: Only = None,
    changes: Changes = None,
    field: Field = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print every run and its cost; train nothing.")
    ] = False,
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
    on: On = "local",
    prefix: Prefix = "",
    sbatch: Sbatch = "",
    ray: RayOptions = "",
    speed: SpeedOption = None,
    minutes: Minutes = None,
    json: Json = False,
):
    """Run a study from text to laws, a tested prediction, a plan and a report; or resume it where it stopped.

    Example:  scalinglaws study quickstart --to quickstart
    """
    from ..designing.study_file import Families
    from ..launching.executors import where

    place = where(on, prefix, sbatch, ray)
    require_names(device, engine)
    if is_text(study):
        require_training(device, engine)
        to = to or Path(f"{Path(study).resolve().stem}-study")
        study = str(study_of_text(study, to, minutes))
    elif minutes is not None:
        raise MisuseError(f"--minutes is for a folder or file of text; {study} is a study, whose file sets its length.")
    asked = asked_study(study, only, changes, field)
    if isinstance(asked, Families) or not asked.own_trainer:
        require_trainable(place, device, engine)
    if dry_run:
        print_design(asked, device, engine, speed, json)
        return
    if speed is not None:
        raise MisuseError("--speed only applies to --dry-run and design, which estimate times.")
    folder = to or Path(asked.name)
    command = f"scalinglaws study {study} --to {folder}"
    how = {"data_dir": data_dir(), "device": device, "engine": engine, "track": track or (), "where": place}
    run = _measure_families if isinstance(asked, Families) else _run_study
    run(asked, folder, command, json, how)


def _run_study(asked, folder: Path, command: str, json: bool, how: dict):
    from ..records.json_values import to_plain
    from ..studying.study import study as run_study
    from .display import Display

    with resumable(), Display() as display:
        results = run_study(asked, folder, command=command, tell=display.show, say=say, **how)
    emit(to_plain(results)) if json else show(results)
    say(f"report: {(folder / 'report' / 'index.html').resolve()}")


def _measure_families(asked, folder: Path, command: str, json: bool, how: dict):
    from ..measurements.reading_tables import TABLES
    from ..studying.families import measure
    from .display import Display

    with resumable(), Display() as display:
        measured = measure(asked, folder, tell=display.show, say=say, **how)
    rows = {name: len(getattr(measured, name)) for name in TABLES}
    if json:
        emit({"name": asked.name, "folder": str(folder), "rows": rows})
    else:
        show("\n".join(f"{folder / name}.csv: {counted(count, 'row')}" for name, count in rows.items()))
