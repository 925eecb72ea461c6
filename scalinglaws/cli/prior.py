"""Learn a prior from past studies of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from . import options as o
from .app import INFER, app, say, show
from .gate import admit, end
from .outputs import spared, wrote

Tables = Annotated[
    list[str], typer.Argument(metavar="POINTS...", help="One table per past study; each counts as one family.")
]
To = Annotated[Path, typer.Option("--to", help="Write the prior here, for --prior FILE.")]


@app.command(rich_help_panel=INFER)
def prior(
    tables: Tables,
    to: To,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    given: o.Given = None,
    anyway: o.Anyway = False,
):
    """Learn a prior from your own past studies, for predict and plan with no law named.

    Each study is fitted alone; the spread between them, drawn towards the field's, becomes the prior. With five studies
    or more the band is measured on their own larger runs, each left out in turn.

    Example:  scalinglaws prior study-2024.csv study-2025.csv --to ours.json
    """
    from ..auditing.judged_table import of_table
    from ..predicting.forecast_points import past_study, seen_of
    from ..predicting.learning import learn
    from ..predicting.prior import field_prior, vague_prior

    spared("--to", to, tuple(tables))
    studies = []
    for table in tables:
        read_in = o.read(table, map, where, unit, given=given, across=None, tell=say)
        judged = of_table(read_in.points, seen_of(read_in.points, read_in.columns).columns)
        admit(judged, read_in.points, f"prior, with {table},", anyway, json=False)
        end(judged)
        studies.append(past_study(read_in.points, table, read_in.columns))
    made = learn(studies, vague_prior(), before=field_prior(), source=f"scalinglaws prior, {len(tables)} tables")
    made.write(to)
    wrote(to)
    show("\n".join([*made.lines(), f"written to {to}"]))
