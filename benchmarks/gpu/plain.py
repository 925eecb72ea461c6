"""A training loop as small repositories write it, to be compared with: model, batches, AdamW, clipping.

It follows nanoGPT's habits (PyTorch modules, flash attention, fused AdamW, windows drawn on the host and sent over, the
loss read every ten steps) in words of its own; nothing is compiled.
"""

import time
from contextlib import nullcontext

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

WARM_STEPS = 5
READ_EVERY = 10


class Layer(nn.Module):
    """Attention and a feed-forward layer, pre-norm."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.norm_1, self.norm_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        B, T, W = x.shape
        q, k, v = (y.view(B, T, self.heads, -1).transpose(1, 2) for y in self.qkv(self.norm_1(x)).split(W, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).contiguous().view(B, T, W))
        return x + self.down(F.gelu(self.up(self.norm_2(x))))


class Plain(nn.Module):
    """A GPT-2 of the given sizes with a tied head."""

    def __init__(self, layers: int, width: int, heads: int, context: int, vocabulary: int):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens, targets):
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1], device=tokens.device))
        for layer in self.layers:
            x = layer(x)
        logits = self.norm(x) @ self.tokens.weight.t()
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def plain_speed(spec, text: np.ndarray, device: str) -> float:
    """Train as the loop does for the steps of a RunSpec, and give its tokens a second."""
    shape, rng = spec.shape, np.random.default_rng(0)
    model = Plain(shape.n_layer, shape.d_model, shape.n_heads, shape.n_ctx, shape.n_vocab).to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=spec.lr, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    lower = torch.autocast(torch.device(device).type, torch.bfloat16) if spec.precision == "bfloat16" else nullcontext()
    for step in range(WARM_STEPS + spec.steps):
        if step == WARM_STEPS:
            _wait(device)
            began = time.perf_counter()
        starts = rng.integers(0, len(text) - shape.n_ctx - 1, spec.batch)
        rows = np.stack([text[s : s + shape.n_ctx + 1].astype(np.int64) for s in starts])
        windows = torch.from_numpy(rows)
        windows = windows if device == "cpu" else windows.pin_memory().to(device, non_blocking=True)
        with lower:
            loss = model(windows[:, :-1], windows[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), spec.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        if step % READ_EVERY == 0:
            loss.item()
    _wait(device)
    return spec.steps * spec.batch_tokens / (time.perf_counter() - began)


def _wait(device: str):
    if device != "cpu":
        torch.cuda.synchronize()
