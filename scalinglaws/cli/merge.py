"""Merge the folders of several machines into a new one."""

from pathlib import Path
from typing import Annotated

import typer

from .app import MEASURE, Json, app, emit, show


@app.command(rich_help_panel=MEASURE)
def merge(
    stores: Annotated[list[Path], typer.Argument(metavar="DIR DIR...", help="Studies' folders, two or more.")],
    to: Annotated[Path, typer.Option(metavar="DIR", help="The new folder; those that are merged stay as they are.")],
    take: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Take the runs of this one of them where results differ.")
    ] = None,
    json: Json = False,
):
    """Merge studies' folders, each run once: results that differ are named, and stop the merge.

    Example:  scalinglaws merge here there --to both
    """
    from ..records.json_values import to_plain
    from ..studying.merge import merge as merge_stores

    found = merge_stores(stores, to, take=take)
    emit(to_plain(found)) if json else show(found)
