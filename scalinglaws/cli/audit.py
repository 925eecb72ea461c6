"""Check a study, or anyone's table of runs, by the rules of a careful reviewer."""

import textwrap
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError, counted
from . import options as o
from .app import INFER, Json, app, emit, show
from .numbers_in_text import ends, table

Of = Annotated[
    str, typer.Argument(metavar="STUDY|POINTS", help="A study's folder; or CSV, TSV, JSON lines, Parquet, -.")
]
Columns = Annotated[
    list[str] | None,
    typer.Option("--columns", metavar="N=COLUMN", help="The count meant: N=params_nonembedding, C=flops_6nd."),
]
Printed = Annotated[
    str | None,
    typer.Option(metavar="E=..,A=..", help="Constants as a source prints them: does the table bear them out?"),
]
Law = Annotated[str, typer.Option("--law", help="The law of the printed constants.")]
Borrowed = Annotated[
    str | None, typer.Option(metavar="LAW", help="A published law whose constants are used as they are.")
]
Target = Annotated[str | None, typer.Option(metavar="C=1e23", help="Where a forecast is wanted: C, or N=..,D=..")]
Only = Annotated[str | None, typer.Option(metavar="A,B1,..", help="Groups or rules, with commas; else all.")]
Strict = Annotated[bool, typer.Option("--strict", help="Exit with 1 when a rule of severity error failed.")]
WIDTH = 116


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
        "printed": o.places(printed, "--printed", "E=1.69,A=406.4") if printed else None,
        "printed_law": law,
        "borrowed": borrowed or "",
        "target": o.places(target, "--target", "C=1e23") if target else None,
    }
    claims = {name: value for name, value in claims.items() if value}
    given = o.named(columns, "--columns", "N=params_nonembedding")
    reading = {"map": map, "where": where, "unit": unit, "across": across}
    points, study = _evidence(of, reading, {"checkpoints": checkpoints, "burn_in": burn_in})
    wanted = only.split(",") if only else ()
    options = study | claims | {"columns": study["columns"] | given}
    found = run_audit(points, **options, only=wanted, level=level, seed=seed)
    emit(to_plain(found), points) if json else show(text(found))
    if strict and found.having("failed", "error"):
        raise typer.Exit(1)


def _evidence(of: str, reading: dict, kept: dict) -> tuple:
    """Read a study's folder with its claims, or a table; options of a table say nothing of a folder.

    Raises:
        MisuseError: an option of a table beside a study's folder.
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


def text(found) -> str:
    """Say what failed, at length; then what could not be checked and what holds; then the waterfall."""
    failed = sorted(found.having("failed"), key=lambda f: ("error", "warning", "info").index(f.severity))
    counts = ", ".join(
        f"{many} info" if severity == "info" else counted(many, severity)
        for severity in ("error", "warning", "info")
        for many in [sum(f.severity == severity for f in failed)]
    )
    unchecked, passed = found.having("cannot be checked"), found.having("passed")
    summary = f"{len(failed)} failed ({counts}), {len(passed)} passed, {len(unchecked)} cannot be checked"
    parts = [f"{len(found.findings)} rules: {summary}"]
    parts += [_failed(finding) for finding in failed]
    parts += _listed("passed", passed) + _listed("cannot be checked", unchecked)
    return "\n".join(parts + _waterfall(found.waterfall))


def _failed(f) -> str:
    told = [f"found: {f.found}", f"prevents: {f.prevents}", f"elsewhere: {f.size} ({f.source})", f"do: {f.do}"]
    return "\n".join([f"\n{f.id} {f.severity.upper()}: not so: {f.title}", *map(_wrapped, told)])


def _wrapped(line: str) -> str:
    return textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="      ")


def _listed(heading: str, findings) -> list[str]:
    if not findings:
        return []
    around = {"initial_indent": "  ", "subsequent_indent": "      "}
    return [f"\n{heading}:", *(textwrap.fill(f"{f.id:<4}{f.found}", WIDTH, **around) for f in findings)]


def _waterfall(steps) -> list[str]:
    if not steps:
        return []
    rows = [
        (
            s.name,
            "-" if s.exponent is None else f"{s.exponent.value:.3f}",
            _ends(s),
            _moved(s),
            s.rows or "-",
            s.how[:70],
        )
        for s in steps
    ]
    head = ("step", "a", "interval", "moved", "rows", "how")
    return ["\nfrom Kaplan's exponent to Hoffmann's, N_opt ~ C^a:", table(head, rows)]


def _ends(step) -> str:
    return ends(step.exponent, 3) if step.exponent is not None else "-"


def _moved(step) -> str:
    return "-" if step.moved is None else f"{step.moved:+.3f}"
