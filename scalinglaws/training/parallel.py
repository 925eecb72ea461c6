"""One run by several processes, as torchrun starts them: each computes the gradient of its part of every batch.

Every process keeps the whole model, and takes the same steps as one that cuts its batch into as many parts, up to the
order of sums: what PyTorch's DDP computes (Li et al. 2020), without its wrapper, because the gradients are a few flat
tensors. The first process leads: it alone writes, and decides for all when to save the state and when to stop.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist

from ..errors import MisuseError


@contextmanager
def group(device: str) -> Iterator[None]:
    """Join the processes that torchrun started, which name each other in the environment, for the time of a block."""
    dist.init_process_group("gloo" if device == "cpu" else "cpu:gloo,cuda:nccl")
    try:
        if device != "cpu":
            torch.cuda.set_device(dist.get_rank() % torch.cuda.device_count())
        yield
    finally:
        dist.destroy_process_group()


def processes() -> int:
    """How many processes train the run: 1 without a group."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def place() -> int:
    """The place of this process among them; 0 leads."""
    return dist.get_rank() if processes() > 1 else 0


def own_rows(batch: int) -> slice:
    """The sequences of a batch that belong to this process.

    Raises:
        MisuseError: the batch cannot be cut into equal parts, one a process.
    """
    many = processes()
    if batch % many:
        fits = [count for count in range(1, many) if batch % count == 0]
        raise MisuseError(
            f"a batch of {batch} sequences cannot be cut into equal parts for {many} processes: give torchrun "
            f"--nproc-per-node {fits[-1]}, or a batch that {many} divides."
        )
    return slice(batch // many * place(), batch // many * (place() + 1))


def average(tensors: Sequence[torch.Tensor]):
    """Replace tensors by their means over all processes."""
    for tensor in tensors:
        dist.all_reduce(tensor)
        tensor /= processes()


def agreed(*decisions: bool) -> list[bool]:
    """What the leading process decided; without a group, the decisions as they are."""
    if processes() == 1:
        return list(decisions)
    told = torch.tensor(decisions, dtype=torch.uint8)
    dist.broadcast(told, src=0)
    return [bool(one) for one in told]


def wait_for_all():
    """Return when every process has come here."""
    if processes() > 1:
        dist.barrier()
