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


@app.command("import", rich_help_panel=INFER)
def import_(
    table: o.Table,
    map: o.Map = None,
    where: o.Where = None,
    unit: o.Unit = None,
    mapping: Annotated[Path | None, typer.Option(help="A mapping saved before.")] = None,
    save_mapping: Annotated[Path | None, typer.Option(help="Keep the mapping here for the next time.")] = None,
    checkpoints: Annotated[
        str | None,
        typer.Option(
            metavar="KEEP",
            help="Runs with several rows: say what kind of checkpoint each row is, and keep final (the last row of a "
            "run and every end of a decay), decayed (ends of a decay alone) or all.",
        ),
    ] = None,
    burn_in: o.BurnIn = None,
    rejected: Annotated[Path | None, typer.Option(help="Write every rejected row here, with its reason (CSV).")] = None,
    to: Annotated[Path | None, typer.Option(help="Write the points here: .csv, .tsv, .jsonl or .parquet.")] = None,
    json: Json = False,
):
    """Read anyone's table of runs: show what each column means, reject impossible rows, write points.

    Example:  scalinglaws import runs.csv --map loss=val/loss --map params_total=N --to points.csv
    """
    from ..points.reading import read_points
    from ..points.writing import write_points

    spared("--to", to, (table, mapping))
    spared("--rejected", rejected, (table, mapping, to))
    spared("--save-mapping", save_mapping, (table, to, rejected))
    found = read_points(
        sys.stdin if table == "-" else Path(table),
        map=o.named(map, "--map", "loss=val/loss"),
        where=where,
        unit=o.named(unit, "--unit", "loss=bits"),
        mapping_file=mapping,
    )
    found = replace(found, points=o.checkpointed(found.points, checkpoints, burn_in))
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
        say(f"mapping kept in {save_mapping}; use it again with --mapping {save_mapping}")
    emit(_import_plain(found)) if json else show(found.preview())


def _write_rejected(rows, path: Path):
    import csv
    import io

    from ..records.json_values import write_whole

    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(["line", "reason"])
    writer.writerows((row.row, row.reason) for row in rows)
    write_whole(path, page.getvalue().encode())
    say(f"{len(rows)} rejected rows written to {path}")


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
        "points": len(points),
        "excluded": len(points) - len(points.kept),
        "columns": columns,
        "letters": dict(found.columns),
        "rejected": [{"line": row.row, "reason": row.reason} for row in found.rejected],
        "notes": list(found.notes),
    }
