"""Read anyone's table of runs as points."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ..errors import counted
from ..records.json_values import finite
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .outputs import spared, wrote

Tables = Annotated[
    list[str],
    typer.Argument(
        metavar="POINTS...",
        help="Tables, logs of trainers, exports of trackers, or folders of them, one or several; runs on W&B as "
        "wandb://ENTITY/PROJECT; - for standard input.",
    ),
]
Mapping = Annotated[Path | None, typer.Option(help="A mapping that was saved before.")]
SaveMapping = Annotated[Path | None, typer.Option(help="Save the mapping here.")]
Checkpoints = Annotated[
    str | None,
    typer.Option(
        metavar="KEEP",
        help="Runs with several rows: say what kind of checkpoint each row is, and keep final (the last row of a "
        "run and every end of a decay), decayed (only ends of a decay) or all.",
    ),
]
RejectedTo = Annotated[Path | None, typer.Option(help="Write every rejected row here, with its reason (CSV).")]
To = Annotated[Path | None, typer.Option(help="Write the points here: .csv, .tsv, .jsonl, .parquet or .json.")]


@app.command("import", rich_help_panel=INFER)
def import_(
    tables: Tables,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    given: o.Given = None,
    keep_rows: o.KeepRows = None,
    best_of: o.BestOf = None,
    mapping: Mapping = None,
    save_mapping: SaveMapping = None,
    checkpoints: Checkpoints = None,
    burn_in: o.BurnIn = None,
    rejected: RejectedTo = None,
    to: To = None,
    json: Json = False,
):
    """Read anyone's runs, a table or logs: show what each column means, reject impossible rows, write points.

    Several files are read as one table, the runs named by their files.

    Example:  scalinglaws import runs.csv --map loss=val/loss --map params_total=N --to points.csv
    """
    from ..points.along_runs import untold
    from ..points.checks_at_import import check_loss
    from ..studying.read import read_table

    spared("--to", to, (*tables, mapping))
    spared("--rejected", rejected, (*tables, mapping, to))
    spared("--save-mapping", save_mapping, (*tables, to, rejected))
    several = [Path(table) for table in tables]
    found = read_table(
        sys.stdin if tables == ["-"] else several[0] if len(several) == 1 else several,
        map=o.named(map, "--map", "loss=val/loss"),
        where=where,
        unit=o.named(unit, "--unit", "loss=bits"),
        given=o.facts(given),
        mapping_file=mapping,
        keep_rows=o.several(keep_rows),
        best_of=o.several(best_of),
    )
    check_loss(found)
    points = o.checkpointed(found.points, checkpoints, burn_in)
    settled = {*untold(found.points)} - {*untold(points)}
    found = replace(found, points=points, notes=tuple(note for note in found.notes if note not in settled))
    _write(found, to, rejected, save_mapping)
    emit(_import_plain(found)) if json else show(found.preview())


def _write(found, to: Path | None, rejected: Path | None, save_mapping: Path | None) -> None:
    """Write the points, the rejected rows and the mapping where they were asked for."""
    from ..points.writing import write_points

    if to:
        write_points(found.points, to)
        wrote(to)
        say(f"{counted(len(found.points), 'point')} written to {to}")
    if rejected:
        _write_rejected(found.rejected, rejected)
        wrote(rejected)
    if save_mapping:
        found.save_mapping(save_mapping)
        wrote(save_mapping)
        say(f"mapping saved in {save_mapping}; use it again with --mapping {save_mapping}")


def _write_rejected(rows, path: Path):
    import csv
    import io

    from ..records.json_values import write_whole

    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["line", "reason"])
    writer.writerows((row.row, row.reason) for row in rows)
    write_whole(path, page.getvalue().encode())
    say(f"{counted(len(rows), 'rejected row')} written to {path}")


def _import_plain(found) -> dict:
    from ..quantities import QUANTITIES

    points = found.points
    columns = {}
    for name in points.columns:
        known = QUANTITIES.get(name)
        columns[name] = {
            "from": found.mapping.get(name, name),
            "unit": known.unit if known else None,
            "meaning": known.meaning if known else None,
            "first": [finite(v) if isinstance(v, float) else v for v in points[name][:5].tolist()],
        }
    return {
        "source": points.source,
        "form": found.form,
        "points": len(points),
        "excluded": len(points) - len(points.kept),
        "columns": columns,
        "letters": dict(found.columns),
        "rejected": [{"line": int(row.row), "reason": row.reason, **_file_of(row.row)} for row in found.rejected],
        "notes": list(found.notes),
    }


def _file_of(line: int) -> dict[str, str]:
    """Give the file of a line of one of several files."""
    file = getattr(line, "file", "")
    return {"file": file} if file else {}
