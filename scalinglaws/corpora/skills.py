"""The corpus of skills: each needs one dimension of a model; entropy and the powers of size and of steps are known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .corpus import Corpus, numbers_in
from .pairs import DENOMINATOR, corpus_of_pairs, drawn_pairs, in_windows, ranks, rounded
from .scrambling import MASK

VERSION = 1  # to be raised by any change of the text
SIGNS = 1 << 16  # denominator of the probability that an answer agrees with its question
RANGES = {
    "bits": (2, 12),
    "tail": (5, 400),
    "strength": (1, 99),
    "seed": (0, MASK),
    "tokens": (1024, 1 << 32),
    "val_tokens": (1024, 1 << 28),
    "test_tokens": (1024, 1 << 28),
}


@dataclass(frozen=True)
class Skills:
    """The skills of a language, and how much text of it there is.

    A text is question, answer, question, answer, and so on. There are K = 2^bits - 1 skills and A = 2^bits answers.
    Skill k = 1 .. K has two questions, b = +1 and b = -1, the tokens 2 (k - 1) and 2 (k - 1) + 1; answers are the
    tokens after those. The k-th row of a Hadamard matrix says of each answer whether it is +1 or -1 in this skill,
    w_k(j) = (-1)^(number of ones of k AND j), and a question is answered by j with probability
    (1 + b t w_k(j)) / A, t = strength / 100. The logits of all answers to all questions are therefore of rank K, one
    dimension for each skill, and the dimensions of two skills are orthogonal.

    A model without layers and positions has logits of a rank that is its width; its RMS norm takes no rank away,
    because a question whose skill it lacks can lie along the dimension that tells questions from answers.

    Attributes:
        bits: two to this power is the number of answers, and one fewer that of skills.
        tail: 100 a, where all skills but the m most frequent have (m + 1)^-a of the questions, for m up to `regular`.
        strength: 100 t; an answer has the sign of its question with probability (1 + t) / 2.
    """

    bits: int = 6
    tail: int = 100
    strength: int = 80
    seed: int = 0
    tokens: int = 4_000_000
    val_tokens: int = 65_536
    test_tokens: int = 262_144

    @property
    def answers(self) -> int:
        """How many answers there are, A."""
        return 1 << self.bits

    @property
    def count(self) -> int:
        """How many skills there are, K."""
        return self.answers - 1

    @property
    def size_exponent(self) -> float:
        """The power of the width, and of the parameters in proportion to it, by which the least loss falls: a."""
        return self.tail / 100

    @property
    def steps_exponent(self) -> float:
        """The power of the steps of gradient descent, and of the data, by which the loss falls: a / (1 + a).

        Where skills are learned apart, skill k's loss is one function of its frequency times the steps, and the
        frequencies fall as k^-(1 + a) (Hutter 2021, "Learning Curve Theory"; Michaud et al. 2023, "The Quantization
        Model of Neural Scaling").
        """
        return self.tail / (100 + self.tail)

    @property
    def regular(self) -> int:
        """How many skills have frequencies by the power; what it leaves is spread evenly over the others.

        The most for which those others are no more frequent than the last of these.
        """
        m = np.arange(1, self.count)
        last, left = m**-self.size_exponent - (m + 1) ** -self.size_exponent, (m + 1) ** -self.size_exponent
        return int(m[left <= last * (self.count - m) * (1 + 1e-12)][-1])

    def frequencies(self) -> np.ndarray:
        """Give the probability of each skill among questions, the most frequent first: (K,)."""
        left = np.arange(1, self.regular + 2, dtype=float) ** -self.size_exponent
        rest = self.count - self.regular
        p = np.append(-np.diff(left), np.full(rest, left[-1] / rest))
        return rounded(p)

    def agreement(self) -> float:
        """Give the probability that an answer has the sign of its question: (1 + t) / 2, as the text draws it."""
        return round((1 + self.strength / 100) / 2 * SIGNS) / SIGNS

    def transitions(self) -> np.ndarray:
        """Give the probability of each token after each: (V, V), V = 2 K + A; rows are the token before."""
        sign = _signs(self.count, self.answers)
        agree = self.agreement()
        after = np.zeros((2 * self.count + self.answers,) * 2)
        after[: 2 * self.count : 2, 2 * self.count :] = np.where(sign > 0, agree, 1 - agree) * 2 / self.answers
        after[1 : 2 * self.count : 2, 2 * self.count :] = np.where(sign > 0, 1 - agree, agree) * 2 / self.answers
        after[2 * self.count :, : 2 * self.count] = np.repeat(self.frequencies(), 2) / 2
        return after

    def shares(self) -> np.ndarray:
        """Give the share of each token in the text: (V,)."""
        return np.append(np.repeat(self.frequencies(), 2) / 4, np.full(self.answers, 0.5 / self.answers))

    def worth(self) -> float:
        """Give what a skill saves, nats per answer: ln 2 minus the entropy of whether an answer agrees."""
        agree = self.agreement()
        return float(np.log(2) + agree * np.log(agree) + (1 - agree) * np.log1p(-agree))

    def entropy_nats(self) -> float:
        """Give the entropy per token: half of a question's and half of an answer's."""
        p = self.frequencies()
        question = np.log(2) - np.sum(p * np.log(np.where(p > 0, p, 1.0)))
        return float((question + np.log(self.answers) - self.worth()) / 2)

    def least_excess(self, width: np.ndarray | int) -> np.ndarray:
        """Give the loss above the entropy, nats per token, of a model without layers that knows what it has room for.

        One dimension tells questions from answers and each other one holds a skill, the most frequent first. It is the
        least loss of any model of this width in the limit of a small `strength`, where the loss is a sum of squares
        and the best of a rank is its largest singular values (Eckart and Young 1936). At a strength of 80 searches
        find up to 4% less (benchmarks/truth/skills.py makes them).
        """
        held = np.append(0.0, np.cumsum(self.frequencies()))
        return (1 - held[np.minimum(np.asarray(width) - 1, self.count)]) * self.worth() / 2

    def descent(self, rate: float, steps: Sequence[int], sd: float = 0.0, draws: int = 8) -> np.ndarray:
        """Give the loss above the entropy of three things to learn, nats per token: (3, len(steps)).

        They are which answer follows a question, that one of the answers follows it, and all that follows an answer.

        It is that of a learner which has logits of its own for each token before, and does steps of gradient descent on
        the exact expected loss, all tokens at once: those of token i move by rate times the share of i times (the
        probabilities after i minus the learner's). It learns every skill apart, by its frequency times the steps alone.

        A wide model without layers is this learner (Jacot et al. 2018, "Neural Tangent Kernel"): with RMS norm, an
        untied head and all weights drawn with sd s, a step of gradient descent with a learning rate h moves logits by
        h d from the head and by as much from the embedding, so that rate = 2 h d, and sd = s sqrt(d).

        Args:
            rate: see above. steps: increasing numbers of steps. sd: standard deviation of the logits at the start;
            draws: how often they are drawn, for the mean over their draws.
        """
        rows = np.append(np.arange(0, 2 * self.count, 2), 2 * self.count)  # questions with b = +1, and one answer
        after, weights = self.transitions()[rows], np.append(self.frequencies() / 2, 0.5)
        moves = rate * self.shares()[rows][:, None]
        logits = np.random.default_rng(0).normal(0.0, sd, (draws, *after.shape))
        known = np.sum(after * np.log(np.where(after > 0, after, 1.0)), axis=1)
        found = []
        for number in np.diff(steps, prepend=0):
            for _ in range(number):
                logits += moves * (after - _softmax(logits))
            learned = _softmax(logits)
            cost = known - np.sum(after * np.log(learned), axis=2).mean(axis=0)
            kind = -np.log(learned[:, :-1, 2 * self.count :].sum(axis=2)).mean(axis=0)
            found.append((weights[:-1] @ (cost[:-1] - kind), weights[:-1] @ kind, weights[-1] * cost[-1]))
        return np.array(found).T


def open_skills(name: str) -> Corpus:
    """Open "skills" or "skills:KEY=VALUE,...": keys are those of `Skills`.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    skills = parse_skills(name)
    return corpus_of_pairs(
        name,
        VERSION,
        skills,
        f"{skills.count} skills of Zipf's frequencies, each of one dimension",
        lambda split, tokens: _text(skills, split, tokens),
        2 * skills.count + skills.answers,
        {
            "floor_nats": skills.entropy_nats(),
            "size_exponent": skills.size_exponent,
            "steps_exponent": skills.steps_exponent,
        },
    )


def parse_skills(name: str) -> Skills:
    """Read the skills from the name of a corpus.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    return Skills(**numbers_in(name, RANGES))


def skills_floor(name: str, tokens: np.ndarray, starts: np.ndarray, n_ctx: int) -> np.ndarray:
    """Return the lowest possible loss of each evaluation window, nats per token: (windows,)."""
    before, after = in_windows(tokens, starts, n_ctx)
    cost = -np.log(np.maximum(parse_skills(name).transitions(), 1 / DENOMINATOR))
    return cost[before, after].mean(axis=1)


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def _signs(count: int, answers: int) -> np.ndarray:
    """Give +1 or -1 for each skill 1 .. count and answer: (count, answers)."""
    return 1 - 2 * _odd(np.arange(1, count + 1)[:, None] & np.arange(answers))


def _odd(values: np.ndarray) -> np.ndarray:
    """Give 1 where the number of ones among the 16 lowest bits is odd, and 0 elsewhere."""
    for shift in (8, 4, 2, 1):
        values = values ^ values >> shift
    return values & 1


def _text(skills: Skills, split: str, tokens: int) -> np.ndarray:
    """Make the text of a split; a longer text begins with the shorter one.

    Of the 64 bits drawn for a pair the upper 32 say the skill, the next 16 whether the answer agrees, one the sign of
    the question, and the lowest the answer, of which one bit is turned where its sign has to be the other.
    """
    drawn = drawn_pairs(skills.seed, split, tokens)
    skill = ranks(drawn, skills.frequencies()) + 1
    low = (drawn & np.uint64(DENOMINATOR - 1)).astype(np.int64)
    agrees = low >> 16 < round(skills.agreement() * SIGNS)
    minus, answer = low >> 15 & 1, low & (skills.answers - 1)
    wrong = _odd(skill & answer) != (minus ^ ~agrees)
    answer = np.where(wrong, answer ^ (skill & -skill), answer)
    return np.stack([2 * (skill - 1) + minus, 2 * skills.count + answer], axis=1).ravel()[:tokens].astype(np.uint16)
