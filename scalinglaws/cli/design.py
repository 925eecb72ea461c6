"""List every run of a study and its cost, before anything is spent."""

from typing import Annotated

import typer

from .app import MEASURE, Json, app, require_training
from .study_options import Changes, Device, Engine, Field, Only, SpeedOption, asked_study, print_design


@app.command(rich_help_panel=MEASURE)
def design(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    only: Only = None,
    changes: Changes = None,
    field: Field = None,
    device: Device = "cpu",
    engine: Engine = "auto",
    speed: SpeedOption = None,
    json: Json = False,
):
    """List every run of a study with its size, tokens, FLOPs and time on this machine, before anything is spent.

    Example:  scalinglaws design quickstart
    """
    require_training(device, engine)
    print_design(asked_study(study, only, changes, field), device, engine, speed, json)
