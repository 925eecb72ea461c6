"""The verb that shows a study: its report, drawn again."""

from pathlib import Path
from typing import Annotated

import typer

from .app import SHOW, Folder, app


@app.command(rich_help_panel=SHOW)
def report(folder: Folder, to: Annotated[Path | None, typer.Option(help="Write the page here instead.")] = None):
    """Draw the report of a study again from its results.

    Example:  scalinglaws report quickstart
    """
    from ..records import from_plain, read_json
    from ..report import report as run_report
    from ..results import StudyResults

    results = from_plain(StudyResults, read_json(folder / "results.json"), str(folder / "results.json"))
    print(run_report(results, to or folder / "report"))
