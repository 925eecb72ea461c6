"""The command line: one short function a verb, in the order of the work; each parses, calls and prints."""

import os
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from .errors import ScalingLawsError

MAIN, MEASURE, INFER, SHOW, INSIDE = (
    "The main job", "Measure: from a corpus to points", "Infer: from points to a plan", "Look up and show",
    "Used by the others")

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode="rich", add_completion=True, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Neural scaling laws, the whole loop: train a family of models, fit the laws with intervals that hold, "
         "test a prediction, and turn a budget into a plan.",
    epilog="Start with:  scalinglaws study quickstart --to quickstart")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else there.")]
To = Annotated[Path, typer.Option("--to", help="Folder for runs and report; the same folder again goes on from there.")]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")]


def main():
    """Run the command; what was raised on purpose becomes one line and an exit code."""
    try:
        app(prog_name="scalinglaws")
    except ScalingLawsError as error:
        say(f"scalinglaws: {error}")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


@contextmanager
def resumable():
    """Turn Ctrl-C into one line: what is done is kept."""
    try:
        yield
    except KeyboardInterrupt:
        say("scalinglaws: interrupted. What is done is kept; the same command goes on from there.")
        raise typer.Exit(1) from None


def say(text: str):
    """Print for a person, on standard error."""
    print(text, file=sys.stderr, flush=True)


def emit(record: object):
    """Print one JSON document on standard output."""
    import json

    print(json.dumps(record, indent=1, allow_nan=False))


def data_dir() -> Path | None:
    """The folder of corpora and run tables, named by SCALINGLAWS_DATA."""
    return Path(os.environ["SCALINGLAWS_DATA"]) if os.environ.get("SCALINGLAWS_DATA") else None


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False):
    if version:
        from importlib.metadata import version as installed

        print(installed("scalinglaws"))
        raise typer.Exit


@app.command(rich_help_panel=MAIN)
def study(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    to: To = Path(),
    dry_run: Annotated[bool, typer.Option("--dry-run", "-n", help="Print every run and its cost; train nothing.")] = False,
    json: Json = False,
):
    """From text to laws, a tested prediction, a plan and a report; resumes where it stopped.

    Example:  scalinglaws study quickstart --to quickstart
    """
    from .report import summary
    from .settings import read_study

    asked = read_study(study)
    if dry_run:
        _print_design(asked, json)
        return
    from .display import Display
    from .records import to_plain
    from .study import study as run_study

    folder = to if to != Path() else Path(asked.name)
    with resumable(), Display() as display:
        results = run_study(asked, folder, command=f"scalinglaws study {study} --to {folder}", data_dir=data_dir(),
                            tell=display.show, say=say)
    emit(to_plain(results)) if json else print(summary(results))
    say(f"report: {(folder / 'report' / 'index.html').resolve()}")


@app.command(rich_help_panel=MEASURE)
def design(
    study: Annotated[str, typer.Argument(metavar="STUDY", help="A preset, or a study file (TOML).")],
    json: Json = False,
):
    """List every run of a study with its size, tokens, FLOPs and time on this machine, before anything is spent.

    Example:  scalinglaws design quickstart
    """
    from .settings import read_study

    _print_design(read_study(study), json)


def _print_design(asked, json: bool):
    from .estimate import estimate

    found = estimate(asked, data_dir=data_dir(), say=say)
    emit(found.plain()) if json else print(found.text())


@app.command(rich_help_panel=MEASURE)
def launch(folder: Folder, processes: Annotated[int, typer.Option(help="Processes at a time; 0: one a core.")] = 0):
    """Train the runs of a folder's sweep that it still lacks.

    Example:  scalinglaws launch quickstart
    """
    from .design import Sweep
    from .display import Display
    from .errors import RunsFailedError
    from .executors.local import Local
    from .launch import launch as run_launch
    from .records import from_plain, read_json
    from .store import open_store

    store = open_store(folder)
    sweep = from_plain(Sweep, read_json(store.path / "sweep.json"), str(store.path / "sweep.json"))
    with resumable(), Display() as display:
        failures = run_launch(sweep, store, Local(processes or os.cpu_count() or 1), tell=display.show)
    if failures:
        raise RunsFailedError(f"{len(failures)} chains of runs failed; the first says why in {failures[0].log}.")


@app.command(rich_help_panel=MEASURE)
def status(folder: Folder, json: Json = False):
    """Say how a study stands: runs done, under way and to come.

    Example:  scalinglaws status quickstart
    """
    from .status import status as read_status

    found = read_status(folder)
    emit(found.plain()) if json else print(found.text())


@app.command(rich_help_panel=INSIDE)
def train(
    folder: Folder,
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of runs, in order.")],
    while_pid: Annotated[int, typer.Option(help="Keep the state and stop when this process is no more.")] = 0,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
):
    """Train the named runs of a folder: the process that launch starts, one for each chain of runs.

    Example:  scalinglaws train quickstart L2-d16-0123456789ab
    """
    from .store import open_store
    from .train import Interrupted
    from .worker import work

    asked_to_stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.append(True))
    try:
        work(open_store(folder), run_ids, device=device,
             stop=lambda: bool(asked_to_stop) or (while_pid > 0 and os.getppid() != while_pid))
    except Interrupted:
        say("interrupted; the state is kept")
        sys.exit(75)
