"""Whether the runs of a study fit into the memory of a GPU."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ..errors import StudyError, nearest
from ..launching.needs import GIGA
from ..planning.hardware import PEAK
from ..run.memory import SPREAD, bytes_of
from ..run.run import RunSpec

OWN_SPREAD = "half to twice that"
_MEMORY = re.compile(r"(\d+(?:\.\d+)?) ?GB", re.IGNORECASE)


def memory_of(gpu: str) -> float:
    """Bytes of memory of a GPU by its name, or as stated: "24 GB".

    Raises:
        StudyError: neither.
    """
    if gpu in PEAK:
        return PEAK[gpu][1]
    if stated := _MEMORY.fullmatch(gpu.strip()):
        return float(stated[1]) * GIGA
    raise StudyError(
        f"gpu = {gpu!r}.{nearest(gpu, PEAK)} Give one of {', '.join(PEAK)}, or its memory, such as gpu = '24 GB'."
    )


def memory_told(specs: Sequence[RunSpec], gpu: str) -> str:
    """Say whether runs fit into the memory of a GPU, and in how many parts of a batch; empty where none is named.

    Raises:
        StudyError: the run that needs the most does not fit, whatever its batch is cut into.
    """
    if not gpu or not specs:
        return ""
    there, largest = memory_of(gpu), max(specs, key=bytes_of)
    needed = bytes_of(largest)
    spread = OWN_SPREAD if largest.trainer else f"within about {SPREAD:.0%}"
    said = (
        f"memory: {largest.id}, which needs the most, takes about {_giga(needed)} ({spread}) unsharded, of "
        f"{_giga(there)} of {gpu}"
    )
    if needed <= there:
        return f"{said}: it fits."
    least = next((one for one in _cut(largest) if bytes_of(one) <= there), None)
    if least is None:
        raise StudyError(
            f"{said}: it does not fit, with one sequence at a time either. Take a GPU with more memory, leave out the "
            "largest shapes, or leave out gpu where a run is cut over several (--engine sharded)."
        )
    return f"{said}: it fits with its batch in {least.accumulate} parts. Set accumulate = {least.accumulate}."


def _cut(spec: RunSpec) -> list[RunSpec]:
    """The run with its batch in more and more equal parts."""
    parts = [one for one in range(spec.accumulate + 1, spec.batch + 1) if spec.batch % one == 0]
    return [replace(spec, accumulate=one) for one in parts]


def _giga(value: float) -> str:
    return f"{value / GIGA:.3g} GB"
