"""Train the runs of a folder that are missing."""

from typing import Annotated

import typer

from .app import MEASURE, Folder, app, require_training, resumable, say
from .study_options import Device, Engine, Track


@app.command(rich_help_panel=MEASURE)
def launch(
    folder: Folder,
    processes: Annotated[int, typer.Option(help="Number of processes; 0: one per core.")] = 0,
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
):
    """Train the runs of a folder's sweep that are missing.

    Example:  scalinglaws launch quickstart
    """
    from ..corpora.token_files import open_data
    from ..designing.design import read_sweep
    from ..launching.launch import launch as run_launch
    from ..launching.launch import require_success
    from ..launching.processes import Local
    from ..store.lock import LOCK, TRAINING, held
    from ..store.store import open_store
    from ..studying.estimate import seconds_here
    from ..studying.machine import cores
    from ..training.compiled.support import say_engine
    from ..training.trackers import check_trackers, complaints, forget_complaints
    from .display import Display

    require_training(device, engine)
    track = list(check_trackers(track or ()))
    store = open_store(folder)
    sweep = read_sweep(folder)
    with held(store.path / LOCK, TRAINING), resumable(), Display() as display:
        for data_id in dict.fromkeys(spec.data for spec in sweep.runs):
            say(open_data(store.data, data_id).told())
        say_engine([spec for spec in sweep.runs if not store.has(spec)], device, engine, say)
        seconds = seconds_here(sweep, device=device, engine=engine, say=say)
        how = {"device": device, "engine": engine, "track": track, "seconds": seconds, "tell": display.show}
        forget_complaints(store)
        failures = run_launch(sweep, store, Local(processes or cores()), **how)
        for line in complaints(store):
            say(line)
    require_success(failures, "chains of runs")
