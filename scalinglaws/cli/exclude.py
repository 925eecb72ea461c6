"""Leave runs out of a study, with a reason."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, app, show


@app.command(rich_help_panel=MEASURE)
def exclude(
    folder: Folder,
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of runs: see scalinglaws status DIR.")],
    because: Annotated[
        str | None,
        typer.Option(metavar="'a broken node'", help="The reason; it is named where the run is missing."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take them in again.")] = False,
):
    """Leave runs out of a study's fits and tests, with the reason; one that is not complete is not trained.

    Example:  scalinglaws exclude quickstart L2-d16-0123456789ab --because 'a node with a broken GPU'
    """
    from ..studying.excluded_runs import exclude as exclude_runs

    show(exclude_runs(folder, run_ids, because, undo=undo))
