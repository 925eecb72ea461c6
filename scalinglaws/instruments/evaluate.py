"""Held-out loss: its mean, its standard error from a finite test set, and the loss at each place in the context."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

EVAL_BATCH_TOKENS = 8192


@dataclass(frozen=True)
class HeldOutLoss:
    """Loss over fixed windows of a text.

    Attributes:
        mean: nats a token over every scored position, the first of each window too.
        sem: standard error, windows of one document taken as one cluster; None with one document alone.
        by_position: mean loss at each place T = 1 .. n_ctx of the context, shape (n_ctx,).
    """

    mean: float
    sem: float | None
    by_position: np.ndarray


def evaluate(
    model: nn.Module,
    windows: Callable[[np.ndarray], tuple[torch.Tensor, torch.Tensor]],
    starts: np.ndarray,
    documents: np.ndarray,
) -> HeldOutLoss:
    """Score a model on windows of a text, without dropout and without gradients.

    Args:
        windows: starts -> (inputs_BT, targets_BT), on the model's device.
        starts: where each window begins.
        documents: number of the document that each window begins in.
    """
    n_ctx = windows(starts[:1])[0].shape[1]
    rows = max(1, EVAL_BATCH_TOKENS // n_ctx)
    was_training = model.training
    model.eval()
    means, total_T = [], torch.zeros(n_ctx, dtype=torch.float64)
    for i in range(0, len(starts), rows):
        losses_BT = model.losses(*windows(starts[i : i + rows])).double()
        means.append(losses_BT.mean(1).cpu().numpy())
        total_T += losses_BT.sum(0).cpu()
    model.train(was_training)
    mean, sem = clustered_mean(np.concatenate(means), documents)
    return HeldOutLoss(mean, sem, (total_T / len(starts)).numpy())


def clustered_mean(losses: np.ndarray, documents: np.ndarray) -> tuple[float, float | None]:
    """Mean loss of the windows and its standard error, windows of one document taken as one cluster.

    Var(mean) = G/(G-1) sum_g (sum_{i in g} (x_i - mean))^2 / n^2 over G documents (the cluster-robust sandwich of a
    mean); None where there is one document alone.
    """
    mean = losses.mean()
    _, group = np.unique(documents, return_inverse=True)
    sums = np.bincount(group, losses - mean)
    count = len(sums)
    if count < 2:
        return float(mean), None
    return float(mean), float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(losses))
