"""Rank laws by how well they predict runs larger than those of their fit."""

from typing import Annotated

import typer

from ..errors import PointsError, argument
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .fit_options import OF_THE_FIT, OF_THE_TABLE, known_scale, laws_of, letters_of, options_of, table_of, with_options
from .gate import end, lead

Laws = Annotated[
    str | None,
    typer.Option(
        metavar="A,B,..", help="Laws, separated by commas; by default one of each form that the table allows."
    ),
]
Above = Annotated[
    float | None, typer.Option(help="Fit up to this compute, and test above it; by default several cuts.")
]
OPTIONS = (*OF_THE_TABLE, *OF_THE_FIT, "draws", "level", "by", "seed")


@app.command(rich_help_panel=INFER)
@with_options(*OPTIONS, draws=200)
def compare(asked: dict, points: o.Table, laws: Laws = None, above: Above = None, json: Json = False):
    """Rank laws by how well they predict larger runs: fit below a compute, predict above it.

    Example:  scalinglaws compare points.csv --laws chinchilla,kaplan-nd
    """
    from ..auditing.judged_table import of_law
    from ..comparing.compare import FORMS, possible
    from ..comparing.compare import compare as run_compare
    from ..fitting.own_law import inputs_for, read_laws, tried

    names = laws.split(",") if laws else [*FORMS]
    own = [name for path in asked["law_file"] or [] for name in read_laws(path) if name not in names]
    named, files = laws_of(",".join([*names, *own]), asked["law_file"])
    table_in, letters = table_of(asked, points)
    known_scale(table_in, asked["by"])
    members = [law for law in named if laws or law.name in files or possible(law, table_in, letters_of(law, letters))]
    if not members:
        raise PointsError(
            "no law of the shelf has its columns in this table. Name them, as in "
            f"{argument(map={'params_total': 'COLUMN', 'tokens': 'COLUMN'})}; scalinglaws import shows the table."
        )
    given = dict(zip((law.name for law in members), options_of(members, letters, asked), strict=True))
    for law in (law for law in members if law.name in files):
        tried(law, inputs_for(law, table_in, given[law.name]["columns"]), files[law.name])
    say(f"trying {', '.join(law.name for law in members)}")
    how = {name: asked[name] for name in ("by", "level", "draws", "seed")}
    found = run_compare(table_in, members, above=above, options=given, **how)
    judged = of_law(members[0], table_in, given[members[0].name])
    noted = lead(judged.bars, table_in, json, judged.failed)
    emit(found.plain(), noted) if json else show(found)
    for warning in found.warnings:
        say(f"warning: {warning}")
    end(judged)
