"""Options that say where runs are trained: on this machine, behind a prefix, on Slurm or on Ray."""

from typing import Annotated

import typer

On = Annotated[
    str,
    typer.Option(
        metavar="local|slurm|ray",
        help="slurm: arrays of jobs on the cluster of this machine; ray: tasks of Ray.",
    ),
]
Prefix = Annotated[
    str, typer.Option(metavar="'ssh HOST'", help="Words before each process: ssh HOST, srun, docker exec -i NAME.")
]
Sbatch = Annotated[
    str,
    typer.Option(metavar="OPTIONS", help="With slurm, of sbatch: '--partition=gpu --gres=gpu:1 --time=60'."),
]
RayOptions = Annotated[
    str,
    typer.Option(
        "--ray",
        metavar="OPTIONS",
        help="With ray: 'address=HOST:6379 num_gpus=0.5', of num_cpus, num_gpus, memory (bytes) of a run.",
    ),
]

Gpus = Annotated[int | None, typer.Option(help="GPUs of this machine over which processes are spread; all by default.")]
MaxHours = Annotated[
    float | None, typer.Option(help="Refuse a study that takes longer, and stop it there: wall hours of all launches.")
]
MaxGpuHours = Annotated[float | None, typer.Option(help="The same for GPU-hours.")]
MaxCost = Annotated[float | None, typer.Option(help="The same for money, with --price-per-hour.")]
PricePerHour = Annotated[
    float | None, typer.Option(help="Price of an hour of a GPU, or of a process where runs use no GPU.")
]
Watts = Annotated[
    float | None, typer.Option(help="Power of a GPU, or of a process, to estimate energy where it is not measured.")
]


LIMITS = ("max_hours", "max_gpu_hours", "max_cost", "price_per_hour", "watts")


def limits_given(*given: float | None) -> dict[str, float]:
    """Give the keys of a study that options replace, in the order of `LIMITS`."""
    return {name: value for name, value in zip(LIMITS, given, strict=False) if value is not None}


def require_trainable(where, device: str, engine: str):
    """Refuse to train where a package is missing; the device need not be on this machine where others train."""
    from .app import require_names, require_training

    require_names(device, engine)
    require_training(device if where.is_here else "cpu", engine)
