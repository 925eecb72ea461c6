"""Find what a study's folder no longer needs, and delete it."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, Json, app, emit, show


@app.command(rich_help_panel=MEASURE)
def clean(
    folder: Folder,
    states: Annotated[
        bool,
        typer.Option("--states", help="Also the states that trunks keep for additional horizons."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Delete it; without this, only list it.")] = False,
    json: Json = False,
):
    """List what a folder no longer needs, and how many bytes that would free; with --yes, delete it.

    Example:  scalinglaws clean quickstart --states
    """
    from ..studying.clean import clean as clean_folder

    found = clean_folder(folder, states=states, remove=yes)
    emit(found.plain()) if json else show(found.text())
