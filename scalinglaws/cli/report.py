"""Write the page of results: that of a study again, or that of any table of runs."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import SHOW, app, say, show
from .fit_options import OF_THE_TABLE, laws_of, table_of, with_options

Of = Annotated[
    str,
    typer.Argument(
        metavar="DIR|POINTS", help="The folder of a study or a set; or CSV, TSV, JSON lines, Parquet, - of runs."
    ),
]
Laws = Annotated[
    list[str] | None,
    typer.Option(
        "--law", metavar="LAW", help="A law for all rows; may be given several times.  \\[kaplan-nd, chinchilla]"
    ),
]
Budget = Annotated[
    float | None, typer.Option(help="Budget of the plan in FLOPs, 6 N D.  [10 times the largest fitted compute]")
]
To = Annotated[Path | None, typer.Option(help="Write the page here.  [DIR/report, or the table's name-report]")]
Pdf = Annotated[bool, typer.Option("--pdf", help="Also write the figures as PDF.")]
OPTIONS = (*OF_THE_TABLE, "draws", "level", "seed")
USUAL = {"draws": 2000, "level": 0.95, "seed": 0}


@app.command(rich_help_panel=SHOW)
@with_options(*OPTIONS)
def report(asked: dict, of: Of, law: Laws = None, budget: Budget = None, to: To = None, pdf: Pdf = False):
    """Write a study's page again; or that of a table of runs: laws, their test, a plan and an audit.

    The page of a set of families has the paper's findings, its 24 figures and its constants.

    Example:  scalinglaws report quickstart
    Example:  scalinglaws report studies/kaplan-cpu --to kaplan-page
    Example:  scalinglaws report points.csv --law-file mine.py --budget 1e21
    """
    if of != "-" and Path(of).is_dir():
        _of_a_study(Path(of), asked | {"law": law, "budget": budget}, to, pdf)
    else:
        _of_a_table(of, asked, law, budget, to, pdf)


def _of_a_study(folder: Path, asked: dict, to: Path | None, pdf: bool):
    from ..studying.page_of_study import page_of_study

    given = next((name for name, value in asked.items() if value != USUAL.get(name)), None)
    if given:
        raise MisuseError(
            f"--{given.replace('_', '-')} is for a table of runs; {folder} is a study's folder, whose file says what "
            f"is fitted. To get its runs as a table: scalinglaws points {folder} --to points.csv"
        )
    show(page_of_study(folder, to, pdf=pdf))


def _of_a_table(table: str, asked: dict, law: list[str] | None, budget: float | None, to: Path | None, pdf: bool):
    from ..fitting.own_law import inputs_for, read_laws, tried
    from ..reporting.report import report as run_report
    from ..studying.table_study import JOINT, Wanted, appraise, counted

    own = [name for path in asked["law_file"] or [] for name in read_laws(path)]
    laws, files = laws_of(",".join(law or dict.fromkeys([*own, *JOINT])), asked["law_file"])
    told: list[str] = []

    def tell(text: str):
        say(text)
        told.append(text.removeprefix("note: "))

    points, letters = table_of(asked, table, tell)
    made, _, counts = counted(points, laws, letters)
    for one in (one for one in laws if one.name in files):
        tried(one, inputs_for(one, made, {k: v for k, v in counts.items() if k in one.inputs}), files[one.name])
    how = {name: asked[name] for name in USUAL}
    wanted = Wanted(tuple(laws), bool(law), letters, budget, **how)
    name = "points" if table == "-" else Path(table).name
    results = appraise(points, wanted, name=name, notes=told, command=shlex.join(["scalinglaws", *sys.argv[1:]]))
    for text in (text for text in results.notes if text not in told):
        say(f"note: {text}")
    show(str(run_report(results, to or Path(f"{Path(name).stem}-report"), pdf=pdf)))
