"""What a process of a launch meets under a fault: Python runs this file where its folder is on PYTHONPATH.

FAULTS_SECONDS: how often a run keeps its state and tells how far it is, in place of every 15 and every second.
FAULTS_PAUSE: seconds that a run rests at each block of steps, so that whoever watches it finds it under way.
FAULTS_DISK = KIND:COUNT: from the COUNT-th time on, writing into the store goes wrong in this way (`disk.py`).
"""

import builtins
import errno
import importlib.util
import io
import os
import resource
import signal
import sys
import time

SLOW_SECONDS = 0.05
LIMIT_BYTES = 2000  # less than a state, more than a line of a log


class _Hasty:
    """Import scalinglaws.training.train as it is, then set its two intervals and its pause."""

    def find_spec(self, name, path=None, target=None):
        if name != "scalinglaws.training.train":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module.CHECKPOINT_SECONDS = module.PROGRESS_SECONDS = float(os.environ["FAULTS_SECONDS"])
            if "FAULTS_PAUSE" in os.environ:
                module.agreed = _after(float(os.environ["FAULTS_PAUSE"]), module.agreed)

        spec.loader.exec_module = exec_module
        return spec


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


def _after(seconds: float, call):
    def called(*given):
        time.sleep(seconds)
        return call(*given)

    return called


def _disk(kind: str, count: int) -> None:
    """Make the calls through which the store writes go wrong."""
    left = count

    def due(_=None) -> bool:
        nonlocal left
        left -= 1
        return left < 0

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
        os.fsync = _failing(os.fsync, code, due) if code else _after(SLOW_SECONDS, os.fsync)
    elif call == "rename":
        os.replace = _failing(os.replace, code, due)
    elif call == "list":
        os.scandir, os.listdir = _failing(os.scandir, code, due), _failing(os.listdir, code, due)
    else:  # of a file's size, by the system itself
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES * count, resource.RLIM_INFINITY))


if "FAULTS_SECONDS" in os.environ:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    sys.meta_path.insert(0, _Hasty())
if "FAULTS_DISK" in os.environ and "train" in sys.argv + sys.orig_argv:
    _disk(*(part(text) for part, text in zip((str, int), os.environ["FAULTS_DISK"].rsplit(":", 1), strict=True)))
