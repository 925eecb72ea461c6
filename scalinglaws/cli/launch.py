"""Train the runs of a folder that are missing."""

from typing import Annotated, Any

import typer

from .app import MEASURE, Folder, app, require_names, resumable, say
from .study_options import Device, Engine, Track
from .where_options import (
    Gpus,
    MaxCost,
    MaxGpuHours,
    MaxHours,
    On,
    Prefix,
    PricePerHour,
    RayOptions,
    Sbatch,
    limits_given,
    require_trainable,
)


@app.command(rich_help_panel=MEASURE)
def launch(
    folder: Folder,
    processes: Annotated[
        int, typer.Option(help="Processes at a time; 0: one per core, on a cluster all that it takes.")
    ] = 0,
    prefix: Prefix = "",
    on: On = "local",
    sbatch: Sbatch = "",
    ray: RayOptions = "",
    gpus: Gpus = None,
    max_hours: MaxHours = None,
    max_gpu_hours: MaxGpuHours = None,
    max_cost: MaxCost = None,
    price_per_hour: PricePerHour = None,
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
):
    """Train the runs of a folder's sweep that are missing.

    Example:  scalinglaws launch quickstart
    """
    from ..corpora.token_files import open_data
    from ..designing.design import read_sweep
    from ..launching.executors import where
    from ..launching.needs import needs_of
    from ..store.lock import LOCK, TRAINING, held
    from ..store.store import open_store
    from ..studying.placing import placed, terms_of
    from ..studying.train_lacking import train_sweep
    from ..training.trackers import check_trackers, forget_complaints
    from .display import Display

    require_names(device, engine)
    place = where(on, prefix, sbatch, ray, gpus)
    store = open_store(folder)
    sweep = read_sweep(folder)
    if not all(spec.trainer for spec in sweep.runs):
        require_trainable(place, device, engine)
    limits, said = terms_of(store, limits_given(max_hours, max_gpu_hours, max_cost, price_per_hour))
    limits.require_sense(needs_of(sweep.runs, said, device, None).gpus)
    how: dict[str, Any] = {"device": device, "engine": engine, "track": list(check_trackers(track or ()))}
    how |= {"limits": limits, "said": said}
    with held(store.path / LOCK, TRAINING), resumable(), Display() as display:
        for data_id in dict.fromkeys(spec.data for spec in sweep.runs if not spec.trainer):
            say(open_data(store.data, data_id).told())
        forget_complaints(store)
        train_sweep(sweep, store, placed(place, processes, device, said, sweep.runs), how, display.show, say)
