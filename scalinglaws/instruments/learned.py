"""Whether a run learned anything: its loss compared with those of models that ignore the text before a token."""

import math
from dataclasses import replace

import numpy as np

from ..run.run import FAILED_TO_LEARN, FINISHED, Run

AT_ONCE = 1 << 16  # tokens that are converted to 64 bits at a time: half a megabyte
COUNTED = 1 << 22  # tokens of each text that are counted: a random sample, because a hash decides the documents' order


def unigram_loss(train: np.ndarray, test: np.ndarray, vocabulary: int) -> float:
    """Return the loss in nats per token of the model that knows only each token's frequency in the training text.

    H = -mean over test tokens of ln p(token), p = (count + 1) / (tokens + V): Laplace's rule, so that a token that was
    never seen has a positive probability.
    """
    seen, asked = (_counts(tokens[:COUNTED], vocabulary) for tokens in (train, test))
    chance = (seen + 1) / (seen.sum() + vocabulary)
    return float(-(asked * np.log(chance)).sum() / asked.sum())


def _counts(tokens: np.ndarray, vocabulary: int) -> np.ndarray:
    counts = np.zeros(vocabulary, np.int64)
    for start in range(0, len(tokens), AT_ONCE):
        counts += np.bincount(tokens[start : start + AT_ONCE], minlength=vocabulary)
    return counts


def judged(run: Run, unigram: float, vocabulary: int, *, apart: bool = False) -> Run:
    """Mark a finished run that learned nothing as failed to learn, and record the unigram loss it is compared with.

    A loss above ln V is worse than guessing uniformly, and a loss not below that of the unigram model shows no use of
    the context. A trunk has no final loss of its own, and is not judged.

    Args:
        unigram: its loss on the text by which the run is judged: the test text, or the training text where the test
            text is of another source (`apart`), on which a model that learned its own text well may do badly.
    """
    run = replace(run, readings={**run.readings, "unigram_nats": unigram})
    if run.outcome != FINISHED or run.spec.is_trunk or run.final is None:
        return run
    loss, guessing, which = run.final.loss_nats, math.log(vocabulary), "final test"
    if apart:
        loss, which = run.final.loss_train_nats or loss, "last training"
    if loss < min(unigram, guessing):
        return run
    known = f"above ln V = {guessing:.4g}" if loss > guessing else f"not below the unigram loss of {unigram:.4g}"
    return replace(run, outcome=FAILED_TO_LEARN, sentence=f"{FAILED_TO_LEARN}: its {which} loss is {loss:.4g}, {known}")
