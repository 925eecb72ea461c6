"""The lowest loss that any model can reach on a synthetic corpus, computed exactly by filtering the hidden topic."""

import math
from collections.abc import Sequence

import numpy as np

from .language import END, Language

SETTLED = 1e-13  # total change of the stationary distribution at which its iteration stops
MOST_ITERATIONS = 10_000


def known_truth(language: Language) -> dict[str, float]:
    """Return what the tables alone determine: entropy per token for a known topic, and mean tokens per document."""
    shares = stationary(language)
    P = language.probabilities()
    surprise = -P * np.log(np.where(P > 0, P, 1.0))
    ends = (shares * P[:, :, END]).sum()
    return {"entropy_topic_known_nats": float((shares * surprise.sum(2)).sum()), "document_tokens": float(1 / ends)}


def floor_of_documents(language: Language, documents: Sequence[np.ndarray]) -> dict[str, float]:
    """Return the lowest possible loss on these documents: the mean of -ln P(token | earlier tokens of the document).

    The topic is hidden: the predictive distribution is the mixture over topics with their posterior weights (forward
    filtering), which is what the best model with unlimited context computes. `floor_nats` is exact for these tokens.
    `floor_nats_sem` is its standard error over samples of text of the same language, with documents as clusters.
    """
    nats, lengths = document_nats(language, documents)
    mean = nats.sum() / lengths.sum()
    sem = math.sqrt(((nats - mean * lengths) ** 2).sum()) / lengths.sum()
    return {"floor_nats": float(mean), "floor_nats_sem": float(sem)}


def document_nats(language: Language, documents: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return -ln P of each document under the exact predictive distribution, and its length: both (documents,)."""
    lengths = np.array([len(document) for document in documents])
    tokens, starts = np.concatenate(documents).astype(np.int64), np.cumsum(lengths) - lengths
    T = language.knobs.topics
    nats, weight = np.zeros(len(lengths)), np.full((len(lengths), T), 1 / T)
    state = np.zeros(len(lengths), np.int64)
    for place in range(lengths.max(initial=0)):
        alive = np.flatnonzero(lengths > place)
        token = tokens[starts[alive] + place]
        surprise, weight[alive], state[alive] = step_known(language, weight[alive], state[alive], token)
        nats[alive] += surprise
    return nats, lengths


def step_known(language: Language, weight: np.ndarray, state: np.ndarray, token: np.ndarray):
    """Read one token in each of n known states: -ln P (n,), posterior of the topic (n, topics), next state (n,)."""
    joint = weight * probability(language, state, token).T
    likely = joint.sum(1)
    weight = np.where((token == END)[:, None], 1 / weight.shape[1], joint / likely[:, None])
    return -np.log(likely), weight, language.following[state, token]


def probability(language: Language, state: np.ndarray, token: np.ndarray) -> np.ndarray:
    """P(token | topic, state): (topics, n)."""
    upper = language.cumulative[:, state, token].astype(np.int64)
    lower = np.where(token > 0, language.cumulative[:, state, np.maximum(token - 1, 0)], 0)
    return (upper - lower) / (1 << 31)


def stationary(language: Language) -> np.ndarray:
    """Return the fraction of positions in infinite text that have each topic and state: (topics, states), sum 1.

    Within a topic, documents follow one another in a Markov chain; a topic's weight is proportional to the mean length
    of its documents.
    """
    T, S = language.cumulative.shape[:2]
    P = language.probabilities()
    source, token = np.nonzero(P.any(0))
    target = language.following[source, token]
    shares = np.zeros((T, S))
    for topic in range(T):
        flow = P[topic, source, token]
        share: np.ndarray = np.zeros(S)
        share[0] = 1.0
        for _ in range(MOST_ITERATIONS):
            after = (
                share + np.bincount(target, share[source] * flow, S)
            ) / 2  # a lazy step has the same stationary distribution and is never periodic
            change, share = np.abs(after - share).sum(), after
            if change < SETTLED:
                break
        shares[topic] = share / share.sum() / (share @ P[topic, :, END])
    return shares / shares.sum()
