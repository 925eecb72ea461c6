"""The verbs that look after a study's folder: what can be freed, and whether it is what it says."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, Json, app, emit, require_training, say, show


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


@app.command(rich_help_panel=MEASURE)
def verify(
    folder: Folder,
    retrain: Annotated[
        int, typer.Option(metavar="K", min=0, help="Also train K runs again, drawn at random, and compare to the bit.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Which runs are drawn.")] = 0,
    json: Json = False,
):
    """Compare a folder's runs, texts, states, points and prediction with the digests and times written with them.

    Example:  scalinglaws verify quickstart --retrain 2
    """
    from ..studying.verify import verify as verify_folder

    require_training()
    found = verify_folder(folder, retrain=retrain, seed=seed, say=say)
    emit(found.plain()) if json else show(found.text())
    raise typer.Exit(found.differs)
