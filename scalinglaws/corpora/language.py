"""A language of known entropy: words, grammar and topics as tables of integers."""

import math
from dataclasses import dataclass

import numpy as np

from .scrambling import mix

ONE = 1 << 31  # probabilities are integers divided by this
END, SPACE, FIRST_LETTER = 0, 1, 2
WEIGHT = 1 << 20  # of the most frequent word
TRIES = 16  # attempts to spell a new word with the length that belongs to its rank, before it becomes a letter longer
BOOSTED_ONE_IN = 8  # a topic favours one word in this many, and so does the class of the word before


@dataclass(frozen=True)
class Knobs:
    """The parameters that determine a language.

    Attributes:
        vocabulary: number of token ids: the end of a document (0), the space (1), and letters.
        words: number of words in the lexicon.
        topics: number of latent topics of a document, equally likely; 1 for none.
        classes: number of word classes, by last letter; the class of a word favours some words after it. 1 for none.
        boost: factor by which a topic or a class raises the weight of a word that it favours.
        document: mean length of a document in words.
        zipf: exponent of the word frequencies, in quarters: 4 for Zipf's law.
        seed: of lexicon, tables and text.
    """

    vocabulary: int = 64
    words: int = 2048
    topics: int = 4
    classes: int = 4
    boost: int = 8
    document: int = 64
    zipf: int = 4
    seed: int = 0


@dataclass(frozen=True)
class Language:
    """Probabilities of the next token in every topic and state.

    A state is the letters of the current word so far, and the class of the word before: it follows from the tokens of
    the document so far, and only the topic is hidden. State 0 is the beginning of a document.

    Attributes:
        cumulative: (topics, states, vocabulary) uint32: P(token <= x | topic, state), over 2^31.
        following: (states, vocabulary) int32: the state after each token.
        lexicon: the words, most frequent first, as tuples of letters.
    """

    knobs: Knobs
    cumulative: np.ndarray
    following: np.ndarray
    lexicon: tuple[tuple[int, ...], ...]

    def probabilities(self) -> np.ndarray:
        """P(token | topic, state), float64, exact."""
        return np.diff(self.cumulative.astype(np.int64), axis=2, prepend=0) / ONE


def build_language(knobs: Knobs) -> Language:
    """Build the tables, in integer arithmetic alone, so that they are the same on every machine.

    Word r has weight floor(2^20 (r + 1)^(-zipf/4)), times `boost` where the topic favours it, times `boost` where the
    class of the word before does. The probability of a letter is the total weight of the words that begin with the
    letters so far and this one, divided by the total weight of the words that begin with the letters so far.
    """
    lexicon = _lexicon(knobs)
    children, paths = _trie(lexicon)
    T, G, V, nodes = knobs.topics, knobs.classes, knobs.vocabulary, len(children)
    weights = _word_weights(knobs)
    mass = np.zeros((nodes, T, G), np.int64)
    ended = np.zeros((nodes, T, G), np.int64)
    for path, weight in zip(paths, weights, strict=True):
        mass[path] += weight
        ended[path[-1]] = weight
    rows = np.zeros((T, nodes, G, V), np.int64)
    following = np.zeros((nodes, G, V), np.int32)
    stops = ended // knobs.document
    rows[..., END] = stops.transpose(1, 0, 2)
    rows[..., SPACE] = (ended - stops).transpose(1, 0, 2)
    for node, branches in enumerate(children):
        for letter, child in branches.items():
            rows[:, node, :, letter] = mass[child]
            following[node, :, letter] = child * G + np.arange(G)
    for word, path in zip(lexicon, paths, strict=True):
        following[path[-1], :, SPACE] = word[-1] % G
    sums = np.cumsum(rows.reshape(T, nodes * G, V), axis=2)
    cumulative = ((sums << 31) // sums[..., -1:]).astype(np.uint32)
    return Language(knobs, cumulative, following.reshape(nodes * G, V), lexicon)


def zipf_weights(count: int, quarters: int, top: int = WEIGHT) -> list[int]:
    """Return floor(top r^(-quarters/4)) for r = 1 .. count, exactly, by integer roots."""
    return [math.isqrt(math.isqrt(top**4 // rank**quarters)) for rank in range(1, count + 1)]


def _lexicon(knobs: Knobs) -> tuple[tuple[int, ...], ...]:
    """Spell the words: distinct, from letters of unequal frequency; frequent words are short."""
    letters = knobs.vocabulary - FIRST_LETTER
    cumulative = np.cumsum(zipf_weights(letters, 3))
    words: dict[tuple[int, ...], None] = {}
    draw, tries = mix(knobs.seed), 0
    while len(words) < knobs.words:
        length = 1 + (len(words).bit_length() + 1) // 3 + tries // TRIES
        word = []
        for _ in range(length):
            draw = mix(draw)
            word.append(FIRST_LETTER + int(np.searchsorted(cumulative, draw % int(cumulative[-1]), side="right")))
        tries = tries + 1 if tuple(word) in words else 0
        words.setdefault(tuple(word))
    return tuple(words)


def _trie(lexicon) -> tuple[list[dict[int, int]], list[list[int]]]:
    """Return, for each node, letter -> child; and for each word, the nodes from the root (0) to its end."""
    children: list[dict[int, int]] = [{}]
    paths = []
    for word in lexicon:
        path = [0]
        for letter in word:
            if letter not in children[path[-1]]:
                children[path[-1]][letter] = len(children)
                children.append({})
            path.append(children[path[-1]][letter])
        paths.append(path)
    return children, paths


def _word_weights(knobs: Knobs) -> np.ndarray:
    """Weight of each word in each topic after each class: (words, topics, classes) int64."""
    base = np.array(zipf_weights(knobs.words, knobs.zipf), np.int64)
    topic = _boosts(knobs, knobs.topics, 1)
    grammar = _boosts(knobs, knobs.classes, 2)
    return np.maximum(base, 1)[:, None, None] * topic[:, :, None] * grammar[:, None, :]


def _boosts(knobs: Knobs, count: int, salt: int) -> np.ndarray:
    """Factor of each word under each of `count` conditions: (words, count); all 1 where there is one condition."""
    key = mix(mix(knobs.seed) + salt)
    if count == 1:
        return np.ones((knobs.words, 1), np.int64)
    drawn = np.array([mix(key + i) % BOOSTED_ONE_IN == 0 for i in range(knobs.words * count)])
    return np.where(drawn, knobs.boost, 1).reshape(knobs.words, count)
