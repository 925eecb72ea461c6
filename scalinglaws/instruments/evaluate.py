"""Held-out loss: its mean, its standard error due to the finite test set, and the loss at each context position."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch

EVAL_BATCH_TOKENS = 8192


@dataclass(frozen=True)
class HeldOutLoss:
    """Loss over fixed windows of a text.

    Attributes:
        mean: nats per token over every scored position, including the first of each window.
        sem: standard error, with the windows of one document as one cluster; None if there is only one document.
        by_position: mean loss at each position T = 1 .. n_ctx of the context, shape (n_ctx,).
    """

    mean: float
    sem: float | None
    by_position: np.ndarray


class Scored(Protocol):
    """A model that gives the loss of every token, and can be set to train or not."""

    training: bool

    def train(self, mode: bool = True) -> object:
        """Set it to train, or not to."""

    def losses(self, tokens_BT: torch.Tensor, targets_BT: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of every token, shape (B, T)."""


def evaluate(
    model: Scored,
    windows: Callable[[np.ndarray], tuple[torch.Tensor, torch.Tensor]],
    starts: np.ndarray,
    documents: np.ndarray,
) -> HeldOutLoss:
    """Score a model on windows of a text, without dropout and without gradients.

    Args:
        windows: starts -> (inputs_BT, targets_BT), on the model's device.
        starts: position at which each window begins.
        documents: number of the document in which each window begins.
    """
    n_ctx = windows(starts[:1])[0].shape[1]
    rows = max(1, EVAL_BATCH_TOKENS // n_ctx)
    was_training = model.training
    model.train(False)
    means, total_T = [], torch.zeros(n_ctx, dtype=torch.float64)
    for i in range(0, len(starts), rows):
        losses_BT = model.losses(*windows(starts[i : i + rows])).double()
        means.append(losses_BT.mean(1).cpu().numpy())
        total_T += losses_BT.sum(0).cpu()
    model.train(was_training)
    mean, sem = clustered_mean(np.concatenate(means), documents)
    return HeldOutLoss(mean, sem, (total_T / len(starts)).numpy())


def clustered_mean(losses: np.ndarray, documents: np.ndarray) -> tuple[float, float | None]:
    """Mean loss of the windows and its standard error, with the windows of one document as one cluster.

    Var(mean) = G/(G-1) sum_g (sum_{i in g} (x_i - mean))^2 / n^2 over G documents (the cluster-robust sandwich
    estimator for a mean); None if there is only one document.
    """
    mean = losses.mean()
    _, group = np.unique(documents, return_inverse=True)
    sums = np.bincount(group, losses - mean)
    count = len(sums)
    if count < 2:
        return float(mean), None
    return float(mean), float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(losses))
