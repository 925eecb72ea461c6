"""The whole loss curve under another learning-rate schedule, from a table of curves."""

import csv
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError, PointsError, StudyError
from ..records.json_values import finite
from . import options as o
from .app import INFER, Json, app, emit, say, show
from .gate import lead

Law = Annotated[str, typer.Option("--law", metavar="LAW", help="multi-power or tissue.")]
Wanted = Annotated[
    str,
    typer.Option(
        "--schedule",
        metavar="SCHEDULE",
        help="A CSV file with columns steps and lr; or cosine:steps=72000,peak=3e-4,end=3e-5,warmup=2000; also "
        "constant, linear, inverse-sqrt, and wsd with decay=0.2.",
    ),
]
To = Annotated[
    Path | None, typer.Option("--to", help="Write every step of the curve here: .csv, .tsv, .jsonl, .parquet.")
]
PLACES = 240  # steps of a named schedule at which the loss is predicted
KEYS = ("steps", "peak", "end", "warmup", "decay", "power")
EXAMPLE = "cosine:steps=72000,peak=3e-4,end=3e-5,warmup=2000"


@app.command(rich_help_panel=INFER)
def curve(
    points: o.Table,
    schedule: Wanted,
    law: Law = "multi-power",
    to: To = None,
    map: o.Map = None,
    where: o.Where = None,
    across: o.Across = None,
    unit: o.Unit = None,
    given: o.Given = None,
    level: o.Level = 0.95,
    anyway: o.Anyway = False,
    json: Json = False,
):
    """Predict the whole loss curve of a run under another learning-rate schedule, with its band.

    The table has the curves of one model under two schedules or more: run_id, steps, lr and the loss.

    Example:  scalinglaws curve curves.csv --schedule cosine:steps=72000,peak=3e-4,end=3e-5,warmup=2000
    """
    from ..studying.settings_and_arms import curve as run_curve
    from .outputs import spared, wrote

    steps, rates = schedule_of(schedule)
    spared("--to", to, (points,))
    read_in = o.read(points, map, where, unit, given=given, across=across)
    columns = {letter: name for letter, name in read_in.columns.items() if letter in ("lr", "L")}
    found = run_curve(read_in.points, steps, rates, law=law, level=level, columns=columns or None, anyway=anyway)
    noted = lead(found.barred, read_in.points, json)
    if to:
        found.write(to)
        wrote(to)
    if json:
        along = {name: [finite(float(v)) for v in column] for name, column in found.rows().items()}
        said = {"law": found.law, "runs": list(found.runs), "level": found.level, **along}
        told = {"left_out": dict(found.left_out), "noise": found.noise, "reach": found.reach}
        emit({**said, **told, "warnings": list(found.warnings)}, noted)
    else:
        show([*found.blocks(), *([f"written to {to}"] if to else [])])
    for warning in found.warnings:
        say(f"warning: {warning}")


def schedule_of(text: str) -> tuple[list[float], list[float]]:
    """Read a schedule: the rows of a file, or a named form at `PLACES` steps.

    Raises:
        MisuseError: no such form or key, a step or rate missing, or a file that is no table of steps and lr.
    """
    kind, colon, rest = text.partition(":")
    return _named(kind, rest) if colon and not Path(text).exists() else _of_file(text)


def _of_file(path: str) -> tuple[list[float], list[float]]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return [float(row["steps"]) for row in rows], [float(row["lr"]) for row in rows]
    except (OSError, UnicodeDecodeError) as failure:
        raise MisuseError(f"--schedule {path[:80]}: {failure}. Give a CSV file, or a form such as {EXAMPLE}.") from None
    except (KeyError, TypeError, ValueError, csv.Error):
        raise PointsError(
            f"--schedule {path[:80]}: it must have columns steps and lr, a number in every row."
        ) from None


def _named(kind: str, rest: str) -> tuple[list[float], list[float]]:
    from ..run.run import RunSpec
    from ..run.schedule import learning_rate
    from ..run.shape import Shape

    given = o.numbers(o.named([part for part in rest.split(",") if part.strip()], "--schedule", EXAMPLE), "--schedule")
    for name in (name for name in given if name not in KEYS):
        raise MisuseError(f"--schedule {kind}: {name!r} is unknown. It takes {', '.join(KEYS)}, as in {EXAMPLE}.")
    for name in (name for name in ("steps", "peak") if name not in given):
        raise MisuseError(f"--schedule {kind} lacks {name}: write it as {EXAMPLE}.")
    steps, peak, warmup = int(given["steps"]), given["peak"], int(given.get("warmup", 0))
    if not (3 <= steps <= 1e9 and 0 <= warmup < steps and 0 < peak < 1 and 0 <= given.get("end", 0) < peak):
        raise MisuseError(
            f"--schedule {kind}: 3 to 1e9 steps, a warm-up shorter than that, a peak between 0 and 1, an end below it."
        )
    shape = Shape(1, 64, n_heads=1, n_ctx=1, n_vocab=2)
    end, decay, power = given.get("end", 0.0) / peak, given.get("decay", 0.2), given.get("power", 1.0)
    try:
        spec = RunSpec(
            shape, "", "", "", steps, 1, peak, warmup, schedule=kind, decay=decay, lr_end=end, decay_power=power
        )
    except StudyError as failure:
        raise MisuseError(f"--schedule {kind}: {failure}") from None
    first = max(1, warmup)
    places = sorted({first + round(i * (steps - 1 - first) / (PLACES - 1)) for i in range(PLACES)})
    return [float(step) for step in places], [learning_rate(spec, step) for step in places]
