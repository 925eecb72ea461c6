"""How weights and activations change: weight-decay timescale, update-to-weight ratio, activation size (optional)."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import nn


class InBlocks(Protocol):
    """A model whose blocks pass on a residual stream."""

    blocks: nn.ModuleList

    def hidden(self, tokens_BT: torch.Tensor) -> torch.Tensor:
        """The last hidden states."""


def decay_timescale(lr: float, weight_decay: float, steps: int) -> float | None:
    """Timescale of AdamW's moving average of updates, as a fraction of the run: 1 / (lr weight_decay steps).

    tau = B / (eta lambda D) of Bergsma et al. 2025 (arXiv 2505.13738); None without weight decay.
    """
    return 1 / (lr * weight_decay * steps) if weight_decay else None


def update_ratio(before: Sequence[torch.Tensor], after: Sequence[torch.Tensor]) -> float:
    """Norm of one update divided by the norm of the weights: |w' - w| / |w| over all tensors."""
    moved = sum(float((b - a).detach().norm().double() ** 2) for a, b in zip(before, after, strict=True))
    held = sum(float(a.detach().norm().double() ** 2) for a in before)
    return (moved / held) ** 0.5


@torch.no_grad()
def activation_rms(model: InBlocks, inputs_BT: torch.Tensor) -> tuple[float, ...]:
    """Root mean square of the residual stream after each block, for one batch."""
    sizes: list[float] = []

    def note(module, inputs, output):
        hidden = output[0] if isinstance(output, tuple) else output
        sizes.append(float(hidden.double().pow(2).mean().sqrt()))

    hooks = [block.register_forward_hook(note) for block in model.blocks]
    try:
        model.hidden(inputs_BT)
    finally:
        for hook in hooks:
            hook.remove()
    return tuple(sizes)
