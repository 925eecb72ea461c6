"""Score a model on multiple-choice items: the cost of every choice after its context, without generating anything."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch

from ..run.item_scores import ItemScores
from .evaluate import EVAL_BATCH_TOKENS, Scored


class ItemsAsked(Protocol):
    """Which choices belong to an item and which is right; from which token a choice is scored, and its bytes."""

    @property
    def per(self) -> str:
        """By what costs are divided: "byte", "token" or "choice"."""

    @property
    def counts(self) -> Sequence[int]:
        """Choices of each item."""

    @property
    def answers(self) -> Sequence[int]:
        """Place of the right choice of each item."""

    @property
    def firsts(self) -> Sequence[int]:
        """First token of each choice that is scored."""

    @property
    def sizes(self) -> Sequence[int]:
        """Bytes of each choice; 0 where it is token ids."""


def score_items(
    model: Scored, sequences: Sequence[np.ndarray], facts: ItemsAsked, n_ctx: int, device: str
) -> ItemScores:
    """Score a model on items, without dropout and without gradients.

    Args:
        sequences: the tokens of each choice after its context; of more than n_ctx + 1 the last are read.
    """
    firsts = np.array(facts.firsts)
    nats = costs_of(model, sequences, firsts, n_ctx, device)
    lengths = np.array([len(one) for one in sequences]) - firsts
    return scores_of(nats, lengths, facts)


def costs_of(model: Scored, sequences, firsts: np.ndarray, n_ctx: int, device: str) -> np.ndarray:
    """Cross-entropy in nats of each sequence from its token number `firsts` on, (sequences,).

    All are as long as the context, filled up after their end: what comes later changes no token before it.
    """
    rows = max(1, EVAL_BATCH_TOKENS // n_ctx)
    was_training, found = model.training, []
    model.train(False)
    for start in range(0, len(sequences), rows):
        part = sequences[start : start + rows]
        tokens_BT, scored_BT = np.zeros((len(part), n_ctx + 1), np.int64), np.zeros((len(part), n_ctx), bool)
        for row, (sequence, first) in enumerate(zip(part, firsts[start : start + rows], strict=True)):
            cut = max(0, len(sequence) - n_ctx - 1)
            tokens_BT[row, : len(sequence) - cut] = sequence[cut:]
            scored_BT[row, max(first - 1 - cut, 0) : len(sequence) - 1 - cut] = True
        tokens = torch.from_numpy(tokens_BT).to(device)
        losses_BT = model.losses(tokens[:, :-1], tokens[:, 1:]).double().cpu().numpy()
        found.append(np.where(scored_BT, losses_BT, 0.0).sum(1))
    model.train(was_training)
    return np.concatenate(found)


def scores_of(nats: np.ndarray, lengths: np.ndarray, facts: ItemsAsked) -> ItemScores:
    """Compute accuracy and its smooth forms from the cost of every choice.

    The answer is the choice of the lowest cost per byte of its text, per token or in total, as `facts.per` says. The
    probability of the right choice is that of the text, whatever its length: e^-nats over the sum for all choices
    (Schaeffer et al. 2024, arXiv 2406.04391). Its cost in bits per byte is the loss of Bhagia et al. 2024.

    Args:
        nats: cost of each choice. lengths: its scored tokens.
    """
    sizes = np.array(facts.sizes)
    measure = {"byte": sizes, "token": lengths, "choice": np.ones(len(nats))}[facts.per]
    right, shares, bits, start = [], [], [], 0
    for count, answer in zip(facts.counts, facts.answers, strict=True):
        one = slice(start, start + count)
        each = nats[one] / measure[one]
        best = each == each.min()
        right.append(best[answer] / best.sum())
        share = np.exp(nats[one].min() - nats[one])
        shares.append(share[answer] / share.sum())
        bits.append(nats[start + answer] / (math.log(2) * sizes[start + answer]) if sizes[start + answer] else math.nan)
        start += count
    per_byte = float(np.mean(bits))
    return ItemScores(
        len(right),
        float(np.mean(right)),
        float(np.mean(1 / np.array(facts.counts))),
        float(np.mean(shares)),
        per_byte if math.isfinite(per_byte) else None,
    )
