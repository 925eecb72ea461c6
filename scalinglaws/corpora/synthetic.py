"""The synthetic corpus: documents of a language whose entropy is known exactly, made on demand."""

import dataclasses
from collections.abc import Iterator

import numpy as np

from ..errors import CorpusError, nearest
from .corpus import SPLITS, Corpus, Documents, stamp_of
from .floor import floor_of_documents, known_truth
from .language import Knobs, Language, build_language
from .order import window_starts
from .scrambling import MASK, STEP, mix, mix_array
from .token_files import Tokenised
from .window_floor import window_nats

VERSION = 1  # raised by any change of the tables or the text
SIZES = {"tokens": 4_000_000, "val_tokens": 262_144, "test_tokens": 524_288}
RANGES = {
    "vocabulary": (8, 1024),
    "words": (8, 65536),
    "topics": (1, 64),
    "classes": (1, 64),
    "boost": (1, 64),
    "document": (2, 65536),
    "zipf": (0, 12),
    "seed": (0, MASK),
    "tokens": (1024, 1 << 34),
    "val_tokens": (1024, 1 << 30),
    "test_tokens": (1024, 1 << 30),
}
LARGEST_TABLE = 1 << 28  # entries of topics x states x vocabulary


def open_synthetic(name: str) -> Corpus:
    """Open "synthetic" or "synthetic:KEY=VALUE,...": keys are those of `Knobs` and tokens, val_tokens, test_tokens.

    Every document has a random stream of its own: text of more tokens begins with the text of fewer, and the test text
    depends on the knobs alone.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    knobs, sizes = parse_synthetic(name)
    return Corpus(
        name=name,
        origin=f"A made-up language of {knobs.words} words and {knobs.topics} topics (seed {knobs.seed}): its entropy "
        f"is known exactly.",
        licence="Made by this program; free of any rights.",
        stamp=stamp_of("synthetic", VERSION, dataclasses.astuple(knobs), sizes),
        read=lambda: _read(knobs, sizes),
        symbols=True,
    )


def parse_synthetic(name: str) -> tuple[Knobs, dict[str, int]]:
    """Read the knobs of the language and the tokens of each split out of the name of a corpus.

    Raises:
        CorpusError: an unknown key, or a value that is out of range.
    """
    asked = {}
    for part in filter(None, name.partition(":")[2].split(",")):
        key, _, value = part.partition("=")
        if key not in RANGES:
            known = ", ".join(RANGES)
            raise CorpusError(f"corpus {name!r}: unknown key {key!r}.{nearest(key, RANGES)} Known: {known}.")
        low, high = RANGES[key]
        if not value.isdecimal() or not low <= int(value) <= high:
            raise CorpusError(f"corpus {name!r}: {key} = {value!r}; it must be a whole number from {low} to {high}.")
        asked[key] = int(value)
    sizes = {key: asked.pop(key, default) for key, default in SIZES.items()}
    knobs = Knobs(**asked)
    entries = knobs.topics * knobs.classes * knobs.words * 3 * knobs.vocabulary
    if entries > LARGEST_TABLE:
        raise CorpusError(
            f"corpus {name!r} needs about {entries:,} probabilities, and {LARGEST_TABLE:,} are allowed. Take fewer "
            f"words, topics or classes, or a smaller vocabulary."
        )
    return knobs, sizes


def floor_in_windows(name: str, tokens: np.ndarray, starts: np.ndarray, n_ctx: int) -> np.ndarray:
    """Give the floor, in nats per token, of each evaluation window of a synthetic corpus, by its name.

    The loss of a model on the same windows, less this, is what the model has yet to learn. See `window_nats`.
    """
    return window_nats(build_language(parse_synthetic(name)[0]), tokens, starts, n_ctx)


def evaluation_floor(data: Tokenised, n_ctx: int, eval_tokens: int) -> float | None:
    """Give the floor of the very test windows that training evaluates on, in nats per token; None for text.

    Models of context n_ctx approach this one from above; `floor_nats` is the lower one of unlimited context.
    """
    if not data.truth:
        return None
    test = data.split("test")
    starts = window_starts(len(test), n_ctx, eval_tokens)
    return float(floor_in_windows(data.index.corpus, test, starts, n_ctx).mean())


def _read(knobs: Knobs, sizes: dict[str, int]) -> Documents:
    language = build_language(knobs)
    wanted = zip(SPLITS, sizes.values(), strict=True)
    made = {split: list(make_documents(language, split, tokens)) for split, tokens in wanted}
    truth = known_truth(language) | floor_of_documents(language, made["test"])
    return Documents(**made, vocabulary=knobs.vocabulary, truth=truth)


def make_documents(language: Language, split: str, tokens: int) -> Iterator[np.ndarray]:
    """Make the documents of a split, in order, until there are exactly so many tokens; the last may be cut short."""
    first, left = 0, tokens
    while left > 0:
        count = 64 + left // (2 * language.knobs.document)
        for document in _make_some(language, split, first, count):
            yield document[:left]
            left -= len(document)
            if left <= 0:
                return
        first += count


def _make_some(language: Language, split: str, first: int, count: int) -> list[np.ndarray]:
    """Make documents first .. first + count - 1, all at once, one token of each after another."""
    keys, topic = document_keys(language.knobs, split, np.arange(first, first + count, dtype=np.uint64))
    states, V = len(language.following), language.knobs.vocabulary
    following, rows = language.following.ravel(), topic * states
    alive, state, steps = np.arange(count), np.zeros(count, np.int64), []
    while len(alive):
        draw = mix_array(keys + np.uint64((len(steps) + 1) * STEP & MASK)) >> np.uint64(33)
        token = _draw(language.cumulative, rows + state, draw.astype(np.uint32))
        steps.append((alive, token.astype(np.uint16)))
        state, going = following[state * V + token], token != 0
        alive, keys, rows, state = alive[going], keys[going], rows[going], state[going].astype(np.int64)
    return _assemble(steps, count)


def document_keys(knobs: Knobs, split: str, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the random key and the topic of each document of a split."""
    salt = mix(mix(knobs.seed) ^ (SPLITS.index(split) + 1) << 32)
    keys = mix_array(numbers + np.uint64(salt))
    topic = (mix_array(keys) >> np.uint64(32)) * np.uint64(knobs.topics) >> np.uint64(32)
    return keys, topic.astype(np.int64)


def _draw(cumulative: np.ndarray, rows: np.ndarray, draw: np.ndarray) -> np.ndarray:
    """Count the entries of each row that are not above its draw, by bisection of all rows at once."""
    V = cumulative.shape[-1]
    flat, base = cumulative.ravel(), rows * V
    low, width = base.copy(), 1 << (V - 1).bit_length()
    while width > 1:
        width //= 2
        probe = np.minimum(low + width - 1, base + V - 1)
        low += width * (flat[probe] <= draw)
    return low - base


def _assemble(steps: list[tuple[np.ndarray, np.ndarray]], count: int) -> list[np.ndarray]:
    lengths = np.bincount(np.concatenate([alive for alive, _ in steps]), minlength=count)
    starts = np.cumsum(lengths) - lengths
    tokens = np.empty(lengths.sum(), np.uint16)
    for place, (alive, token) in enumerate(steps):
        tokens[starts[alive] + place] = token
    return np.split(tokens, starts[1:])
