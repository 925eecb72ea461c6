"""Check a study, or anyone's table of runs, by the rules of a careful reviewer."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from . import options as o
from .app import INFER, Json, app, emit, show

Of = Annotated[
    str, typer.Argument(metavar="STUDY|POINTS", help="A study's folder; or CSV, TSV, JSON lines, Parquet, -.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", metavar="N=COLUMN", help="The counts that are meant: N=params_nonembedding, C=flops_6nd."
    ),
]
Printed = Annotated[
    str | None,
    typer.Option(metavar="E=..,A=..", help="Constants as a source prints them; checked against the table."),
]
Law = Annotated[str, typer.Option("--law", help="The law of the printed constants.")]
Borrowed = Annotated[
    str | None, typer.Option(metavar="LAW", help="A published law whose constants are used as they are.")
]
Target = Annotated[str | None, typer.Option(metavar="C=1e23", help="Where to predict: C=.., or N=..,D=..")]
Only = Annotated[
    str | None, typer.Option(metavar="A,B1,..", help="Groups or rules, separated by commas; by default all.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with code 1 if a rule of severity error fails.")]

PRINTED = "E=1.69,A=406.4,B=410.7,alpha=0.34,beta=0.28"  # of Hoffmann et al. 2022


@app.command(rich_help_panel=INFER)
def audit(
    of: Of,
    columns: Columns = None,
    printed: Printed = None,
    law: Law = "chinchilla",
    borrowed: Borrowed = None,
    target: Target = None,
    only: Only = None,
    checkpoints: o.Checkpoints = None,
    burn_in: o.BurnIn = None,
    map: o.Map = None,
    where: o.Where = None,
    across: o.Across = None,
    unit: o.Unit = None,
    given: o.Given = None,
    keep_rows: o.KeepRows = None,
    best_of: o.BestOf = None,
    level: o.Level = 0.95,
    seed: o.Seed = 0,
    strict: Strict = False,
    json: Json = False,
):
    """Check a study or a table by fifty rules: definitions, training, grid, fitting, forecasts.

    Example:  scalinglaws audit points.csv --target C=1e23 --strict
    """
    from ..auditing.audit import audit as run_audit
    from ..records.json_values import to_plain

    claims = {
        "printed": o.places(printed, "--printed", PRINTED) if printed else None,
        "printed_law": law,
        "borrowed": borrowed or "",
        "target": o.places(target, "--target", "C=1e23") if target else None,
    }
    claims = {name: value for name, value in claims.items() if value}
    letters = o.named(columns, "--columns", "N=params_nonembedding")
    reading = {"map": map, "where": where, "unit": unit, "given": given, "across": across}
    reading |= {"keep_rows": keep_rows, "best_of": best_of}
    points, study = _evidence(of, reading, {"checkpoints": checkpoints, "burn_in": burn_in})
    wanted = only.split(",") if only else ()
    options = study | claims | {"columns": study["columns"] | letters}
    found = run_audit(points, **options, only=wanted, level=level, seed=seed)
    emit(to_plain(found), points) if json else show(found)
    if strict and found.having("failed", "error"):
        raise typer.Exit(1)


def _evidence(of: str, reading: dict, kept: dict) -> tuple:
    """Read a study's folder with its claims, or a table; options of a table do not apply to a folder.

    Raises:
        MisuseError: an option of a table with a study's folder.
    """
    if (Path(of) / "store.json").exists():
        from ..studying.study_audit import of_a_folder

        for name, given in (reading | kept).items():
            if given is not None:
                raise MisuseError(
                    f"--{name.replace('_', '-')} is for a table of points, and {of} is a study's folder. Write its "
                    f"points first: scalinglaws points {of} --to points.csv"
                )
        return of_a_folder(Path(of))
    found = o.read(of, **reading)
    return o.checkpointed(found.points, *kept.values()), {"columns": dict(found.columns)}
