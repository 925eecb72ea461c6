"""The output head and its cross-entropy in one: the logits of all tokens are never held at once."""

import torch
from torch.nn import functional as F

CHUNK_LOGITS = 1 << 19  # logits held at a time: 2 MiB of float32, which stays in a core's cache


class _HeadLoss(torch.autograd.Function):
    """Mean cross-entropy of hidden_NW @ weight_VW^T, with its gradients made in the forward pass.

    For V = 2048 or more this is twice as fast on a CPU as logits for the whole batch, because each chunk is consumed
    while it is in cache; for V = 256 it is the same work.
    """

    @staticmethod
    def forward(ctx, hidden_NW, weight_VW, targets_N):
        total = hidden_NW.new_zeros(())
        grad_hidden_NW = torch.empty_like(hidden_NW)
        grad_weight_VW = torch.zeros_like(weight_VW)
        rows = max(1, CHUNK_LOGITS // len(weight_VW))
        for start in range(0, len(targets_N), rows):
            hidden, targets = hidden_NW[start : start + rows], targets_N[start : start + rows]
            log_probs = torch.log_softmax(hidden @ weight_VW.t(), dim=-1)
            total -= log_probs.gather(1, targets[:, None]).sum()
            error = log_probs.exp_()
            error.scatter_add_(1, targets[:, None], -torch.ones_like(error[:, :1]))
            torch.mm(error, weight_VW, out=grad_hidden_NW[start : start + rows])
            grad_weight_VW.addmm_(error.t(), hidden)
        ctx.save_for_backward(grad_hidden_NW, grad_weight_VW)
        ctx.count = len(targets_N)
        return total / ctx.count

    @staticmethod
    def backward(ctx, grad):
        grad_hidden_NW, grad_weight_VW = ctx.saved_tensors
        scale = grad / ctx.count
        return grad_hidden_NW.mul_(scale), grad_weight_VW.mul_(scale), None


def head_loss(hidden_BTW, weight_VW, targets_BT):
    """Mean cross-entropy in nats a token of targets_BT under softmax(hidden_BTW weight_VW^T): a scalar."""
    return _HeadLoss.apply(hidden_BTW.flatten(0, 1), weight_VW, targets_BT.flatten())


def head_losses(hidden_BTW, weight_VW, targets_BT):
    """Cross-entropy in nats of every token, shape (B, T); without gradients."""
    hidden_NW, targets_N = hidden_BTW.flatten(0, 1), targets_BT.flatten()
    rows = max(1, CHUNK_LOGITS // len(weight_VW))
    losses = [
        F.cross_entropy(hidden_NW[s : s + rows] @ weight_VW.t(), targets_N[s : s + rows], reduction="none")
        for s in range(0, len(targets_N), rows)
    ]
    return torch.cat(losses).view(targets_BT.shape)
