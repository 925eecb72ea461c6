"""Train some runs: one process of a launch, which the other verbs start."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress
from queue import SimpleQueue
from threading import Event, Thread
from typing import Annotated

import typer

from ..errors import MisuseError, UnwritableError
from ..records.json_values import PASSING
from .app import INSIDE, Folder, app, processes_of_torchrun, require_names, require_training, say
from .ending import details_in
from .study_options import Device, Engine, Track


@app.command(rich_help_panel=INSIDE)
def train(
    folder: Folder,
    run_ids: Annotated[list[str] | None, typer.Argument(metavar="RUN...", help="Ids of runs, in order.")] = None,
    chains: Annotated[
        bool,
        typer.Option(
            "--chains",
            help="Read such ids from standard input, a chain a line, answer each line; save and stop where it ends.",
        ),
    ] = False,
    device: Device = "cpu",
    engine: Engine = "auto",
    track: Track = None,
    gpus: Annotated[float, typer.Option(help="GPUs that this process has, by which its GPU hours are counted.")] = 0.0,
    gpu_slots: Annotated[
        str, typer.Option(metavar="0,1", help="Which of this machine's GPUs these are; by default all are seen.")
    ] = "",
):
    """Train the named runs of a folder: the process that launch starts, which takes one chain of runs after the other.

    Started by torchrun, its processes train one run together, each a part of every batch.

    Example:  scalinglaws train quickstart L2-d16-0123456789ab
    """
    if chains == bool(run_ids):
        raise MisuseError(
            "give the ids of runs (scalinglaws status FOLDER --json lists them), or --chains to read them."
        )
    require_names(device, engine)
    from ..store.store import open_store
    from ..training.trackers import start_tracking

    held, asked_to_stop = _held(gpus, gpu_slots), _asked_to_stop()
    store, given = open_store(folder), _Given() if chains else None

    def stop() -> bool:
        return bool(asked_to_stop) or (given is not None and given.ended.is_set())

    tracking = start_tracking(track or (), store, say)

    def train_all():
        for ids in _lines(store, given) if given else [run_ids or []]:
            with details_in(store.folder(ids[0])):  # where launch keeps this process's log
                _train_chain(store, ids, stop, (device, engine), tracking, held)

    try:
        ended = _code_of(train_all)
    finally:
        tracking.pause()
    _end(ended, tracking.is_stuck)


def _asked_to_stop() -> list[bool]:
    """Give a list that is no longer empty once this process was asked to end."""
    asked: list[bool] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: asked.append(True))
    return asked


def _code_of(train_all: Callable[[], None]) -> int:
    """Train, and give the exit code by which a launch knows what became of it."""
    from ..launching.processes import ASKED_TO_END, UNWRITABLE
    from ..training.interrupted import CannotWrite, Interrupted, Killed

    try:
        train_all()
    except (Interrupted, Killed) as why:
        say(str(why) or "interrupted; the state is kept")
        return ASKED_TO_END
    except (UnwritableError, CannotWrite) as why:
        say(str(why))
        return UNWRITABLE
    except OSError as failure:
        if failure.errno not in PASSING:
            raise
        say(f"cannot write {failure.filename or 'a file'}: {failure.strerror}")
        return UNWRITABLE
    return 0


def _train_chain(store, ids: list[str], stop: Callable[[], bool], how: tuple[str, str], tracking, gpus) -> None:
    """Train a chain by the trainer that the study names, else by ours."""
    if store.spec(ids[0]).trainer:
        from ..training.own_trainer.work import work as by_own_trainer

        by_own_trainer(store, ids, stop=stop, gpus=gpus)
        return
    device, engine = how
    require_training(device, engine)
    from ..training.parallel import group
    from ..training.worker import work

    with group(device) if processes_of_torchrun() > 1 else nullcontext():
        work(store, ids, stop=stop, device=device, engine=engine, tracking=tracking, gpus=gpus)


def _held(number: float, slots: str):
    """Let this process and those that it starts see only its own GPUs, before any library looks for them."""
    from ..instruments.gpus import VISIBLE, visible
    from ..training.metered import Gpus

    if slots:
        if not all(one.isdecimal() for one in slots.split(",")):
            raise MisuseError(f"--gpu-slots {slots}: give numbers, such as --gpu-slots 0,1.")
        os.environ.update(visible([int(one) for one in slots.split(",")], os.environ.get(VISIBLE)))
    names = [name for name in os.environ.get(VISIBLE, "").split(",") if name] or [str(i) for i in range(int(number))]
    return Gpus(number, names)


def _end(code: int, is_stuck: bool):
    if is_stuck:  # the library of a tracker would wait for it at the end of the process
        os._exit(code)
    if code:
        sys.exit(code)


class _Given:
    """The lines of standard input, read as they come; `ended` is set when the launch that writes them is over.

    A launch that dies closes them, whatever stands between it and this process: a shell, ssh, srun, docker.
    """

    def __init__(self):
        self.ended: Event = Event()
        self.lines: SimpleQueue[bytes | None] = SimpleQueue()
        Thread(target=self._read, daemon=True).start()

    def _read(self):
        rest = b""
        while more := os.read(0, 1 << 16):
            *lines, rest = (rest + more).split(b"\n")
            for line in lines:
                self.lines.put(line)
        self.ended.set()
        self.lines.put(None)


def _lines(store, given: _Given) -> Iterator[list[str]]:
    """Give the chains, and answer each when it is done; what is said goes to the log of the chain at hand."""
    from ..launching.chains import LOG

    answers = os.dup(1)
    while (line := given.lines.get()) is not None:
        ids = line.decode().split()
        with suppress(OSError), open(store.folder(ids[0]) / LOG, "ab") as log:
            for stream in (1, 2):
                os.dup2(log.fileno(), stream)
        yield ids
        sys.stderr.flush()
        os.write(answers, b"\n")
