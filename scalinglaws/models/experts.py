"""A mixture of experts in place of a block's feed-forward layer: each token takes the few that a router chooses."""

# B batch, T time, W width, N tokens = B T, E experts, F width of an expert

import torch
from torch import nn
from torch.nn import functional as F

from ..run.shape import Shape


class Experts(nn.Module):
    """`n_experts` feed-forward layers, of which each token takes the `experts_active` of highest probability.

    p = softmax(W x); y = sum over the chosen i of g_i FF_i(x), where g_i is p_i divided by the sum over the chosen, and
    p_i itself where one is chosen (Fedus et al. 2021, eq 2), without which the router would have no gradient. No expert
    has a limit of tokens, so that none is dropped. Tokens are gathered for one expert after the other.
    """

    def __init__(self, shape: Shape):
        super().__init__()
        self.gated, self.active = shape.activation == "swiglu", shape.experts_active
        width, wide = shape.d_model, shape.width_ff
        self.router = nn.Linear(width, shape.n_experts, bias=False)
        inside = wide * (2 if self.gated else 1)
        self.widen = nn.Parameter(torch.empty(shape.n_experts, inside, width))
        self.narrow = nn.Parameter(torch.empty(shape.n_experts, width, wide))
        self.widen_bias = nn.Parameter(torch.zeros(shape.n_experts, inside)) if shape.biases else None
        self.narrow_bias = nn.Parameter(torch.zeros(shape.n_experts, width)) if shape.biases else None
        self._imbalance: torch.Tensor | None = None

    def forward(self, hidden_BTW):
        hidden_NW = hidden_BTW.flatten(0, 1)
        chance_NE = F.softmax(self.router(hidden_NW).float(), dim=-1)
        gates_NK, chosen_NK = chance_NE.topk(self.active, dim=-1)
        if self.active > 1:
            gates_NK = gates_NK / gates_NK.sum(-1, keepdim=True)
        self._imbalance = imbalance(chance_NE, chosen_NK) if torch.is_grad_enabled() else None
        mixed_NW = torch.zeros_like(hidden_NW)
        for expert in range(len(self.widen)):
            token, place = (chosen_NK == expert).nonzero(as_tuple=True)
            if len(token):
                out = self._expert(expert, hidden_NW[token]) * gates_NK[token, place, None]
                mixed_NW = mixed_NW.index_add(0, token, out.to(mixed_NW.dtype))
        return mixed_NW.view_as(hidden_BTW)

    def _expert(self, i: int, hidden_NW):
        widen_bias, narrow_bias = (None if bias is None else bias[i] for bias in (self.widen_bias, self.narrow_bias))
        wide_NF = F.linear(hidden_NW, self.widen[i], widen_bias)
        if self.gated:
            gate, value = wide_NF.chunk(2, dim=-1)
            wide_NF = F.silu(gate) * value
        else:
            wide_NF = F.gelu(wide_NF)
        return F.linear(wide_NF, self.narrow[i], narrow_bias)

    def take_imbalance(self) -> torch.Tensor | None:
        """Give the imbalance of the last forward pass that had gradients, once."""
        found, self._imbalance = self._imbalance, None
        return found


def imbalance(chance_NE, chosen_NK):
    """Measure how unevenly tokens are routed: E sum_i f_i P_i, 1 where all experts are used alike.

    f_i is the fraction of the choices that are expert i, P_i the mean probability of i (Fedus et al. 2021, eq 4 to 6).
    """
    count = chance_NE.shape[1]
    share_E = torch.bincount(chosen_NK.flatten(), minlength=count) / chosen_NK.numel()
    return count * (share_E * chance_NE.mean(0)).sum()
