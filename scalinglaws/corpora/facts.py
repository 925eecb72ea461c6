"""The corpus of facts: questions of Zipf's frequencies, each with one answer; entropy and learning curve are known."""

from dataclasses import dataclass

import numpy as np

from .corpus import Corpus, numbers_in
from .pairs import DENOMINATOR, corpus_of_pairs, drawn_pairs, in_windows, ranks, rounded
from .scrambling import MASK, mix, mix_array

VERSION = 1  # to be raised by any change of the text
STOP = 0.25  # probability of a stop after an answer; without it the place of a token would say what it is
TOKENS_PER_FACT = 2 + STOP
RANGES = {
    "questions": (2, 32768),
    "answers": (2, 4096),
    "tail": (5, 400),
    "seed": (0, MASK),
    "tokens": (1024, 1 << 32),
    "val_tokens": (1024, 1 << 28),
    "test_tokens": (1024, 1 << 28),
}


@dataclass(frozen=True)
class Facts:
    """The facts of a language, and how much text of it there is.

    Attributes:
        questions, answers: how many there are; questions are the tokens 0 .. questions - 1, answers those after, and
            the last token is the stop that follows one answer in four.
        tail: 100 a, where question k has a frequency proportional to k^-(1 + a).
    """

    questions: int = 4096
    answers: int = 64
    tail: int = 50
    seed: int = 0
    tokens: int = 4_000_000
    val_tokens: int = 65_536
    test_tokens: int = 262_144

    @property
    def exponent(self) -> float:
        """The power of the data by which the loss of a learner falls that remembers what it saw: a / (1 + a).

        Of n questions those of frequency below 1 / n are still unseen, and those hold n^(-a / (1 + a)) of the text
        (Hutter 2021, "Learning Curve Theory"; Michaud et al. 2023, "The Quantization Model of Neural Scaling").
        """
        return self.tail / (100 + self.tail)

    def frequencies(self) -> np.ndarray:
        """Give the probability of each question, the most frequent first."""
        weights = np.arange(1, self.questions + 1, dtype=float) ** -(1 + self.tail / 100)
        return rounded(weights)

    def answer_of(self) -> np.ndarray:
        """Give the token that answers each question: the same in every text of this seed."""
        drawn = mix_array(np.arange(self.questions, dtype=np.uint64) + np.uint64(mix(self.seed ^ MASK)))
        return (self.questions + (drawn >> np.uint64(32)) % np.uint64(self.answers)).astype(np.int64)

    def entropy_nats(self) -> float:
        """Give the entropy per token: that of a question and of whether there is a stop, and nothing for an answer."""
        p = self.frequencies()
        stop = -STOP * np.log(STOP) - (1 - STOP) * np.log1p(-STOP)
        return float((stop - np.sum(p * np.log(np.where(p > 0, p, 1.0)))) / TOKENS_PER_FACT)

    def least_excess(self, tokens: np.ndarray | float) -> np.ndarray:
        """Give the lowest expected loss above the entropy, nats per token, of a learner that has seen this many tokens.

        It knows the answer of each question that it saw and the frequencies, and for others can but give every answer
        the same probability: no learner is better, whatever its size.
        """
        p, seen = self.frequencies(), np.asarray(tokens, dtype=float)[..., None] / TOKENS_PER_FACT
        return np.sum(p * np.exp(seen * np.log1p(-p)), axis=-1) * np.log(self.answers) / TOKENS_PER_FACT


def open_facts(name: str) -> Corpus:
    """Open "facts" or "facts:KEY=VALUE,...": keys are those of `Facts`.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    facts = parse_facts(name)
    return corpus_of_pairs(
        name,
        VERSION,
        facts,
        f"{facts.questions} questions of Zipf's frequencies and their answers",
        lambda split, tokens: _text(facts, split, tokens),
        facts.questions + facts.answers + 1,
        {"floor_nats": facts.entropy_nats(), "data_exponent": facts.exponent},
    )


def parse_facts(name: str) -> Facts:
    """Read the facts from the name of a corpus.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    return Facts(**numbers_in(name, RANGES))


def facts_floor(name: str, tokens: np.ndarray, starts: np.ndarray, n_ctx: int) -> np.ndarray:
    """Return the lowest possible loss of each evaluation window, nats per token: (windows,).

    A question costs minus the logarithm of its frequency, an answer nothing, and after an answer a stop or its absence
    costs its own.
    """
    facts = parse_facts(name)
    before, after = in_windows(tokens, starts, n_ctx)
    stop = facts.questions + facts.answers
    of_question = np.append(-np.log(np.maximum(facts.frequencies(), 1 / DENOMINATOR)), np.zeros(facts.answers + 1))
    answered = (before >= facts.questions) & (before < stop)
    of_stop = np.where(after == stop, -np.log(STOP), -np.log1p(-STOP))
    return (of_question[after] + np.where(answered, of_stop, 0.0)).mean(axis=1)


def _text(facts: Facts, split: str, tokens: int) -> np.ndarray:
    """Make the text of a split; a longer text begins with the shorter one."""
    drawn = drawn_pairs(facts.seed, split, tokens)
    question = ranks(drawn, facts.frequencies())
    stops = (drawn & np.uint64(DENOMINATOR - 1)) < np.uint64(STOP * DENOMINATOR)
    three = np.stack([question, facts.answer_of()[question], np.full(len(question), facts.questions + facts.answers)])
    there = np.stack([np.ones_like(stops), np.ones_like(stops), stops])
    return three.T.ravel()[there.T.ravel()][:tokens].astype(np.uint16)
