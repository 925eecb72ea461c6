"""How a command begins and ends: streams that stop no command, an exit code, and one line that gives the reason."""

import errno
import io
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from ..errors import MisuseError, ScalingLawsError
from ..records.folding import folded
from ..records.numbers_in_text import short_powers
from ..records.text_blocks import printable
from .flags_in_text import in_flags
from .widths import width_of

UNFORESEEN, INTERRUPTED = 70, 130  # exit codes; 0, 1 and 2 are those of errors.py
KEPT_IN = "details_in"  # attribute of an error: the folder for its details
PACKAGES = ("scalinglaws", "numpy", "scipy", "torch", "pydantic", "typer", "matplotlib", "polars")


def ended(command: Callable[[], object]) -> int:
    """Run a command that ends in SystemExit, and give its exit code; whatever else it raises becomes one line.

    If the reader of the output closes it, as `head` does, that is no failure: the code is 0.
    """
    code = _caught(command)
    return code if _flushed() else code or 1


def _caught(command: Callable[[], object]) -> int:
    try:
        _check_words(sys.argv[1:])
        command()
    except SystemExit as end:
        if isinstance(end.__context__, BrokenPipeError):
            return 0
        if end.code == INTERRUPTED:
            say("scalinglaws: interrupted.")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except ScalingLawsError as error:
        say(f"scalinglaws: {error}")
        return error.exit_code
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is not None:
            say(f"scalinglaws: {error.filename}: {error.strerror}. Name a file or folder that this user may access.")
            return 1
        return _unforeseen(error)
    return 0


def _check_words(words: list[str]):
    """Refuse half of a surrogate pair: neither a file's name nor the output can contain it."""
    for word in words:
        try:
            os.fsencode(word)
        except UnicodeEncodeError as error:
            raise MisuseError(
                f"{word!r} is not valid text: {error.reason} (character {error.start + 1}). Type it again."
            ) from None


def _flushed() -> bool:
    """Write what standard output still buffers; report if not everything could be written."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    lost = getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "lost", None)
    if lost is not None:
        say(f"scalinglaws: standard output: {lost.strerror}. The work is done, but its output is incomplete.")
    return lost is None


def _unforeseen(error: BaseException) -> int:
    """Report an unexpected error in one line, and write its details to a file."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    details = _details(error)
    saved = _saved(details, getattr(error, KEPT_IN, None))
    where = f"Its details are in {saved}" if saved else "Its details could not be saved and follow"
    say(
        f"scalinglaws: unexpected error: {what}. {where}: please report it with that file. "
        "Finished work is kept; other input or options may avoid the error."
    )
    if saved is None:
        say(details)
    return UNFORESEEN


def _details(error: BaseException) -> str:
    from importlib.metadata import PackageNotFoundError, version
    from platform import platform

    versions = [f"python {sys.version.split()[0]}", platform()]
    for package in PACKAGES:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            versions.append(f"{package} not installed")
    told = "".join(traceback.format_exception(error))
    return f"command: {sys.argv!r}\nversions: {', '.join(versions)}\n\n{told}"


@contextmanager
def details_in(folder: Path):
    """Write the details of an unexpected error in this block to a folder in place of the current one."""
    try:
        yield
    except Exception as error:
        setattr(error, KEPT_IN, folder)
        raise


def _saved(text: str, asked: Path | None) -> Path | None:
    """Write a new file in the folder asked for, otherwise in the current one, otherwise in that of temporary files.

    No folder is created.

    Returns:
        the path; None if no file could be written.
    """
    name = f"scalinglaws-error-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    first = [] if asked is None else [lambda: asked]
    for folder in (*first, Path.cwd, lambda: Path(tempfile.gettempdir())):
        for again in ("", "-2", "-3"):
            try:
                path = folder() / f"{name}{again}.txt"
                with open(path, "x", encoding="utf-8", errors="backslashreplace") as file:
                    file.write(text)
                return path
            except OSError:
                continue
    return None


def say(text: str):
    """Print for a person, on standard error."""
    print(folded(printable(short_powers(in_flags(text))), width_of(sys.stderr)), file=sys.stderr, flush=True)


class _Sink(io.FileIO):
    """A stream whose write errors stop no command: what cannot be written is lost, and `lost` is the error.

    Only a closed reader of standard output is raised, so that the command can end.
    """

    lost: OSError | None = None

    def write(self, content) -> int:
        try:
            return super().write(content)
        except OSError as error:
            if error.errno == errno.EPIPE and self.fileno() == 1:
                raise
            self.lost = error
            return len(content)


def open_streams():
    """Let no stream stop a command: a closed one discards everything; characters that it cannot encode are escaped."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # takes the closed descriptor, so that no other file gets its number
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (open to the end)
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            setattr(sys, name, _unending(stream) if stream is getattr(sys, f"__{name}__") else stream)


def _unending(stream) -> io.TextIOWrapper:
    raw = _Sink(stream.fileno(), "w", closefd=False)
    lines = stream.fileno() == 2 or stream.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=lines)
