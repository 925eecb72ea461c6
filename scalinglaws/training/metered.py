"""What a process uses at a run, written beside the run every few seconds, so that a killed one's is known too."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from ..instruments.energy import EnergyMeter, cpu_seconds_with_children
from ..store.attempts import AttemptFile, attempts_in, used

TOLD_SECONDS = 10.0


@dataclass(frozen=True)
class Gpus:
    """The GPUs that a process holds: how many, or the part of one, and which, as CUDA_VISIBLE_DEVICES names them."""

    number: float = 0.0
    names: Sequence[str] = ()


NONE = Gpus()


@contextmanager
def metered(folder: Path, gpus: Gpus = NONE) -> Iterator[None]:
    """Write down what this process uses while the block runs, and at its end."""
    folder.mkdir(parents=True, exist_ok=True)
    file, began, before = AttemptFile(folder), time.monotonic(), cpu_seconds_with_children()
    meter = EnergyMeter(gpus.number, gpus.names)

    def tell():
        cpu = cpu_seconds_with_children() - before
        file.write(time.monotonic() - began, cpu, gpus.number, *meter.read(cpu))

    ended = Event()

    def keep_telling():
        while not ended.wait(TOLD_SECONDS):
            tell()

    tell()
    telling = Thread(target=keep_telling, daemon=True)
    telling.start()
    try:
        yield
    finally:
        ended.set()
        telling.join()
        tell()


def readings_of(folder: Path) -> dict[str, float]:
    """What all attempts at a run used, as readings of its record."""
    whole = used(attempts_in(folder))
    found = {
        "attempts": float(whole.attempts),
        "attempts_seconds": whole.seconds,
        "cpu_seconds": whole.cpu_seconds,
        **({"gpu_seconds": whole.gpu_seconds} if whole.gpu_seconds else {}),
        **({} if whole.joules is None else {"energy_joules": whole.joules}),
    }
    return found if whole.attempts else {}
