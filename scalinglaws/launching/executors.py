"""Where chains of runs are trained: on this machine, by Slurm or by Ray, and how that is asked for."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import MisuseError, argument, unknown_name
from ..store.store import Store
from .chains import Chain, Failure
from .local import LocalWork
from .needs import NOT_STATED, Needs
from .processes import Local
from .ray_tasks import Ray, RayWork, resources_of
from .slurm import Slurm, SlurmWork

LOCAL, SLURM, RAY = ENGINES = ("local", "slurm", "ray")
OPTION_OF = {"prefix": LOCAL, "sbatch": SLURM, "ray": RAY}  # an option -> the engine that takes it
AS_MANY_AS_THERE_ARE = 10_000  # chains at a time, on a cluster that divides its machines by itself

Executor = Local | Slurm | Ray


class Work(Protocol):
    """Chains that wait and those that are under way, by one executor."""

    waiting: list[Chain]
    failures: list[Failure]

    @property
    def under_way(self) -> list[Chain]:
        """The chains that were started and are not over."""

    def fill(self) -> None:
        """Start what may be started now."""

    def collect(self) -> list[Chain]:
        """Return the chains that are over since the last call."""

    def completed(self) -> list[int]:
        """Return the stages of which nothing waits or runs any more; none when the whole sweep is complete."""

    def cpu_seconds(self) -> float | None:
        """Processor seconds of all processes so far; None where they are not known."""

    def end(self) -> None:
        """Let what is under way save its state and end."""


def work_by(executor: Executor, waiting: list[Chain], options: list[str], store: Store) -> Work:
    """Give the work of an executor: the chains that wait, and those that an earlier launch left with it."""
    if isinstance(executor, Slurm):
        return SlurmWork(executor, waiting, options, store)
    if isinstance(executor, Ray):
        return RayWork(executor, waiting, options, store)
    return LocalWork(executor, waiting, options, store)


@dataclass(frozen=True)
class Where:
    """Where runs are to be trained, as a caller asks for it; the number of processes is known later.

    Attributes:
        on: one of ENGINES.
        prefix: words before each process, where on is local. sbatch: options of sbatch. ray: NAME=VALUE, see `Ray`.
        gpus: GPUs of this machine that are used, where on is local; None for all that there are.
    """

    on: str = LOCAL
    prefix: tuple[str, ...] = ()
    sbatch: tuple[str, ...] = ()
    ray: tuple[str, ...] = ()
    gpus: int | None = None

    @property
    def is_here(self) -> bool:
        """Whether the processes run on this machine, so that its devices and its speed are theirs."""
        return self.on == LOCAL and not self.prefix

    def executor(self, processes: int, cores: int, gpus: int = 0, needs: Needs = NOT_STATED) -> Executor:
        """Give what starts the processes.

        Args:
            processes: at a time; with 0 as many as this machine has cores for, or as its GPUs are divided into, or on
                a cluster all at once.
            gpus: that are there, where the runs use some; `self.gpus` counts before it.
            needs: of a process.
        """
        if self.on == SLURM:
            return Slurm(processes or AS_MANY_AS_THERE_ARE, self.sbatch)
        if self.on == RAY:
            return Ray(processes or AS_MANY_AS_THERE_ARE, resources_of(self.ray))
        gpus = (gpus if self.gpus is None else self.gpus) if needs.gpus else 0
        if gpus and needs.gpus > gpus:
            raise MisuseError(
                f"a run uses {needs.gpus:g} GPUs, and there are {gpus}. Lower run_gpus in the study's file."
            )
        slots = max(1, int(gpus / needs.gpus + 1e-9)) if gpus else max(1, cores // max(1, needs.cores))
        return Local(processes or slots, self.prefix, gpus)


HERE = Where()


def where(on: str = LOCAL, prefix: str = "", sbatch: str = "", ray: str = "", gpus: int | None = None) -> Where:
    """Read where runs are to be trained.

    Raises:
        NameUnknownError: there is no such engine.
        MisuseError: an option is for another engine, or cannot be read as words.
    """
    if on not in ENGINES:
        raise unknown_name("engine to run on", on, ENGINES)
    given = {"prefix": prefix, "sbatch": sbatch, "ray": ray}
    for name, text in given.items():
        if text and OPTION_OF[name] != on:
            raise MisuseError(
                f"{argument(**{name: text})} is for {argument(on=OPTION_OF[name])}, and this is {argument(on=on)}. "
                f"Leave it out, or give {argument(on=OPTION_OF[name])}."
            )
    if gpus is not None and on != LOCAL:
        raise MisuseError(
            f"{argument(gpus=gpus)} divides those of this machine, and this is {argument(on=on)}: leave it out; the "
            "scheduler gives each run what run_gpus in the study's file says."
        )
    words = {name: _words(name, text) for name, text in given.items()}
    found = Where(on, **words, gpus=gpus)
    resources_of(found.ray)
    return found


def _words(name: str, text: str) -> tuple[str, ...]:
    """Split an option's text into words, as a shell does."""
    try:
        return tuple(shlex.split(text))
    except ValueError as failure:
        raise MisuseError(f"{argument(**{name: text})}: {str(failure).lower()}.") from None


def told(executor: Executor, chains: Sequence[object]) -> str:
    """Say how many processes train at a time, and where."""
    many = min(executor.slots, len(chains))
    if isinstance(executor, Local):
        return f"{executor.slots} processes"
    return f"{many} at a time on {SLURM if isinstance(executor, Slurm) else RAY}"
