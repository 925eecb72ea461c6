"""Verify a study's folder."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, Json, app, emit, require_training, say, show


@app.command(rich_help_panel=MEASURE)
def verify(
    folder: Folder,
    retrain: Annotated[
        int,
        typer.Option(metavar="K", min=0, help="Also train K randomly drawn runs again, and compare them bit by bit."),
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the choice of runs.")] = 0,
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
