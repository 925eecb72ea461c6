"""Judge the claims of Kaplan et al. 2020 on the measured tables of a set of families."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .app import INFER, Json, app, emit, say, show

Of = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR|TABLES",
        help="A study's folder, that of a set of families, or points.csv, curves.csv, positions.csv.",
    ),
]
Write = Annotated[
    Path | None, typer.Option("--write", metavar="PAGE.md", help="Write the claims and every measured table as a page.")
]
Draws = Annotated[int, typer.Option("--draws", help="Number of draws of the intervals.")]


@app.command(rich_help_panel=INFER)
def findings(
    of: Of, write: Write = None, draws: Draws = 1000, level: o.Level = 0.95, seed: o.Seed = 0, json: Json = False
):
    """Judge each claim of Kaplan et al. 2020 on measured runs: passed, failed or undecided, and why.

    With --json, every measured constant and table is printed too. A notes.md in the folder opens the page.

    Example:  scalinglaws findings kaplan-cpu --write findings.md
    """
    from ..claims.page import page
    from ..records.json_values import to_plain, write_whole
    from ..studying.findings import findings as judged
    from .outputs import sealed, spared, wrote

    spared("--write", write)
    found = judged(of, level=level, draws=draws, seed=seed)
    if write is not None:
        named = " ".join(map(str, of))
        made = f"Made by `scalinglaws findings {named} --write {write}` from the tables of runs, curves and positions."
        notes = of[0] / "notes.md"
        facts = [made, notes.read_text(encoding="utf-8").strip()] if notes.is_file() else [made]
        title = f"What the runs of {of[0].resolve().name} say of Kaplan et al. 2020"
        write_whole(write, sealed(page(found, title, facts)).encode())
        wrote(write)
        say(f"wrote {write}")
    emit(to_plain(found)) if json else show(found)
