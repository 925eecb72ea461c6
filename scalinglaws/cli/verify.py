"""Compare a study's folder with what was written there."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, Json, app, emit, require_training, say, show


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
