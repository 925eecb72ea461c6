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
from .where_options import (
    Gpus,
    MaxCost,
    MaxGpuHours,
    MaxHours,
    On,
    Prefix,
    PricePerHour,
    RayOptions,
    Sbatch,
    Watts,
    limits_given,
    require_trainable,
)


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
    gpus: Gpus = None,
    max_hours: MaxHours = None,
    max_gpu_hours: MaxGpuHours = None,
    max_cost: MaxCost = None,
    price_per_hour: PricePerHour = None,
    watts: Watts = None,
    speed: SpeedOption = None,
    minutes: Minutes = None,
    json: Json = False,
):
    """Run a study from text to laws, a tested prediction, a plan and a report; or resume it where it stopped.

    Example:  scalinglaws study quickstart --to quickstart
    """
    from ..designing.study_file import Families
    from ..launching.executors import where

    place = where(on, prefix, sbatch, ray, gpus)
    require_names(device, engine)
    study, to = _of_text(study, to, minutes, device, engine)
    terms = limits_given(max_hours, max_gpu_hours, max_cost, price_per_hour, watts)
    asked = asked_study(study, only, changes, field, terms)
    if isinstance(asked, Families) or not asked.own_trainer:
        require_trainable(place, device, engine)
    if dry_run:
        return print_design(asked, device, engine, speed, json)
    if speed is not None:
        raise MisuseError("--speed only applies to --dry-run and design, which estimate times.")
    folder = to or Path(asked.name)
    how = {"data_dir": data_dir(), "device": device, "engine": engine, "track": track or (), "where": place}
    run = _measure_families if isinstance(asked, Families) else _run_study
    run(asked, folder, f"scalinglaws study {study} --to {folder}", json, how)


def _of_text(study: str, to: Path | None, minutes: float | None, device: str, engine: str) -> tuple[str, Path | None]:
    """Give the study file of a text, and its folder; anything else as it is."""
    if is_text(study):
        require_training(device, engine)
        to = to or Path(f"{Path(study).resolve().stem}-study")
        return str(study_of_text(study, to, minutes)), to
    if minutes is not None:
        raise MisuseError(f"--minutes is for a folder or file of text; {study} is a study, whose file sets its length.")
    return study, to


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
