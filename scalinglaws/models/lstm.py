"""The LSTM language model of Kaplan et al. 2020 (section 3.2.1, Figure 7): equal widths, a tied output head."""

# B batch, T time, W width, V vocabulary

import torch
from torch import nn

from ..run.shape import Shape
from .head import head_loss, head_losses
from .precision import recurrent_kernels
from .transformer import INIT_SD, Drop


class Lstm(nn.Module):
    """A language model of `n_layer` LSTM layers of width d_model, with weights drawn from `seed`.

    Matrices are uniform in [-1/sqrt(d_model), 1/sqrt(d_model)], which is PyTorch's rule, and embeddings N(0, 0.02^2);
    biases are 0, except that those of the forget gates are 1 (Jozefowicz et al. 2015, section 2.2). Each window starts
    from a zero state. The layers are separate modules so that dropout between them can use a generator with a known
    seed; each layer runs in PyTorch's fused kernel (oneDNN on a CPU, cuDNN on a GPU).
    """

    def __init__(self, shape: Shape, seed: int):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.n_vocab, shape.d_model)
        self.blocks = nn.ModuleList(
            nn.LSTM(shape.d_model, shape.d_model, bias=shape.biases, batch_first=True) for _ in range(shape.n_layer)
        )
        self.untied = None if shape.tied else nn.Linear(shape.d_model, shape.n_vocab, bias=False)
        self._draw_weights(seed)

    @torch.no_grad()
    def _draw_weights(self, seed: int):
        generator = torch.Generator().manual_seed(seed)
        width = self.shape.d_model
        for name, weight in self.named_parameters():
            if weight.ndim == 1:
                weight.zero_()
                if "bias_ih" in name:
                    weight[width : 2 * width] = 1.0  # the order of the gates is input, forget, cell, output
            elif name.startswith("blocks."):
                weight.uniform_(-(width**-0.5), width**-0.5, generator=generator)
            else:
                weight.normal_(0, INIT_SD, generator=generator)

    @property
    def head_VW(self):
        """Weights of the output head: the embedding itself if they are tied."""
        return self.embed.weight if self.untied is None else self.untied.weight

    def hidden(self, tokens_BT, drop: Drop | None = None):
        """The last hidden states, shape (B, T, W); `drop` is applied to each layer's input and output, not its state.

        Source: Zaremba et al. 2014, section 3.1.
        """
        hidden_BTW = self.embed(tokens_BT)
        with recurrent_kernels(hidden_BTW.device):
            for layer in self.blocks:
                hidden_BTW, _ = layer(hidden_BTW if drop is None else drop(hidden_BTW))
        return hidden_BTW if drop is None else drop(hidden_BTW)

    def forward(self, tokens_BT, targets_BT, drop: Drop | None = None):
        """Mean cross-entropy in nats per token, a scalar; `drop` is used in training only."""
        return head_loss(self.hidden(tokens_BT, drop), self.head_VW, targets_BT)

    @torch.no_grad()
    def losses(self, tokens_BT, targets_BT):
        """Cross-entropy in nats of every token, shape (B, T)."""
        return head_losses(self.hidden(tokens_BT), self.head_VW, targets_BT)
