"""The decoder-only Transformer of Kaplan et al. 2020, with parts of later practice as options."""

# B batch, T time, W width, H heads, V vocabulary

from collections.abc import Callable

import torch
from torch import nn
from torch.nn import functional as F

from ..run.shape import Shape
from .experts import Experts
from .head import head_loss, head_losses

INIT_SD = 0.02  # that of GPT-2; the paper states none
ROTARY_BASE = 10_000.0  # Su et al. 2021, section 3.2.2
RMS_EPS = 1e-6

Drop = Callable[[torch.Tensor], torch.Tensor]


def make_norm(shape: Shape, width: int) -> nn.Module:
    """Make the norm that a shape specifies, with a gain and, for a layer norm, a bias unless the shape has none."""
    if shape.norm == "rmsnorm":
        return nn.RMSNorm(width, eps=RMS_EPS)
    return nn.LayerNorm(width, bias=shape.biases)


class Attention(nn.Module):
    """Causal self-attention with one matrix product for queries, keys and values.

    Patterns are softmax(q k / sqrt(d_head)), and softmax(sqrt(base_d_head) q k / d_head) under mu-P (Yang et al. 2022,
    definition 4.1, with the constant of their appendix B.1 that makes the two equal at the base width).
    """

    def __init__(self, shape: Shape):
        super().__init__()
        self.n_heads, self.d_head = shape.n_heads, shape.d_head
        self.qkv = nn.Linear(shape.d_model, 3 * shape.width_attention, bias=shape.biases)
        self.project = nn.Linear(shape.width_attention, shape.d_model, bias=shape.biases)
        self.norm_q = nn.RMSNorm(shape.d_head, eps=RMS_EPS) if shape.qk_norm else None
        self.norm_k = nn.RMSNorm(shape.d_head, eps=RMS_EPS) if shape.qk_norm else None
        wider = shape.parametrisation == "mup" and shape.d_head != shape.base_d_head
        self.scale = shape.base_d_head**0.5 / shape.d_head if wider else None

    def forward(self, hidden_BTW, turns=None):
        B, T, _ = hidden_BTW.shape
        q, k, v = self.qkv(hidden_BTW).view(B, T, 3, self.n_heads, self.d_head).permute(2, 0, 3, 1, 4)
        if self.norm_q is not None:
            q, k = (norm(x.to(norm.weight.dtype)) for norm, x in ((self.norm_q, q), (self.norm_k, k)))
        if turns is not None:
            q, k = turn(q, *turns), turn(k, *turns)
        mixed_BHTW = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=self.scale)
        return self.project(mixed_BHTW.transpose(1, 2).flatten(2))


def turn(x_BHTW, cosines_TW, sines_TW):
    """Rotate each pair (x_i, x_{i + d_head/2}) by its angle: rotary positions (Su et al. 2021, eq 34)."""
    first, second = x_BHTW.chunk(2, dim=-1)
    return torch.cat(
        [first * cosines_TW - second * sines_TW, second * cosines_TW + first * sines_TW],
        dim=-1,
    )


class Block(nn.Module):
    """Attention, then the feed-forward layer, each added to the residual stream."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.gated = shape.activation == "swiglu"
        self.norm_attention = make_norm(shape, shape.d_model)
        self.attention = Attention(shape)
        self.norm_ff = make_norm(shape, shape.d_model)
        self.experts = Experts(shape) if shape.n_experts else None
        if self.experts is None:
            self.widen = nn.Linear(shape.d_model, shape.width_ff * (2 if self.gated else 1), bias=shape.biases)
            self.narrow = nn.Linear(shape.width_ff, shape.d_model, bias=shape.biases)

    def forward(self, hidden_BTW, turns=None, drop: Drop | None = None):
        added_BTW = self.attention(self.norm_attention(hidden_BTW), turns)
        hidden_BTW = hidden_BTW + (added_BTW if drop is None else drop(added_BTW))
        normed_BTW = self.norm_ff(hidden_BTW)
        if self.experts is None:
            added_BTW = self.narrow(self.activate(self.widen(normed_BTW)))
        else:
            added_BTW = self.experts(normed_BTW)
        return hidden_BTW + (added_BTW if drop is None else drop(added_BTW))

    def activate(self, wide_BTW):
        """GELU, or SwiGLU: SiLU of one half times the other (Shazeer 2020, eq 6)."""
        if not self.gated:
            return F.gelu(wide_BTW)
        gate, value = wide_BTW.chunk(2, dim=-1)
        return F.silu(gate) * value


class Transformer(nn.Module):
    """A language model of the given shape, with weights drawn from `seed`.

    Weights are N(0, 0.02^2), and those that write to the residual stream are divided by sqrt(2 n_layer) (GPT-2's rule);
    biases are zero, so that the loss starts near ln V. Under mu-P (Yang et al. 2022, table 8), with
    m = d_model / base_width, the variance of the blocks' matrices, proportional to 1/fan_in, and the logits are divided
    by m.

    Args:
        order: numbers of the blocks in the order of their use; by default each once.
    """

    cosines_TW: torch.Tensor  # with rotary positions only
    sines_TW: torch.Tensor

    def __init__(self, shape: Shape, seed: int, order: tuple[int, ...] | None = None):
        super().__init__()
        self.shape = shape
        self.order = tuple(range(shape.n_layer)) if order is None else order
        self.embed = nn.Embedding(shape.n_vocab, shape.d_model)
        self.position = nn.Embedding(shape.n_ctx, shape.d_model) if shape.positions == "learned" else None
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layer))
        self.norm = make_norm(shape, shape.d_model)
        self.untied = None if shape.tied else nn.Linear(shape.d_model, shape.n_vocab, bias=False)
        self.wider = shape.d_model / shape.base_width if shape.parametrisation == "mup" else 1.0
        cosines_TW, sines_TW = _angles(shape)
        self.register_buffer("cosines_TW", cosines_TW, persistent=False)
        self.register_buffer("sines_TW", sines_TW, persistent=False)
        self._draw_weights(seed)

    @torch.no_grad()
    def _draw_weights(self, seed: int):
        generator = torch.Generator().manual_seed(seed)
        residual = max(1, 2 * self.shape.depth) ** 0.5
        for name, weight in self.named_parameters():
            if weight.ndim >= 2 and not name.endswith("bias"):
                sd = INIT_SD / residual if name.endswith(("project.weight", "narrow.weight", ".narrow")) else INIT_SD
                weight.normal_(0, sd / (self.wider**0.5 if name.startswith("blocks.") else 1.0), generator=generator)
            elif name.endswith("bias"):
                weight.zero_()

    @property
    def head_VW(self):
        """Weights of the output head: the embedding itself if they are tied."""
        return self.embed.weight if self.untied is None else self.untied.weight

    def hidden(self, tokens_BT, drop: Drop | None = None):
        """The last hidden states, shape (B, T, W): the input of the output head."""
        T, turns = tokens_BT.shape[1], None
        hidden_BTW = self.embed(tokens_BT)
        if self.position is not None:
            hidden_BTW = hidden_BTW + self.position.weight[:T]
        else:
            turns = self.cosines_TW[:T], self.sines_TW[:T]
        if drop is not None:
            hidden_BTW = drop(hidden_BTW)
        for i in self.order:
            hidden_BTW = self.blocks[i](hidden_BTW, turns, drop)
        hidden_BTW = self.norm(hidden_BTW)
        return hidden_BTW if self.wider == 1.0 else hidden_BTW / self.wider

    def forward(self, tokens_BT, targets_BT, drop: Drop | None = None):
        """Mean cross-entropy in nats per token, a scalar; `drop` is used in training only.

        Of a mixture of experts its gradient is also that of `balance` times the sum of the layers' imbalance.
        """
        loss = head_loss(self.hidden(tokens_BT, drop), self.head_VW, targets_BT)
        for layer in (part for part in self.modules() if isinstance(part, Experts)):
            term = layer.take_imbalance()
            loss = loss if term is None else loss + self.shape.balance * (term - term.detach())
        return loss

    @torch.no_grad()
    def losses(self, tokens_BT, targets_BT):
        """Cross-entropy in nats of every token, shape (B, T)."""
        return head_losses(self.hidden(tokens_BT), self.head_VW, targets_BT)


def _angles(shape: Shape) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """Cosines and sines of rotary positions, (T, d_head / 2) each; None for learned positions."""
    if shape.positions == "learned":
        return None, None
    half = shape.d_head // 2
    rates = ROTARY_BASE ** -(torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(shape.n_ctx, dtype=torch.float64)[:, None] * rates
    return angles.cos().float(), angles.sin().float()
