"""The runs to add to a study or a table: which, what each would buy, and when to stop."""

from typing import Annotated

import typer

from . import options as o
from .app import INFER, Json, app, emit, say, show
from .gate import lead
from .study_options import Goal, MaxRun


@app.command("next", rich_help_panel=INFER)
def next_command(
    points: Annotated[str, typer.Argument(metavar="STUDY|POINTS", help="A study's folder, or a table of runs.")],
    goal: Goal = None,
    budget: Annotated[float | None, typer.Option(metavar="FLOPS", help="FLOPs (6 N D) of all runs to add.")] = None,
    max_run: MaxRun = None,
    overhead: Annotated[
        float,
        typer.Option(metavar="FLOPS", help="Cost of a run beside its training; without it tiny runs cost nothing."),
    ] = 0.0,
    until: Annotated[
        float | None, typer.Option(metavar="0.02", help="Stop where the interval of the loss is within this share.")
    ] = None,
    prior: Annotated[str, typer.Option(help="As for predict: field, none or a file.")] = "field",
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    given: o.Given = None,
    anyway: o.Anyway = False,
    json: Json = False,
):
    """Choose the runs to add now, so that the interval of a goal becomes narrow: what each would buy, and when to stop.

    Example:  scalinglaws next points.csv --for 'plan at C=1e22' --budget 1e20
    """
    from ..errors import MisuseError
    from ..planning.asked_quantity import asked_quantity
    from ..studying.design_for_text import next_as_plain, text_of_next
    from ..studying.next_runs import next_runs

    quantity = asked_quantity(goal or "")
    if budget is None:
        raise MisuseError("next needs the FLOPs that may be spent, such as --budget 1e20.")
    table, columns = _points_of(points, map, where, unit, given)
    found = next_runs(
        table,
        quantity,
        budget,
        max_run=max_run,
        overhead=overhead,
        until=until,
        prior=prior,
        columns=columns,
        anyway=anyway,
    )
    table = lead(found.barred, table, json)
    for warning in found.warnings:
        say(f"warning: {warning}")
    emit(next_as_plain(found), table) if json else show(text_of_next(found))


def _points_of(points: str, map, where, unit, given):
    """Give the points of a table, or of a study's folder in the study's own count of parameters."""
    from pathlib import Path

    from ..errors import MisuseError
    from ..store.store import MARK
    from ..studying.study_audit import of_a_folder

    if (Path(points) / MARK).exists():
        if map or where or unit or given:
            raise MisuseError(f"{points} is a study's folder: --map, --where, --unit and --given are for tables.")
        found, claims = of_a_folder(Path(points))
        return found, {"N": claims["columns"]["N"]}
    read_in = o.read(points, map, where, unit, given=given, across=None, tell=say)
    return read_in.points, read_in.columns
