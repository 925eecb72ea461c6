"""Write what a paper takes from a study or a table of runs."""

import os
from pathlib import Path
from typing import Annotated

import typer

from .app import SHOW, Json, app, emit, show
from .outputs import spared, wrote

Of = Annotated[str, typer.Argument(metavar="DIR|POINTS", help="The folder of a study or a set, or a table of runs.")]
Where = Annotated[
    Path | None, typer.Option("--to", help="Folder of the files.  \\[DIR/export, or the table's name-export]")
]
Draws = Annotated[int, typer.Option(help="Draws of the intervals, where a table is fitted.")]


@app.command(rich_help_panel=SHOW)
def export(of: Of, to: Where = None, draws: Draws = 1000, json: Json = False):
    """Write a paper's files: LaTeX tables (booktabs), methods with BibTeX, points and constants, data of figures.

    Nothing is written before all of it is made, and no file that something else wrote or that was edited.

    Example:  scalinglaws export quickstart --to paper
    """
    from ..records.json_values import write_whole
    from ..studying.exports import exports

    made = exports(of, draws=draws)
    folder = to or (Path(of) / "export" if Path(of).is_dir() else Path(f"{Path(of).stem}-export"))
    for name in made:
        spared("--to", folder / name, (of,))
    for name, content in made.items():
        path = folder / name
        os.makedirs(path.parent, exist_ok=True)
        write_whole(path, content)
        wrote(path)
    if json:
        emit({"folder": str(folder), "files": list(made)})
    else:
        show("\n".join(f"{folder / name}" for name in made))
