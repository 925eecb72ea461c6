"""What every verb of the command line shares: the application, its options, and how it prints."""

import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from ..errors import MisuseError
from ..records.folding import folded
from ..records.ranges import shown
from ..records.text_blocks import Block, as_text, printable
from .ending import ended, open_streams, say
from .flags_in_text import document_in_flags, in_flags
from .limits import require_numbers
from .widths import width_of

if TYPE_CHECKING:
    from ..points.points import Points

MAIN, MEASURE, INFER, SHOW, INSIDE = (
    "The main job",
    "Measure: from a corpus to points",
    "Infer: from points to a plan",
    "Look up and show",
    "Used by the others",
)

USAGE_ERROR = typer.BadParameter.__base__


class _OneLine(TyperGroup):
    """Report what cannot be parsed in one line, like every other error."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except USAGE_ERROR as error:
            verb = f" {error.ctx.info_name}" if error.ctx is not None and error.ctx.parent is not None else ""
            told = " ".join(error.format_message().split()).rstrip(".")
            raise MisuseError(f"{told[:300]}. See scalinglaws{verb} --help.") from None


class _Commands(typer.Typer):
    """An application whose commands check every number that they are given."""

    def command(self, *args, **options) -> Callable:
        register = super().command(*args, **options)

        def made(verb: Callable) -> Callable:
            @wraps(verb)
            def checked(**given):
                require_numbers(given)
                return verb(**given)

            register(checked)
            return verb

        return made


app = _Commands(
    cls=_OneLine,
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Neural scaling laws from end to end: train a family of models, fit the laws with confidence intervals, "
    "test a prediction, and turn a budget into a plan.",
    epilog="Start with:  scalinglaws study quickstart --to quickstart",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, and nothing else there.")]
To = Annotated[
    Path | None,
    typer.Option(
        "--to", help="Folder for runs and report; a folder that is there already is resumed.  \\[the study's name]"
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A study's folder.")]


@cache
def parser() -> Any:
    """Make what reads a command line, once: all verbs and their options take 25 ms."""
    return get_command(app)


def run():
    """Run the command; whatever it raises becomes one line and an exit code."""
    open_streams()
    sys.exit(ended(lambda: parser()(prog_name="scalinglaws")))


@contextmanager
def resumable():
    """Turn Ctrl-C into one line, which says that finished work is kept."""
    try:
        yield
    except KeyboardInterrupt:
        say("scalinglaws: interrupted. Finished work is kept; the same command resumes there.")
        raise typer.Exit(1) from None


def show(shown: object):
    """Print a text, a record or its blocks for a person, on standard output, folded to its width; tables too."""
    width = width_of(sys.stdout)
    blocks = shown if isinstance(shown, list) else [shown] if isinstance(shown, str) else None
    text = as_text(_blocks(shown) if blocks is None else blocks, width)
    print(folded(printable(in_flags(text)), width), flush=True)  # before what stderr says next


def _blocks(record: object) -> list[Block]:
    blocks = getattr(record, "blocks", None)
    return [str(record)] if blocks is None else blocks()


def emit(record: dict[str, Any] | list[dict[str, Any]], points: "Points | None" = None) -> None:
    """Print JSON on standard output; with points, each document gets the notes on what looks wrong in them."""
    import json

    if points is not None:
        notes: dict[str, Any] = {"notes": list(points.notes)}
        record = [one | notes for one in record] if isinstance(record, list) else record | notes
    print(json.dumps(document_in_flags(record), indent=1, allow_nan=False))


def require_training(device: str = "cpu", engine: str = "auto"):
    """Refuse a verb that trains if a package or the device that it needs is missing, or there is no such engine.

    Raises:
        MisuseError: naming what is missing, and what to type.
    """
    from importlib.util import find_spec

    missing = [package for package in ("torch", "tokenizers", "safetensors") if find_spec(package) is None]
    if missing:
        raise MisuseError(
            f"training needs {', '.join(missing)}: pip install 'scalinglaws[train]'. The verbs that fit, "
            "predict and plan work without."
        )
    require_names(device, engine)
    if device == "cpu":
        return
    from ..models.precision import cuda_devices

    there, number = cuda_devices(), device.partition(":")[2]
    if len(number) > 4 or int(number or 0) >= there:
        raise MisuseError(f"--device {shown(device)}: PyTorch finds {there} such devices here. Use --device cpu.")


def processes_of_torchrun() -> int:
    """How many processes torchrun says that it started with this one; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def require_names(device: str, engine: str):
    """Refuse a device or an engine of an unknown name, also where a trainer of one's own needs neither.

    Raises:
        MisuseError: naming those that there are.
    """
    from ..run.run import require_engine

    require_engine(engine, together=processes_of_torchrun() > 1)
    kind, _, number = device.partition(":")
    of_cuda = kind == "cuda" and (not number or number.isdecimal()) and not device.endswith(":")
    if device != "cpu" and not of_cuda:
        raise MisuseError(f"--device {shown(device)}: it must be cpu, cuda, or one of several devices, such as cuda:1.")


def data_dir() -> Path | None:
    """Give the folder of corpora and run tables, which SCALINGLAWS_DATA names."""
    return Path(os.environ["SCALINGLAWS_DATA"]) if os.environ.get("SCALINGLAWS_DATA") else None


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Print the version.", is_eager=True)] = False):
    if version:
        from importlib.metadata import version as installed

        print(installed("scalinglaws"))
        raise typer.Exit
