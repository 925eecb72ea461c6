"""Write the page of results: that of a study again, or that of any table of runs."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import SHOW, app, say, show
from .fit_options import OF_THE_TABLE, laws_of, table_of, with_options
from .study_or_table import refuse_for_a_study

Of = Annotated[
    list[str],
    typer.Argument(
        metavar="DIR|POINTS...",
        help="The folder of a study or a set; or CSV, TSV, JSON lines, Parquet, - of runs; or several to compare.",
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
To = Annotated[
    Path | None, typer.Option(help="Write the page here.  [DIR/report, or the table's name-report, or side-by-side]")
]
Pdf = Annotated[bool, typer.Option("--pdf", help="Also write the figures as PDF.")]
OPTIONS = (*OF_THE_TABLE, "draws", "level", "seed")
USUAL = {"draws": 2000, "level": 0.95, "seed": 0}


@app.command(rich_help_panel=SHOW)
@with_options(*OPTIONS)
def report(asked: dict, of: Of, law: Laws = None, budget: Budget = None, to: To = None, pdf: Pdf = False):
    """Write a study's page again; or that of a table of runs: laws, their test, a plan and an audit.

    The page of a set of families has the paper's findings, its 24 figures and its constants. Of several studies or
    tables: their laws and exponents side by side, and what each is worth in the compute of the first.

    Example:  scalinglaws report quickstart
    Example:  scalinglaws report mix-a mix-b
    Example:  scalinglaws report studies/kaplan-cpu --to kaplan-page
    Example:  scalinglaws report points.csv --law-file mine.py --budget 1e21
    """
    if len(of) > 1:
        _side_by_side(of, asked, law, budget, to, pdf)
    elif of[0] != "-" and Path(of[0]).is_dir():
        _of_a_study(Path(of[0]), asked | {"law": law, "budget": budget}, to, pdf)
    else:
        _of_a_table(of[0], asked, law, budget, to, pdf)


def _side_by_side(of: list[str], asked: dict, law: list[str] | None, budget: float | None, to: Path | None, pdf: bool):
    from dataclasses import replace

    from ..reporting.side_by_side_page import side_by_side_page
    from ..studying.jobs import SIDE_BY_SIDE
    from ..studying.side_by_side import named, side_by_side

    if budget is not None or len(law or ()) > 1:
        raise MisuseError(
            "a comparison takes one --law and no --budget: it gives what one study is worth in the compute of another. "
            "For a plan: scalinglaws report ONE --budget FLOPS."
        )
    [one], _ = laws_of(next(iter(law or ()), "chinchilla"), asked["law_file"])
    given = [each if Path(each).is_dir() else table_of(asked, each)[0] for each in of]
    how = {name: asked[name] for name in USUAL}
    found = side_by_side(given, names=named([Path(each).resolve().stem for each in of]), law=one, **how)
    found = replace(found, commands=(shlex.join(["scalinglaws", *sys.argv[1:]]),))
    show(found)
    show(str(side_by_side_page(found, to or Path(SIDE_BY_SIDE), pdf=pdf)))


def _of_a_study(folder: Path, asked: dict, to: Path | None, pdf: bool):
    from ..studying.page_of_study import page_of_study

    refuse_for_a_study(folder, asked, USUAL)
    show(page_of_study(folder, to, pdf=pdf))


def _of_a_table(table: str, asked: dict, law: list[str] | None, budget: float | None, to: Path | None, pdf: bool):
    from ..fitting.own_law import inputs_for, read_laws, tried
    from ..reporting.report import report as run_report
    from ..studying.beside_results import for_page
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
    show(str(run_report(for_page(results), to or Path(f"{Path(name).stem}-report"), pdf=pdf)))
