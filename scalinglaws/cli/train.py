"""Train some runs: one process of a launch, which the other verbs start."""

import os
import signal
import sys
from typing import Annotated

import typer

from .app import INSIDE, Folder, app, require_training, say
from .ending import details_in
from .study_options import Device, Engine, Track


@app.command(rich_help_panel=INSIDE)
def train(
    folder: Folder,
    run_ids: Annotated[list[str], typer.Argument(metavar="RUN...", help="Ids of runs, in order.")],
    while_pid: Annotated[int, typer.Option(help="Save the state and stop when this process has ended.")] = 0,
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
):
    """Train the named runs of a folder: the process that launch starts, one for each chain of runs.

    Example:  scalinglaws train quickstart L2-d16-0123456789ab
    """
    require_training(device, engine)
    from ..launching.processes import ASKED_TO_END
    from ..store.store import open_store
    from ..training.trackers import start_tracking
    from ..training.train import Interrupted
    from ..training.worker import work

    asked_to_stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked_to_stop.append(True))
    store = open_store(folder)
    tracking = start_tracking(track or (), store, say)
    ended = 0
    try:
        with details_in(store.folder(run_ids[0])):  # where launch keeps this process's log.txt
            work(
                store,
                run_ids,
                device=device,
                engine=engine,
                tracking=tracking,
                stop=lambda: bool(asked_to_stop) or (while_pid > 0 and os.getppid() != while_pid),
            )
    except Interrupted:
        say("interrupted; the state is kept")
        ended = ASKED_TO_END
    finally:
        tracking.pause()
    if tracking.is_stuck:  # its library would wait for it at the end of the process
        os._exit(ended)
    if ended:
        sys.exit(ended)
