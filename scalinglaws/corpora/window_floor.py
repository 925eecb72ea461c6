"""The exact lowest loss on a synthetic corpus for a model that sees one window, without the text before it."""

import numpy as np

from .floor import probability, stationary, step_known
from .language import END, Language

Belief = tuple[np.ndarray, np.ndarray]  # states (n,), and their joint weight with each topic (topics, n)


def window_nats(language: Language, tokens: np.ndarray, starts: np.ndarray, n_ctx: int) -> np.ndarray:
    """Return the mean of -ln P(token | earlier tokens of its window) over the n_ctx targets of each window.

    A window is preceded by infinite text of the language, so that topic and state begin in their stationary
    distribution; both are filtered until the state is certain (usually at the second space), and then the topic alone.
    No model with this context length can do better in expectation. The mean exceeds `floor_nats` by the value of the
    missing context.

    Args:
        tokens: a split of the corpus.
        starts: (windows,) first position of each window; that token is given, the n_ctx tokens after it are scored.

    Returns:
        (windows,) nats per token.
    """
    windows = np.asarray(tokens)[np.asarray(starts)[:, None] + np.arange(n_ctx + 1)].astype(np.int64)
    shares, beginnings = stationary(language), {}
    nats = np.zeros(len(windows))
    known_from = np.full(len(windows), n_ctx + 1)
    state = np.zeros(len(windows), np.int64)
    weight = np.full((len(windows), language.knobs.topics), 1.0)
    for row, window in enumerate(windows):
        if window[0] not in beginnings:
            beginnings[window[0]] = _first_belief(language, shares, window[0])
        nats[row], place, (states, weights) = _until_certain(language, beginnings[window[0]], window)
        if len(states) == 1:
            known_from[row], state[row], weight[row] = place, states[0], weights[:, 0]
    for place in range(1, n_ctx + 1):
        alive = np.flatnonzero(known_from <= place)
        surprise, weight[alive], state[alive] = step_known(language, weight[alive], state[alive], windows[alive, place])
        nats[alive] += surprise
    return nats / n_ctx


def _until_certain(language: Language, belief: Belief, window: np.ndarray) -> tuple[float, int, Belief]:
    """Filter topic and state along a window until one state is left: nats so far, next position to read, belief."""
    nats, place = 0.0, 1
    while len(belief[0]) > 1 and place < len(window):
        surprise, belief = _take(language, belief, window[place])
        nats += surprise
        place += 1
    return nats, place, belief


def _first_belief(language: Language, shares: np.ndarray, token: int) -> Belief:
    """Return the belief after one token of infinite text."""
    return _take(language, (np.arange(shares.shape[1]), shares), token)[1]


def _take(language: Language, belief: Belief, token: int) -> tuple[float, Belief]:
    """Read one token: its -ln P, and the belief after it, which sums to 1."""
    states, weights = belief
    joint = weights * probability(language, states, np.full(len(states), token))
    likely = joint.sum()
    if token == END:
        return -np.log(likely), (np.zeros(1, np.int64), np.full((len(weights), 1), 1 / len(weights)))
    possible = joint.any(0)
    after, place = np.unique(language.following[states[possible], token], return_inverse=True)
    merged = np.stack([np.bincount(place, row, len(after)) for row in joint[:, possible]])
    return -np.log(likely), (after, merged / likely)
