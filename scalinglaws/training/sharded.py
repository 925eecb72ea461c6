"""One run by several processes that each keep a part of its weights and of its optimizer's state, by PyTorch's FSDP2.

Zhao et al. 2023 (arXiv 2304.11277). A process gathers the weights of a block while it computes with them, and keeps of
its gradient the mean over all processes of its own part. Adam treats each weight by itself, so each process moves its
part alone. What is saved is gathered to the state that one process would have, so that either may resume from it.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.distributed as dist
from torch import nn

from ..errors import MisuseError
from ..instruments.noise_scale import two_batches
from ..models import LanguageModel, Transformer
from ..run.run import SHARDED, RunSpec
from .optimizer import Adam, Optimizer, clip, groups_of, move
from .parallel import average, processes
from .plain import Advance, Plain, dropped, measures_noise

MOMENTS = ("exp_avg", "exp_avg_sq")  # of Adam


def require_shardable(spec: RunSpec):
    """Refuse a run whose optimizer or instruments need whole matrices.

    Raises:
        MisuseError: naming what the run has, and the engine that takes it.
    """
    reason = "its optimizer is " + spec.optimizer if spec.optimizer not in ("adam", "adamw") else ""
    reason = "it watches weights, which no process has as a whole" if spec.watch_weights else reason
    reason = "it is a mixture of experts" if spec.shape.family == "moe" else reason
    if reason:
        raise MisuseError(f"--engine {SHARDED} cannot train run {spec.id}, because {reason}. Leave the option out.")


def shard(model: LanguageModel, device: str) -> LanguageModel:
    """Cut the weights of a model over the processes of the group: each block by itself, then what lies around them.

    Blocks that are used more than once stay with what lies around them.
    """
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

    mesh = init_device_mesh(torch.device(device).type, (processes(),))
    for part in parts_of(model):
        fully_shard(part, mesh=mesh, reshard_after_forward=True)
    register_fsdp_forward_method(model, "losses")
    return model


def parts_of(model: nn.Module) -> list[nn.Module]:
    """The modules whose weights are gathered together, the whole model last."""
    if isinstance(model, Transformer) and len(set(model.order)) == len(model.order):
        return [*model.blocks, model]
    return [model]


class Sharded(Plain):
    """Trains a model whose weights are cut over processes; `weights` of the optimizer are this process's parts.

    The noise scale comes from the gradients of all micro-batches of all processes, before they are averaged.
    """

    name = SHARDED

    def advance(self, step: int, end: int) -> Advance:
        """Do the optimizer step `step`, and no other before `end`; the loss is the mean of all processes."""
        spec = self.spec
        inputs_BT, targets_BT = self.own_windows(step)
        watched, squares = measures_noise(spec, step), torch.zeros((), dtype=torch.float64, device=self.device)
        with squared(self.scored, squares if watched else None):
            loss = self._gradient(inputs_BT, targets_BT, self.parts, dropped(spec, step, self.device))
        average([loss])
        norm = clip(self.optimizer.weights, spec.clip, norm_of_all)
        noise: tuple[tuple[float, float], ...] = ()
        if watched:
            average([squares])  # of gradients that were each divided by the number of parts
            tokens = inputs_BT.numel() / self.parts
            noise = (two_batches(float(squares) * self.parts, float(norm**2), tokens, inputs_BT.numel() * processes()),)
        move(self.optimizer, self.rate(step))
        return Advance((loss,), noise)


def norm_of_all(norms: torch.Tensor) -> torch.Tensor:
    """The norm of a whole gradient from those of what this process has of each weight."""
    square = (norms.double() ** 2).sum()
    dist.all_reduce(square)
    return square.sqrt()


@contextmanager
def squared(model: nn.Module, total: torch.Tensor | None) -> Iterator[None]:
    """Add the squared norm of every gradient that this process computes, before processes average it, to a total."""
    handles: dict[Any, Any] = {}

    def add(gradient: torch.Tensor):
        assert total is not None
        total.add_(gradient.norm().double() ** 2)

    def watch(names: Sequence[str], module: nn.Module, _):
        for name in names:  # after the weights were gathered, when the module has them as plain tensors
            weight = module.get_parameter(name)
            if weight not in handles:
                handles[weight] = weight.register_hook(add)

    if total is not None:
        within: set[nn.Parameter] = set()
        for part in parts_of(model):
            names = [name for name, weight in part.named_parameters() if weight not in within]
            within |= set(part.parameters())
            handles[part] = part.register_forward_pre_hook(partial(watch, names))
    try:
        yield
    finally:
        for handle in handles.values():
            handle.remove()


def as_one(spec: RunSpec, model: nn.Module, optimizer: Optimizer) -> Optimizer:
    """What one process would have as its optimizer, gathered on the CPU: every process must ask, and gets it."""
    [part] = optimizer.parts
    assert isinstance(part, Adam)
    owned, groups, states = iter(optimizer.weights), [], {}
    for group in groups_of(spec, model):
        cut = list(zip(group.weights, (next(owned) for _ in group.weights), strict=False))
        one = nn.Parameter(_gathered((own, weight) for weight, own in cut))
        groups.append({"params": [one]})
        states[one] = {name: _gathered((part.state_of(own)[name], weight) for weight, own in cut) for name in MOMENTS}
        states[one]["step"] = part.state_of(cut[0][1])["step"].cpu()
    weights = tuple(one for group in groups for one in group["params"])
    return Optimizer(weights, (Adam(groups, part.betas, part.eps, part.decoupled, states),))


def _gathered(cut: Iterable[tuple[torch.Tensor, Any]]) -> torch.Tensor:
    """One flat tensor on the CPU, from what this process has of several and the sharded weights that are cut alike."""
    from torch.distributed.tensor import DTensor

    found = []
    for own, like in cut:
        how = {"shape": like.shape, "stride": like.stride()}
        whole: Any = DTensor.from_local(own.detach(), like.device_mesh, like.placements, **how)
        found.append(whole.full_tensor().cpu().flatten())
    return torch.cat(found)


@torch.no_grad()
def take(spec: RunSpec, model: nn.Module, optimizer: Optimizer, whole: Optimizer):
    """Copy this process's parts out of what one process would have."""
    [part], [kept] = optimizer.parts, whole.parts
    assert isinstance(part, Adam) and isinstance(kept, Adam)
    owned = iter(optimizer.weights)
    for group, one in zip(groups_of(spec, model), whole.weights, strict=True):
        first, flat = 0, kept.state_of(one)
        for weight in group.weights:
            own, end = next(owned), first + weight.numel()
            state = part.state_of(own)
            own.copy_(_own_part(one[first:end], weight))
            for name in MOMENTS:
                state[name].copy_(_own_part(flat[name][first:end], weight))
            state["step"].copy_(flat["step"])
            first = end


def _own_part(flat: torch.Tensor, like: Any) -> torch.Tensor:
    from torch.distributed.tensor import distribute_tensor

    values = flat.view(like.shape).to(like.device)
    return distribute_tensor(values, like.device_mesh, like.placements, src_data_rank=None).to_local()
