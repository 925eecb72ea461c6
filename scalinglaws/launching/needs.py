"""What a process that trains needs of a machine: cores, GPUs, memory and time, from the runs that it is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from ..designing.study_file import Families, Study
from ..run.memory import SPREAD, bytes_of
from ..run.run import RunSpec

TIME_MARGIN, LEAST_SECONDS = 2.0, 900.0  # of a time limit: times what is estimated, and for the start and the text
GIGA = 1e9


@dataclass(frozen=True)
class Needs:
    """What one process needs; 0 for what is not known or not stated.

    Attributes:
        gpus: how many, or the part of one that several processes share.
        memory_bytes: of the device that it trains on. seconds: of wall time, with a margin.
    """

    cores: int = 0
    gpus: float = 0.0
    memory_bytes: float = 0.0
    seconds: float = 0.0

    @property
    def host_bytes(self) -> float:
        """Memory of the machine beside that of its GPUs, where it is known."""
        return 0.0 if self.gpus else self.memory_bytes

    @property
    def whole_gpus(self) -> int:
        """GPUs to ask of a scheduler that divides none."""
        return ceil(self.gpus)


NOT_STATED = Needs()


def stated(asked: Study | Families) -> Needs:
    """What a study's file states; of a set of families, the largest of each."""
    studies = getattr(asked, "studies", (asked,))

    def most(name: str) -> float:
        return max(getattr(study, name) for study in studies)

    memory, hours = most("run_memory_gb") * GIGA, most("run_hours") * 3600
    return Needs(int(most("run_cores")), most("run_gpus"), memory, hours)


def needs_of(specs: Sequence[RunSpec], said: Needs, device: str, seconds: Callable[[RunSpec], float] | None) -> Needs:
    """What a process needs that trains these runs one after the other.

    Args:
        said: what the study states, which counts before what follows from the sizes.
        seconds: of a run; None where that is not known, so that nothing follows for the time.
    """
    trainers = [spec.trainer.gpus for spec in specs if spec.trainer]
    gpus = said.gpus or (max(trainers) if trainers else float(device != "cpu"))
    time = TIME_MARGIN * sum(map(seconds, specs)) + LEAST_SECONDS if seconds else 0.0
    memory = 0.0 if trainers else max(map(bytes_of, specs), default=0.0) * (1 + SPREAD)
    return Needs(said.cores or 1, gpus, said.memory_bytes or memory, said.seconds or time)


def most_of(needs: Sequence[Needs]) -> Needs:
    """What suffices for each of several processes."""
    return Needs(*(max(getattr(one, name) for one in needs) for name in Needs.__dataclass_fields__))
