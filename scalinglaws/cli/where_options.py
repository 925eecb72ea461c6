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


def require_trainable(where, device: str, engine: str):
    """Refuse to train where a package is missing; the device need not be on this machine where others train."""
    from .app import require_names, require_training

    require_names(device, engine)
    require_training(device if where.is_here else "cpu", engine)
