"""Run the command of a trainer in a process group of its own, until it ends or is asked to end."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ...errors import FailureError
from .guard import guarded

POLL_SECONDS = 0.1
TOLD_SECONDS = 1.0  # between two looks at how far it is
GRACE_SECONDS = 30  # after a request to end, until it is killed
TAIL_BYTES = 4096
_STEP = re.compile(r"(?:step|iter(?:ation)?)s?['\"]?\s*[=:/ ]\s*(\d+)", re.IGNORECASE)
_LOSS = re.compile(r"loss['\"]?\s*[=:/ ]\s*(\d+\.\d+)", re.IGNORECASE)


def run_command(
    words: Sequence[str],
    directory: Path,
    log: Path,
    *,
    stop: Callable[[], bool],
    tell: Callable[[int, float | None], None] = lambda step, loss: None,
    lock: int | None = None,
) -> int | None:
    """Run a command, append what it prints to `log`, and give its exit code; None if it was asked to end.

    Args:
        tell: called with the last step that the log names, and the last training loss if it names one.
        lock: descriptor of a lock that is held until the command has ended, where this process dies before it.

    Raises:
        FailureError: there is no such directory.
    """
    with open(log, "ab") as file:
        try:
            process = subprocess.Popen(
                words,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as failure:
            raise FailureError(f"the trainer cannot be started: {failure}.") from None
    told = 0.0
    with guarded(process.pid, GRACE_SECONDS, lock):
        try:
            while process.poll() is None:
                time.sleep(POLL_SECONDS)
                if stop():
                    return None
                if time.monotonic() - told > TOLD_SECONDS:
                    told = time.monotonic()
                    if found := progress_in(tail(log)):
                        tell(*found)
        finally:
            _end(process)
    return process.returncode


def _end(process: subprocess.Popen):
    """Ask a process and those it started to end; kill those that do not."""
    asked = process.poll() is None
    with suppress(ProcessLookupError):  # processes that it started may be left where it has ended itself
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(GRACE_SECONDS if asked else 0)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def tail(log: Path, count: int = TAIL_BYTES) -> str:
    """The end of a log."""
    try:
        with open(log, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - count))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def progress_in(text: str) -> tuple[int, float | None] | None:
    """The last step that the end of a log names, and the last loss; None without a step."""
    steps, losses = _STEP.findall(text), _LOSS.findall(text)
    return (int(steps[-1]), float(losses[-1]) if losses else None) if steps else None
