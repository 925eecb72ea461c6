"""How a command begins and ends: streams that end nothing, an exit code, and one line that says why."""

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
from ..records.text_blocks import printable
from .flags_in_text import in_flags

UNFORESEEN, INTERRUPTED = 70, 130  # exit codes; 0, 1 and 2 are those of errors.py
KEPT_IN = "details_in"  # attribute of an error: the folder for its details
PACKAGES = ("scalinglaws", "numpy", "scipy", "torch", "pydantic", "typer", "matplotlib", "polars")


def ended(command: Callable[[], object]) -> int:
    """Run a command that ends in SystemExit, and give its exit code; whatever else it raises becomes one line.

    A reader that has gone, as `head` does, is no failure: the code is 0.
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
            say(f"scalinglaws: {error.filename}: {error.strerror}. Name a file or folder that this user may use so.")
            return 1
        return _unforeseen(error)
    return 0


def _check_words(words: list[str]):
    """Refuse half a character: no file's name and no output could hold it."""
    for word in words:
        try:
            os.fsencode(word)
        except UnicodeEncodeError as error:
            raise MisuseError(
                f"{word!r} is no text: {error.reason} (character {error.start + 1}). Type it anew."
            ) from None


def _flushed() -> bool:
    """Write what standard output still holds; say so where it could not take everything."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    lost = getattr(getattr(getattr(sys.stdout, "buffer", None), "raw", None), "lost", None)
    if lost is not None:
        say(f"scalinglaws: standard output: {lost.strerror}. The work is done; what it printed is not whole.")
    return lost is None


def _unforeseen(error: BaseException) -> int:
    """Tell an error that nobody thought of in one line, and keep what is needed to mend it in a file."""
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    details = _details(error)
    saved = _saved(details, getattr(error, KEPT_IN, None))
    where = f"Its details are in {saved}" if saved else "Its details could not be saved; they follow"
    say(
        f"scalinglaws: an error that was not foreseen: {what}. {where}: please report it with that file. "
        "What is already written is kept; other input or options may avoid it."
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
    """Let the details of what nobody foresaw in this block go to a folder, not to the one that is current."""
    try:
        yield
    except Exception as error:
        setattr(error, KEPT_IN, folder)
        raise


def _saved(text: str, asked: Path | None) -> Path | None:
    """Write a new file in the folder asked for, else in the current one, else where temporary files go; None if none.

    A folder that is not there is not made.
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
    print(printable(in_flags(text)), file=sys.stderr, flush=True)


class _Sink(io.FileIO):
    """A stream that cannot be written to ends nothing: what it does not take is gone, and `lost` says why.

    A reader that has gone is told of on standard output alone, so that the command may end there.
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
    """Let no stream end a command: a closed one leads nowhere, and what its encoding lacks is written as its code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:  # this takes the closed number, so that no other file can
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 (open to the end)
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
            setattr(sys, name, _unending(stream) if stream is getattr(sys, f"__{name}__") else stream)


def _unending(stream) -> io.TextIOWrapper:
    raw = _Sink(stream.fileno(), "w", closefd=False)
    lines = stream.fileno() == 2 or stream.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), stream.encoding, stream.errors, line_buffering=lines)
