"""Interruptions of 15 kinds at random moments of a launch; whatever was interrupted must end with the same bits."""

import shutil
import signal
import tempfile
import time
from pathlib import Path

import numpy as np
from counts import Counts
from launches import HANG_SECONDS, SMALL, WHOLE, Hang, Launches, processes_of, send, under_way

FEW = 20  # kills up to which the smaller study serves
PER_STUDY = 7  # kills in a row before a study is finished and compared
LONGEST_SECONDS = 2.5  # from the first progress of a launch to the kill
AGAIN_SECONDS = 0.05


def measure(seed: int, size: int) -> Counts:
    """Interrupt `size` times, each kind in turn, and compare every run of every study."""
    rng = np.random.default_rng(seed)
    order = [kind for _ in range(-(-size // len(KINDS))) for kind in rng.permutation(len(KINDS))][:size]
    with tempfile.TemporaryDirectory() as place:
        few = size <= FEW
        launches = Launches(Path(place) / "studies", SMALL if few else WHOLE, seed, processes=1 if few else 2)
        while order:
            row = [order.pop(0) for _ in range(min(PER_STUDY, len(order)))]
            left = _interrupted(launches, row, rng)
            order = left + order
    return launches.counts


def _interrupted(launches: Launches, row: list[int], rng) -> list[int]:
    """Interrupt one study by the kinds of a row, finish and judge it; give the kinds that it ended before."""
    folder, names = launches.fresh(), list(KINDS)
    done: list[str] = []
    try:
        while row and not _finished(folder):
            kind = names[row[0]]
            process = launches.start(folder)
            if under_way(process, folder):
                row.pop(0)
                launches.counts.tries += 1
                done.append(kind)
                KINDS[kind](process.pid, folder, rng)
            launches.wait(process, folder, ", ".join(done))
            AFTER.get(kind, _nothing)(folder, rng)
        launches.finish(folder, ", ".join(done))
        launches.judge(folder, ", ".join(done))
    except Hang:
        pass
    return row


def _finished(folder: Path) -> bool:
    runs = list((folder / "runs").glob("*"))
    return bool(runs) and all((run / "run.json").exists() for run in runs)


def _soon(rng) -> None:
    time.sleep(rng.uniform(0, LONGEST_SECONDS) ** 2 / LONGEST_SECONDS)


def _launcher(word):
    def kill(pid, folder, rng):
        _soon(rng)
        send(pid, word)

    return kill


def _group(word):
    """Signal launcher and workers at once, as a terminal does."""

    def kill(pid, folder, rng):
        _soon(rng)
        for one in (pid, *processes_of(folder)):
            send(one, word)

    return kill


def _worker(word, every: bool = False):
    def kill(pid, folder, rng):
        _soon(rng)
        workers = processes_of(folder)
        for one in workers if every else workers[:1]:
            send(one, word)

    return kill


def _twice(pid, folder, rng):
    _launcher(signal.SIGINT)(pid, folder, rng)
    time.sleep(AGAIN_SECONDS)
    send(pid, signal.SIGINT)


def _stopped(pid, folder, rng):
    """A worker that stands still when its launcher dies, and is then killed."""
    _worker(signal.SIGSTOP)(pid, folder, rng)
    stopped = processes_of(folder)[:1]
    send(pid, signal.SIGKILL)
    time.sleep(AGAIN_SECONDS)
    for one in stopped:
        send(one, signal.SIGKILL)


def _when(pattern: str):
    """Kill everything at the moment at which a file of this name appears."""

    def kill(pid, folder, rng):
        before = set((folder / "runs").glob(pattern))
        deadline = time.monotonic() + HANG_SECONDS
        while time.monotonic() < deadline and not _finished(folder):
            if set((folder / "runs").glob(pattern)) - before:
                break
        for one in (pid, *processes_of(folder)):
            send(one, signal.SIGKILL)

    return kill


def _nothing(folder, rng):
    pass


def _unfinished_gone(folder, rng):
    """Delete the folder of a run that is not finished."""
    runs = sorted(run for run in (folder / "runs").iterdir() if not (run / "run.json").exists())
    if runs:
        shutil.rmtree(runs[rng.integers(len(runs))])


def _state_gone(folder, rng):
    """Delete a state that branches start from."""
    states = sorted((folder / "runs").glob("*/state-*.safetensors"))
    if states:
        states[rng.integers(len(states))].unlink()


def _litter(folder, rng):
    """Leave what a power cut may leave: a piece of a file beside its place, and a progress file without content."""
    for run in (folder / "runs").iterdir():
        (run / "checkpoint.safetensors.1.part").write_bytes(b"half")
        if not (run / "run.json").exists():
            (run / "progress.json").write_bytes(b"")


KINDS = {
    "a worker killed": _worker(signal.SIGKILL),
    "every worker killed": _worker(signal.SIGKILL, every=True),
    "a worker terminated": _worker(signal.SIGTERM),
    "the launcher killed": _launcher(signal.SIGKILL),
    "the launcher terminated": _launcher(signal.SIGTERM),
    "the launcher interrupted": _launcher(signal.SIGINT),
    "all interrupted": _group(signal.SIGINT),
    "all killed": _group(signal.SIGKILL),
    "interrupted twice": _twice,
    "a worker stopped, then the launcher killed": _stopped,
    "all killed during the write of a state": _when("*/*.part"),
    "all killed between two runs": _when("*/run.json"),
    "all killed and an unfinished run deleted": _group(signal.SIGKILL),
    "all killed and a trunk's state deleted": _group(signal.SIGKILL),
    "all killed and litter left": _group(signal.SIGKILL),
}
AFTER = {
    "all killed and an unfinished run deleted": _unfinished_gone,
    "all killed and a trunk's state deleted": _state_gone,
    "all killed and litter left": _litter,
}
