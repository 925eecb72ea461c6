"""Say what a study's folder can do without, and free it."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, Json, app, emit, show


@app.command(rich_help_panel=MEASURE)
def clean(
    folder: Folder,
    states: Annotated[
        bool,
        typer.Option("--states", help="Also the states that trunks keep for further horizons."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove it; else only say what there is.")] = False,
    json: Json = False,
):
    """Say what a folder can do without, and how many bytes that frees; with --yes, remove it.

    Example:  scalinglaws clean quickstart --states
    """
    from ..studying.clean import clean as clean_folder

    found = clean_folder(folder, states=states, remove=yes)
    emit(found.plain()) if json else show(found.text())
