"""What each run of a study used: a record per run, of all processes that were at it, lost work included."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UseOfRun:
    """What all attempts at one run used.

    Attributes:
        attempts: how many processes began or went on with it.
        process_hours: wall hours of those processes; cpu_hours: of processors; gpu_hours: of GPUs held.
        kwh: energy, None where it is neither measured nor estimated; kwh_by: with what, "watts" for a stated power.
        money: at the price that the study states; None where it states none.
    """

    run_id: str
    attempts: int
    process_hours: float
    cpu_hours: float
    gpu_hours: float
    kwh: float | None = None
    kwh_by: str = ""
    money: float | None = None
