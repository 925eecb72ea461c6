"""Train some runs: one process of a launch, which the other verbs start."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from typing import Annotated

import typer

from ..errors import MisuseError
from .app import INSIDE, Folder, app, require_training, say
from .ending import details_in
from .study_options import Device, Engine, Track


@app.command(rich_help_panel=INSIDE)
def train(
    folder: Folder,
    run_ids: Annotated[list[str] | None, typer.Argument(metavar="RUN...", help="Ids of runs, in order.")] = None,
    chains: Annotated[
        bool, typer.Option("--chains", help="Read such ids from standard input, a chain a line, and answer each line.")
    ] = False,
    while_pid: Annotated[int, typer.Option(help="Save the state and stop when this process has ended.")] = 0,
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
):
    """Train the named runs of a folder: the process that launch starts, which takes one chain of runs after the other.

    Started by torchrun, its processes train one run together, each a part of every batch.

    Example:  scalinglaws train quickstart L2-d16-0123456789ab
    """
    if chains == bool(run_ids):
        raise MisuseError(
            "give the ids of runs (scalinglaws status FOLDER --json lists them), or --chains to read them."
        )
    require_training(device, engine)
    from ..launching.processes import ASKED_TO_END
    from ..store.store import open_store
    from ..training.parallel import group
    from ..training.trackers import start_tracking
    from ..training.train import Interrupted
    from ..training.worker import work

    asked_to_stop: list[bool] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.append(True))

    def stop() -> bool:
        return bool(asked_to_stop) or (while_pid > 0 and os.getppid() != while_pid)

    store = open_store(folder)
    tracking = start_tracking(track or (), store, say)
    ended = 0
    together = group(device) if int(os.environ.get("WORLD_SIZE", "1")) > 1 else nullcontext()
    try:
        for ids in _lines(store) if chains else [run_ids or []]:
            with together, details_in(store.folder(ids[0])):  # where launch keeps this process's log
                work(store, ids, stop=stop, device=device, engine=engine, tracking=tracking)
    except Interrupted:
        say("interrupted; the state is kept")
        ended = ASKED_TO_END
    finally:
        tracking.pause()
    _end(ended, tracking.is_stuck)


def _end(code: int, is_stuck: bool):
    if is_stuck:  # the library of a tracker would wait for it at the end of the process
        os._exit(code)
    if code:
        sys.exit(code)


def _lines(store) -> Iterator[list[str]]:
    """Read chains, and answer each when it is done; what is said goes to the log of the chain at hand."""
    from ..launching.launch import LOG

    answers = os.dup(1)
    for line in sys.stdin:
        ids = line.split()
        with suppress(OSError), open(store.folder(ids[0]) / LOG, "ab") as log:
            for stream in (1, 2):
                os.dup2(log.fileno(), stream)
        yield ids
        sys.stderr.flush()
        os.write(answers, b"\n")
