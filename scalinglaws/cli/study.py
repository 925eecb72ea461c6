"""The verbs of the measuring half: from a corpus to runs and their points."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import MAIN, MEASURE, Folder, Json, To, app, data_dir, emit, require_training, resumable, say, show

Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A key of the study, in place of its file's.")
]
Only = Annotated[str | None, typer.Option(metavar="F-N,F-B", help="These families of a set alone.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
SpeedOption = Annotated[
    str | None,
    typer.Option(
        "--speed",
        metavar="1e14[,0.004]",
        help="Take these FLOP/s of all processes together for granted, and seconds to start the kernels of a step; "
        "time nothing.",
    ),
]


@app.command(rich_help_panel=MAIN)
def study(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    to: To = None,
    only: Only = None,
    changes: Changes = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Print every run and its cost; train nothing.")
    ] = False,
    device: Device = "cpu",
    speed: SpeedOption = None,
    json: Json = False,
):
    """From text to laws, a tested prediction, a plan and a report; resumes where it stopped.

    Example:  scalinglaws study quickstart --to quickstart
    """
    from ..designing.study_file import Families

    require_training(device)
    asked = _asked(study, only, changes)
    if dry_run:
        _print_design(asked, device, speed, json)
        return
    if speed is not None:
        raise MisuseError("--speed is for --dry-run and for design: what is trained takes the time it takes.")
    folder = to or Path(asked.name)
    command = f"scalinglaws study {study} --to {folder}"
    (_measure_families if isinstance(asked, Families) else _run_study)(asked, folder, command, device, json)


def _asked(study: str, only: str | None, changes: list[str] | None):
    from ..designing.study_file import Families, read_study

    asked = read_study(study, _changes(changes or []))
    if only is None:
        return asked
    if not isinstance(asked, Families):
        raise MisuseError(f"--only is for a set of families; {study} is one study.")
    return asked.only([name.strip() for name in only.split(",")])


def _changes(texts: list[str]) -> dict:
    """Read KEY=VALUE, the value as in TOML; a value that is none is taken as text."""
    import tomllib

    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise MisuseError(f"--set {text}: give KEY=VALUE, such as --set corpus=text:notes/ or --set seeds=2.")
        try:
            found[key.strip()] = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            found[key.strip()] = value.strip()
    return found


def _run_study(asked, folder: Path, command: str, device: str, json: bool):
    from ..records.json_values import to_plain
    from ..reporting.summary import summary
    from ..studying.study import study as run_study
    from .display import Display

    with resumable(), Display() as display:
        results = run_study(
            asked, folder, command=command, data_dir=data_dir(), device=device, tell=display.show, say=say
        )
    emit(to_plain(results)) if json else show(summary(results))
    say(f"report: {(folder / 'report' / 'index.html').resolve()}")


def _measure_families(asked, folder: Path, command: str, device: str, json: bool):
    from ..claims.tables import TABLES
    from ..studying.families import measure
    from .display import Display

    with resumable(), Display() as display:
        measured = measure(asked, folder, data_dir=data_dir(), device=device, tell=display.show, say=say)
    rows = {name: len(getattr(measured, name)) for name in TABLES}
    if json:
        emit({"name": asked.name, "folder": str(folder), "rows": rows})
    else:
        show("\n".join(f"{folder / name}.csv: {count} rows" for name, count in rows.items()))


@app.command(rich_help_panel=MEASURE)
def design(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    only: Only = None,
    changes: Changes = None,
    device: Device = "cpu",
    speed: SpeedOption = None,
    json: Json = False,
):
    """List every run of a study with its size, tokens, FLOPs and time on this machine, before anything is spent.

    Example:  scalinglaws design quickstart
    """
    require_training(device)
    _print_design(_asked(study, only, changes), device, speed, json)


def _print_design(asked, device: str, speed: str | None, json: bool):
    from ..studying.estimate import estimate

    found = estimate(asked, data_dir=data_dir(), device=device, speed=_speed(speed), say=say)
    emit(found.plain()) if json else show(found.text())


def _speed(text: str | None):
    """Read FLOPS or FLOPS,SECONDS."""
    from ..studying.estimate import Speed

    if text is None:
        return None
    try:
        found = Speed(*(float(part) for part in text.split(",")))
        if found.flops_per_second > 0 <= found.launch_seconds:
            return found
    except (ValueError, TypeError):
        pass
    raise MisuseError(f"--speed {text}: give FLOP/s, as 1e14, or with seconds to start a step's kernels, as 1e14,4e-3.")


@app.command(rich_help_panel=MEASURE)
def launch(
    folder: Folder,
    processes: Annotated[int, typer.Option(help="Processes at a time; 0: one a core.")] = 0,
    device: Device = "cpu",
):
    """Train the runs of a folder's sweep that it still lacks.

    Example:  scalinglaws launch quickstart
    """
    from ..corpora.token_files import open_data
    from ..designing.design import read_sweep
    from ..launching.launch import launch as run_launch
    from ..launching.launch import require_success
    from ..launching.processes import Local
    from ..store.store import open_store
    from ..studying.machine import cores
    from .display import Display

    require_training(device)
    store = open_store(folder)
    sweep = read_sweep(folder)
    for data_id in dict.fromkeys(spec.data for spec in sweep.runs):
        say(open_data(store.data, data_id).told())
    with resumable(), Display() as display:
        failures = run_launch(sweep, store, Local(processes or cores()), device=device, tell=display.show)
    require_success(failures, "chains of runs")


@app.command(rich_help_panel=MEASURE)
def status(folder: Folder, json: Json = False):
    """Say how a study stands: runs done, under way and to come.

    Example:  scalinglaws status quickstart
    """
    from ..studying.status import status as read_status

    found = read_status(folder)
    emit(found.plain()) if json else show(found.text())


@app.command(rich_help_panel=MEASURE)
def points(
    folder: Folder,
    to: Annotated[
        Path | None, typer.Option(help="Write here: .csv, .tsv, .jsonl or .parquet; else CSV is printed.")
    ] = None,
    curves: Annotated[bool, typer.Option(help="Every evaluation at constant rate, not only the final losses.")] = False,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Every run that the folder ever trained; in_study says which the study means now."),
    ] = False,
):
    """Turn a study's runs into a table of points.

    Example:  scalinglaws points quickstart --to points.csv
    """
    from ..designing.design import read_sweep
    from ..points.writing import as_csv, write_points
    from ..store.store import open_store
    from ..studying.run_tables import history, table_of
    from .outputs import spared, wrote

    spared("--to", to)
    store, sweep = open_store(folder), read_sweep(folder)
    found = (history if everything else table_of)(store, sweep, curves=curves)
    lacking = sum(not store.has(spec) for spec in sweep.runs)
    if lacking:
        say(f"{lacking} of the {len(sweep.runs)} runs of {sweep.name} have not ended, and have no row: see status.")
    if to:
        write_points(found, to)
        wrote(to)
    else:
        sys.stdout.write(as_csv(found))
