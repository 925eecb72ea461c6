"""The output head fused with its cross-entropy: the logits of all tokens are never in memory at once."""

import torch
from torch.nn import functional as F

CHUNK_LOGITS = 1 << 19  # logits in memory at a time: 2 MiB of float32, which fits in a core's cache
GPU_LOGITS = 1 << 26  # the same on a GPU, where few large products are faster: 256 MiB


class _HeadLoss(torch.autograd.Function):
    """Mean cross-entropy of hidden_NW @ weight_VW^T; the gradients are computed in the forward pass.

    For V = 2048 or more this is twice as fast on a CPU as logits for the whole batch, because each chunk is used while
    it is in the cache; for V = 256 the speed is the same. Under autocast the three products use the lower precision;
    softmax, loss and the sums over chunks stay in float32, and each gradient has the type of its tensor.
    """

    @staticmethod
    def forward(ctx, hidden_NW, weight_VW, targets_N):
        dtype = product_dtype(hidden_NW)
        weight = weight_VW.to(dtype)
        total = weight_VW.new_zeros(())
        grad_hidden_NW = torch.empty_like(hidden_NW)
        grad_weight_VW = torch.zeros_like(weight_VW)
        with torch.autocast(hidden_NW.device.type, enabled=False):
            for part in chunks(targets_N, len(weight_VW)):
                hidden, targets = hidden_NW[part].to(dtype), targets_N[part]
                log_probs = torch.log_softmax(hidden @ weight.t(), dim=-1, dtype=weight_VW.dtype)
                total -= log_probs.gather(1, targets[:, None]).sum()
                error = log_probs.exp_()
                error.scatter_add_(1, targets[:, None], -torch.ones_like(error[:, :1]))
                _add_gradients(error.to(dtype), hidden, weight, grad_hidden_NW[part], grad_weight_VW)
        ctx.save_for_backward(grad_hidden_NW, grad_weight_VW)
        ctx.count = len(targets_N)
        return total / ctx.count

    @staticmethod
    def backward(ctx, grad):
        grad_hidden_NW, grad_weight_VW = ctx.saved_tensors
        scale = grad / ctx.count
        return grad_hidden_NW.mul_(scale), grad_weight_VW.mul_(scale), None


def product_dtype(hidden: torch.Tensor) -> torch.dtype:
    """Return the type in which to multiply: that of autocast where it is enabled, else the tensor's own."""
    kind = hidden.device.type
    return torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden.dtype


def chunks(targets_N: torch.Tensor, n_vocab: int) -> list[slice]:
    """Cut the tokens into chunks whose logits fit in memory at once."""
    rows = max(1, (CHUNK_LOGITS if targets_N.device.type == "cpu" else GPU_LOGITS) // n_vocab)
    return [slice(start, start + rows) for start in range(0, len(targets_N), rows)]


def _add_gradients(error, hidden, weight, grad_hidden, grad_weight):
    """Write the gradient of a chunk's hidden states, and add the chunk's contribution to the gradient of the weight."""
    if error.dtype == grad_weight.dtype == grad_hidden.dtype:
        torch.mm(error, weight, out=grad_hidden)
        grad_weight.addmm_(error.t(), hidden)
    else:
        grad_hidden.copy_(error @ weight)
        grad_weight.add_(error.t() @ hidden)


def head_loss(hidden_BTW, weight_VW, targets_BT):
    """Mean cross-entropy in nats per token of targets_BT under softmax(hidden_BTW weight_VW^T): a scalar."""
    return _HeadLoss.apply(hidden_BTW.flatten(0, 1), weight_VW, targets_BT.flatten())


def head_losses(hidden_BTW, weight_VW, targets_BT):
    """Cross-entropy in nats of every token, shape (B, T), in the type of the weights, without gradients."""
    hidden_NW, targets_N = hidden_BTW.flatten(0, 1), targets_BT.flatten()
    dtype = product_dtype(hidden_NW)
    weight = weight_VW.to(dtype)
    with torch.autocast(hidden_NW.device.type, enabled=False):
        losses = [
            F.cross_entropy(
                (hidden_NW[part].to(dtype) @ weight.t()).to(weight_VW.dtype), targets_N[part], reduction="none"
            )
            for part in chunks(targets_N, len(weight_VW))
        ]
    return torch.cat(losses).view(targets_BT.shape)
