"""Write what a paper takes from a study or a table of runs."""

from pathlib import Path
from typing import Annotated

import typer

from .app import SHOW, Json, app, emit, show
from .fit_options import OF_THE_TABLE, table_of, with_options
from .outputs import spared, wrote
from .study_or_table import refuse_for_a_study

Of = Annotated[str, typer.Argument(metavar="DIR|POINTS", help="The folder of a study or a set, or a table of runs.")]
To = Annotated[Path | None, typer.Option(help="Folder of the files.  \\[DIR/export, or the table's name-export]")]
OPTIONS = (*(one for one in OF_THE_TABLE if one != "law_file"), "draws", "level", "seed")
USUAL = {"draws": 1000, "level": 0.95, "seed": 0}


@app.command(rich_help_panel=SHOW)
@with_options(*OPTIONS, draws=USUAL["draws"])
def export(asked: dict, of: Of, to: To = None, json: Json = False):
    """Write a paper's files: LaTeX tables (booktabs), methods with BibTeX, points and constants, data of figures.

    Nothing is written before all of it is made, and no file that something else wrote or that was edited.

    Example:  scalinglaws export quickstart --to paper
    Example:  scalinglaws export runs.csv --map N=params_total --where 'tokens > 1e9'
    """
    from ..records.json_values import write_whole
    from ..studying.exports import export_folder, exports
    from ..studying.results_given import kept_results

    if of != "-" and Path(of).is_dir() and kept_results(of):
        refuse_for_a_study(Path(of), asked, USUAL)
        made = exports(of)
    else:
        made = exports(table_of(asked, of)[0], **{name: asked[name] for name in USUAL})
    folder = to or export_folder(of)
    for name in made:
        spared("--to", folder / name, (of,))
    for name, content in made.items():
        write_whole(folder / name, content)
        wrote(folder / name)
    if json:
        emit({"folder": str(folder), "files": list(made)})
    else:
        show("\n".join(f"{folder / name}" for name in made))
