"""Train the runs of a folder that are missing."""

import shlex
from typing import Annotated

import typer

from ..errors import MisuseError, unknown_name
from .app import MEASURE, Folder, app, require_names, require_training, resumable, say
from .study_options import Device, Engine, Track

ENGINES = ("local", "slurm")


def split_words(option: str, text: str) -> tuple[str, ...]:
    """Split an option's text into words, as a shell does."""
    try:
        return tuple(shlex.split(text))
    except ValueError as failure:
        raise MisuseError(f"{option} {text}: {str(failure).lower()}.") from None


def _executor(on: str, slots: int, prefix: str, sbatch: str):
    """Give what starts the processes, by the options of the command."""
    from ..launching.processes import Local
    from ..launching.slurm import Slurm

    if on not in ENGINES:
        raise unknown_name("engine to run on", on, ENGINES)
    if (prefix and on != "local") or (sbatch and on != "slurm"):
        raise MisuseError(f"--prefix is for --on local and --sbatch for --on slurm; this is --on {on}.")
    if on == "slurm":
        return Slurm(slots, split_words("--sbatch", sbatch))
    return Local(slots, split_words("--prefix", prefix))


@app.command(rich_help_panel=MEASURE)
def launch(
    folder: Folder,
    processes: Annotated[int, typer.Option(help="Number of processes; 0: one per core.")] = 0,
    prefix: Annotated[
        str, typer.Option(metavar="'ssh HOST'", help="Words before each process: ssh HOST, srun, docker exec -i NAME.")
    ] = "",
    on: Annotated[str, typer.Option(help="local, or slurm: arrays of jobs on the cluster of this machine.")] = "local",
    sbatch: Annotated[
        str, typer.Option(metavar="OPTIONS", help="With slurm, of sbatch: '--partition=gpu --gres=gpu:1 --time=60'.")
    ] = "",
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
):
    """Train the runs of a folder's sweep that are missing.

    Example:  scalinglaws launch quickstart
    """
    from ..corpora.token_files import open_data
    from ..designing.design import read_sweep
    from ..store.lock import LOCK, TRAINING, held
    from ..store.store import open_store
    from ..studying.machine import cores
    from ..studying.train_lacking import train_sweep
    from ..training.trackers import check_trackers, forget_complaints
    from .display import Display

    require_names(device, engine)
    executor = _executor(on, processes or cores(), prefix, sbatch)
    store = open_store(folder)
    sweep = read_sweep(folder)
    if not all(spec.trainer for spec in sweep.runs):
        require_training(device, engine)
    how = {"device": device, "engine": engine, "track": list(check_trackers(track or ()))}
    with held(store.path / LOCK, TRAINING), resumable(), Display() as display:
        for data_id in dict.fromkeys(spec.data for spec in sweep.runs if not spec.trainer):
            say(open_data(store.data, data_id).told())
        forget_complaints(store)
        train_sweep(sweep, store, executor, how, display.show, say)
