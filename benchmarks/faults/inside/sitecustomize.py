"""What a process of a launch meets under a fault: Python runs this file where its folder is on PYTHONPATH.

FAULTS_SECONDS: how often a run keeps its state and tells how far it is, in place of every 15 and every second; waits of
the launch are shortened too. FAULTS_PAUSE: `pace`, below, of all processes.

A process that trains into a folder reads FOLDER.faults beside it, JSON:
    disk: "KIND:COUNT": from the COUNT-th time on, writing into the store goes wrong in this way (`disk.py`), for as
        long as the file stands there.
    pace: seconds that each call of the training step takes longer.
    raise: "NAME:COUNT": the COUNT-th call of the training step raises this (`RAISED`).
"""

import builtins
import errno
import importlib.util
import io
import json
import os
import resource
import signal
import sys
import time
from pathlib import Path

SLOW_SECONDS = 0.05
LIMIT_BYTES = 2000  # less than a state, more than a line of a log
HASTY = {  # module -> what it waits for, and for how long under FAULTS_SECONDS
    "scalinglaws.launching.chains": {"AGAIN_SECONDS": 0.5},
    "scalinglaws.launching.slurm": {"LOOK_SECONDS": 1.0},
    "scalinglaws.launching.watch": {"LOOK_SECONDS": 0.2},
    "scalinglaws.training.metered": {"TOLD_SECONDS": 0.3},
    "scalinglaws.training.own_trainer.process": {"GRACE_SECONDS": 2, "TOLD_SECONDS": 0.1},
}
RAISED = {
    "memory": lambda: MemoryError("a made-up lack of memory"),
    "bug": lambda: ValueError("a made-up bug"),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
}
TRAIN = "scalinglaws.training.train"


class _Hasty:
    """Import modules as they are, then set how long they wait; and let the training step meet its faults."""

    def find_spec(self, name, path=None, target=None):
        if name != TRAIN and name not in HASTY:
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            for one, seconds in HASTY.get(name, {}).items():
                setattr(module, one, seconds)
            if name == TRAIN:
                module.CHECKPOINT_SECONDS = module.PROGRESS_SECONDS = float(os.environ["FAULTS_SECONDS"])
                _meet(module)

        spec.loader.exec_module = exec_module
        return spec


def _meet(module) -> None:
    """Let each call of the training step take longer, or raise, as the faults of this process say."""
    pace = FAULTS.get("pace") or float(os.environ.get("FAULTS_PAUSE", "0"))
    name, _, count = FAULTS.get("raise", "").partition(":")
    if not pace and not name:
        return
    calls = 0

    class Met(module.RunUnderWay):
        def advance(self, step):
            nonlocal calls
            calls += 1
            time.sleep(pace)
            if name and calls > int(count):
                raise RAISED[name]()
            return super().advance(step)

    module.RunUnderWay = Met


class _Full:
    """A file opened for writing on a disk that takes nothing more."""

    def __init__(self, file, code: int):
        self.file, self.code = file, code

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.file.close()

    def write(self, content):
        raise OSError(self.code, os.strerror(self.code))


def _failing(call, code: int, due):
    def called(*given, **more):
        if due(given[0]):
            raise OSError(code, os.strerror(code), str(given[0]))
        return call(*given, **more)

    return called


def _slow(call):
    def called(*given):
        time.sleep(SLOW_SECONDS)
        return call(*given)

    return called


def _disk(kind: str, count: int) -> None:
    """Make the calls through which the store writes go wrong."""
    left = count

    def due(_=None) -> bool:
        nonlocal left
        left -= 1
        return left < 0 and os.path.exists(PLACE)

    def written(path, mode="r", *given, **more):
        writing = str(path).endswith(".part") and set(mode) & set("wax")
        if writing and kind.endswith(" on open") and due():
            raise OSError(code, os.strerror(code), str(path))
        file = opened(path, mode, *given, **more)
        return _Full(file, code) if writing and kind.endswith(" on write") and due() else file

    name, _, call = kind.partition(" on ")
    code = getattr(errno, name, 0)
    if call in ("write", "open"):
        opened, io.open = io.open, written
        builtins.open = written
    elif call == "fsync":
        os.fsync = _failing(os.fsync, code, due) if code else _slow(os.fsync)
    elif call == "rename":
        os.replace = _failing(os.replace, code, due)
    elif call == "list":
        os.scandir, os.listdir = _failing(os.scandir, code, due), _failing(os.listdir, code, due)
    else:  # of a file's size, by the system itself
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES * count, resource.RLIM_INFINITY))


def _place() -> Path:
    """Where the faults of this process stand: beside the folder that it trains into."""
    words = sys.orig_argv
    at = words.index("train") + 1 if "train" in words else len(words)
    return Path(f"{words[at]}.faults") if at < len(words) else Path("no.faults")


def _faults() -> dict:
    try:
        return json.loads(PLACE.read_text())
    except OSError:
        return {}


if "FAULTS_SECONDS" in os.environ:
    PLACE = _place()
    FAULTS = _faults()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    sys.meta_path.insert(0, _Hasty())
    if "disk" in FAULTS:
        _disk(*(part(text) for part, text in zip((str, int), FAULTS["disk"].rsplit(":", 1), strict=True)))
