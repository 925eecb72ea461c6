"""The decoder-only Transformer of Kaplan et al. 2020: layer norm before each part, GELU, learned positions."""

# B batch, T time, W width, H heads, V vocabulary

import torch
from torch import nn
from torch.nn import functional as F

from ..shape import Shape
from .head import head_loss, head_losses

INIT_SD = 0.02  # GPT-2's; the paper names none


class Attention(nn.Module):
    """Causal self-attention with one product for queries, keys and values."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.n_heads = shape.n_heads
        self.qkv = nn.Linear(shape.d_model, 3 * shape.d_model)
        self.project = nn.Linear(shape.d_model, shape.d_model)

    def forward(self, hidden_BTW):
        B, T, W = hidden_BTW.shape
        qkv = self.qkv(hidden_BTW).view(B, T, 3, self.n_heads, W // self.n_heads).permute(2, 0, 3, 1, 4)
        mixed_BHTW = F.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], is_causal=True)
        return self.project(mixed_BHTW.transpose(1, 2).reshape(B, T, W))


class Block(nn.Module):
    """Attention, then the feed-forward layer, each added to the residual stream."""

    def __init__(self, shape: Shape):
        super().__init__()
        self.norm_attention = nn.LayerNorm(shape.d_model)
        self.attention = Attention(shape)
        self.norm_ff = nn.LayerNorm(shape.d_model)
        self.widen = nn.Linear(shape.d_model, shape.width_ff)
        self.narrow = nn.Linear(shape.width_ff, shape.d_model)

    def forward(self, hidden_BTW):
        hidden_BTW = hidden_BTW + self.attention(self.norm_attention(hidden_BTW))
        return hidden_BTW + self.narrow(F.gelu(self.widen(self.norm_ff(hidden_BTW))))


class Transformer(nn.Module):
    """A language model of the given shape, its weights drawn from `seed`.

    Weights are N(0, 0.02^2), those that write to the residual stream divided by sqrt(2 n_layer) (GPT-2's rule); biases
    are zero, so that the loss starts near ln V.
    """

    def __init__(self, shape: Shape, seed: int):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.n_vocab, shape.d_model)
        self.position = nn.Embedding(shape.n_ctx, shape.d_model)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.n_layer))
        self.norm = nn.LayerNorm(shape.d_model)
        self.untied = None if shape.tied else nn.Linear(shape.d_model, shape.n_vocab, bias=False)
        self._draw_weights(seed)

    @torch.no_grad()
    def _draw_weights(self, seed: int):
        generator = torch.Generator().manual_seed(seed)
        residual_sd = INIT_SD / max(1, 2 * self.shape.n_layer) ** 0.5
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                writes_residual = name.endswith(("project.weight", "narrow.weight"))
                weight.normal_(0, residual_sd if writes_residual else INIT_SD, generator=generator)
            elif name.endswith("bias"):
                weight.zero_()

    @property
    def head_VW(self):
        """Weights of the output head: the embedding itself when tied."""
        return self.embed.weight if self.untied is None else self.untied.weight

    def hidden(self, tokens_BT):
        """The last hidden states, shape (B, T, W)."""
        hidden_BTW = self.embed(tokens_BT) + self.position.weight[: tokens_BT.shape[1]]
        for block in self.blocks:
            hidden_BTW = block(hidden_BTW)
        return self.norm(hidden_BTW)

    def forward(self, tokens_BT, targets_BT):
        """Mean cross-entropy in nats a token: a scalar."""
        return head_loss(self.hidden(tokens_BT), self.head_VW, targets_BT)

    @torch.no_grad()
    def losses(self, tokens_BT, targets_BT):
        """Cross-entropy in nats of every token, shape (B, T)."""
        return head_losses(self.hidden(tokens_BT), self.head_VW, targets_BT)
