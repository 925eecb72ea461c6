"""The optimizer of a run: PyTorch's own, applied to a few flat tensors where its arithmetic allows that.

Adam treats each weight separately, so one fused step over a flat tensor gives the same result as steps over the single
tensors, in a sixth of the time for a model of 6,000 parameters; clipping needs one norm per tensor. Adafactor and Muon
use rows and columns, and are given the matrices themselves.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.optim.adam import adam

from ..models.precision import in_precision
from ..run.run import RunSpec

ADAFACTOR_FLOOR = 1024.0  # a power of two: dividing and multiplying by it is exact
ADAFACTOR_SQRT_EPS = 1e-15  # its square, the paper's 1e-30, is the lower bound of the estimate of a squared gradient
OUTSIDE = ("embed.", "position.", "untied.")  # name prefixes of the matrices that are not hidden matrices


@dataclass(frozen=True)
class Optimizer:
    """What trains a model: `weights`, which have the gradients, and PyTorch's optimizers over them.

    Each group in `parts` has an `lr_scale`, a factor of its learning rate.
    """

    weights: tuple[nn.Parameter, ...]
    parts: tuple["torch.optim.Optimizer | Adam", ...]


@dataclass(frozen=True)
class Adam:
    """PyTorch's fused Adam step without its class, whose first use imports PyTorch's compiler: seconds per process."""

    param_groups: list[dict]
    betas: tuple[float, float]
    eps: float
    decoupled: bool
    state: dict[nn.Parameter, dict[str, torch.Tensor]] = field(default_factory=dict)

    @torch.no_grad()
    def step(self):
        """Update the weights of every group from their gradients, with the group's learning rate `lr`."""
        for group in self.param_groups:
            states = [self.state_of(weight) for weight in group["params"]]
            adam(
                group["params"],
                [weight.grad for weight in group["params"]],
                *([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq")),
                [],
                [state["step"] for state in states],
                fused=True,
                decoupled_weight_decay=self.decoupled,
                amsgrad=False,
                beta1=self.betas[0],
                beta2=self.betas[1],
                lr=group["lr"],
                weight_decay=group["weight_decay"],
                eps=self.eps,
                maximize=False,
            )

    def state_of(self, weight: nn.Parameter) -> dict[str, torch.Tensor]:
        """Return the state of a weight: both moving averages of its gradient, and its step count on the same device."""
        if weight not in self.state:
            self.state[weight] = {
                "step": torch.zeros((), dtype=torch.float32, device=weight.device),
                "exp_avg": torch.zeros_like(weight),
                "exp_avg_sq": torch.zeros_like(weight),
            }
        return self.state[weight]


@dataclass(frozen=True)
class _Group:
    """Weights that are updated in the same way: hidden matrices, other matrices or vectors, flattened or not."""

    weights: list[nn.Parameter]
    matrices: bool = False
    hidden: bool = False


def make_optimizer(spec: RunSpec, model: nn.Module) -> Optimizer:
    """Make the optimizer that a run specifies, for all weights of a model.

    Weight decay is decoupled and applies to matrices only; under "adam" there is none.
        adam, adamw  Kingma & Ba 2015; Loshchilov & Hutter 2019. Under mu-P with m = d_model / base_width, hidden
                     matrices have learning rate lr / m (Yang et al. 2022, table 8) and weight decay m weight_decay: the
                     product, the relative decay per step, is the same at every width.
        adafactor    Shazeer & Stern 2018 with the learning rate of the schedule: steps are not relative to the size of
                     a weight, and there is no momentum; theta -= lr u with u clipped to a root mean square of 1.
        muon         Jordan et al. 2024 for hidden matrices, where queries, keys and values are one matrix; its steps
                     are scaled to the size of AdamW's, so that the same learning rate and decay can be used (Liu et
                     al. 2025, eq 4). AdamW for the rest.
    """
    flat = spec.optimizer != "adafactor" and not _packs_its_own_weights(model)
    groups = [
        _laid_out(group, flat and not (spec.optimizer == "muon" and group.hidden)) for group in groups_of(spec, model)
    ]
    parts: list[torch.optim.Optimizer | Adam | None]
    if spec.optimizer == "adafactor":
        parts = [_adafactor(spec, groups)]
    elif spec.optimizer == "muon":
        parts = [_muon(spec, [g for g in groups if g.hidden]), _adam(spec, [g for g in groups if not g.hidden])]
    else:
        parts = [_adam(spec, groups)]
    weights = tuple(weight for group in groups for weight in group.weights)
    return Optimizer(weights, tuple(part for part in parts if part is not None))


def _wider(spec: RunSpec) -> float:
    """Return m of mu-P: the width divided by the base width; 1 under the standard parametrisation."""
    return spec.shape.d_model / spec.shape.base_width if spec.shape.parametrisation == "mup" else 1.0


def _packs_its_own_weights(model: nn.Module) -> bool:
    """Whether cuDNN keeps the weights of a recurrent layer in a buffer of its own, which must stay in place."""
    on_gpu = next(model.parameters()).is_cuda
    return on_gpu and any(isinstance(part, nn.RNNBase) for part in model.modules())


def groups_of(spec: RunSpec, model: nn.Module) -> list[_Group]:
    """Divide a model's weights into matrices (hidden matrices separately, where that matters) and the rest."""
    by_hidden = spec.optimizer == "muon" or _wider(spec) != 1
    named = [(weight, weight.ndim >= 2, not name.startswith(OUTSIDE)) for name, weight in model.named_parameters()]
    if by_hidden:
        matrices = [
            _Group([w for w, matrix, inside in named if matrix and inside], matrices=True, hidden=True),
            _Group([w for w, matrix, inside in named if matrix and not inside], matrices=True),
        ]
    else:
        matrices = [_Group([w for w, matrix, _ in named if matrix], matrices=True)]
    groups = [*matrices, _Group([w for w, matrix, _ in named if not matrix])]
    return [group for group in groups if group.weights]


def _laid_out(group: _Group, flat: bool) -> _Group:
    """Allocate the gradients of a group's weights: in one flat tensor of which they become views, or separately.

    Of weights that are cut over processes, the optimizer has the parts of this process.
    """
    if hasattr(group.weights[0], "to_local"):
        return _Group([_own_part(weight) for weight in group.weights], group.matrices, group.hidden)
    if flat:
        return _Group([_one_flat(group.weights)], group.matrices, group.hidden)
    for weight in group.weights:
        weight.grad = torch.zeros_like(weight)
    return group


def _own_part(weight: Any) -> nn.Parameter:
    """The part of a sharded weight (a DTensor) that is here, in the same memory, as is the gradient."""
    weight.grad = torch.zeros_like(weight)
    part = nn.Parameter(weight.detach().to_local())
    part.grad = weight.grad.to_local()
    return part


@torch.no_grad()
def _one_flat(weights: list[nn.Parameter]) -> nn.Parameter:
    flat = nn.Parameter(torch.cat([w.flatten() for w in weights]))
    flat.grad = torch.zeros_like(flat)
    start = 0
    for weight in weights:
        end = start + weight.numel()
        weight.data = flat.data[start:end].view_as(weight)
        weight.grad = flat.grad[start:end].view_as(weight)
        start = end
    return flat


def _adam(spec: RunSpec, groups: list[_Group]) -> Adam | None:
    if not groups:
        return None
    decay = 0.0 if spec.optimizer == "adam" else spec.weight_decay
    wider = _wider(spec)
    asked = [
        {
            "params": group.weights,
            "weight_decay": decay * group.matrices * (wider if group.hidden else 1.0),
            "lr_scale": 1 / wider if group.hidden else 1.0,
        }
        for group in groups
    ]
    return Adam(asked, (spec.beta1, spec.beta2), spec.eps, decoupled=spec.optimizer != "adam")


def _adafactor(spec: RunSpec, groups: list[_Group]) -> torch.optim.Optimizer:
    """PyTorch's step size is max(eps2, RMS(theta)) min(lr, 1/sqrt(t)): eps2 above any RMS and lr / eps2 make it lr."""
    asked = [
        {
            "params": group.weights,
            "weight_decay": spec.weight_decay * group.matrices * ADAFACTOR_FLOOR,
            "lr_scale": 1 / ADAFACTOR_FLOOR,
        }
        for group in groups
    ]
    return torch.optim.Adafactor(asked, lr=spec.lr, eps=(ADAFACTOR_SQRT_EPS, ADAFACTOR_FLOOR))


def _muon(spec: RunSpec, groups: list[_Group]) -> torch.optim.Optimizer | None:
    if not groups:
        return None
    asked = [{"params": group.weights, "lr_scale": 1.0} for group in groups]
    return torch.optim.Muon(asked, lr=spec.lr, weight_decay=spec.weight_decay, adjust_lr_fn="match_rms_adamw")


def gradient_of(weight: nn.Parameter) -> torch.Tensor:
    """Return the gradient of a weight, which `make_optimizer` has allocated."""
    assert weight.grad is not None
    return weight.grad


def clip(
    weights: tuple[nn.Parameter, ...],
    largest: float,
    whole: Callable[[torch.Tensor], torch.Tensor] = torch.norm,
) -> torch.Tensor:
    """Scale the gradient down to a norm of at most `largest` (0: no limit), and return its norm before that.

    Args:
        whole: the norm of the gradient from those of the weights here, which are parts if several processes cut them.
    """
    norm = whole(torch.stack([gradient_of(weight).norm() for weight in weights]))
    if largest:
        scale = torch.clamp(largest / (norm + 1e-6), max=1.0)
        for weight in weights:
            gradient_of(weight).mul_(scale)
    return norm


def gradient(
    model: nn.Module,
    weights: tuple[nn.Parameter, ...],
    inputs_BT,
    targets_BT,
    *,
    accumulate=1,
    drop=None,
    precision="float32",
):
    """Compute the gradient of a batch's mean loss into `weights`, in `accumulate` parts or fewer; return that loss."""
    for weight in weights:
        gradient_of(weight).zero_()
    if accumulate == 1:
        with in_precision(precision, weights[0].device):
            loss = model(inputs_BT, targets_BT, drop)
        loss.backward()
        return loss.detach()
    total = torch.zeros((), device=inputs_BT.device)
    for inputs, targets in zip(inputs_BT.chunk(accumulate), targets_BT.chunk(accumulate), strict=True):
        with in_precision(precision, weights[0].device):
            loss = model(inputs, targets, drop) / (len(inputs_BT) / len(inputs))
        loss.backward()
        total += loss.detach()
    return total


def move(optimizer: Optimizer, rate: float | torch.Tensor):
    """Update the weights from their gradients, with the given learning rate: a tensor for what is recorded."""
    for part in optimizer.parts:
        for group in part.param_groups:
            group["lr"] = rate * group["lr_scale"]
        part.step()


def descend(
    model: nn.Module,
    optimizer: Optimizer,
    inputs_BT,
    targets_BT,
    rate: float,
    largest: float,
    *,
    accumulate=1,
    drop=None,
    precision="float32",
):
    """Do one optimizer step on a batch's mean loss, with the gradient clipped to `largest`; return the loss before."""
    asked = {"accumulate": accumulate, "drop": drop, "precision": precision}
    loss = gradient(model, optimizer.weights, inputs_BT, targets_BT, **asked)
    clip(optimizer.weights, largest)
    move(optimizer, rate)
    return loss
