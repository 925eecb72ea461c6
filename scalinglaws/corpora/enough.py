"""Whether a corpus and its vocabulary suffice for what a study asks: said before anything is trained."""

from ..errors import CorpusError
from .tokenised import Tokenised


def require_tokens(data: Tokenised, tokens: int, epochs_allowed: float = 1.0) -> float:
    """Check that a run of so many tokens fits into the training split, and give the epochs that it takes.

    Kaplan et al. 2020 and Hoffmann et al. 2022 train on tokens seen once; about four epochs cost little (Muennighoff
    et al. 2023).

    Raises:
        CorpusError: it takes more epochs than are allowed.
    """
    there = data.index.splits["train"].tokens
    epochs = tokens / there
    if epochs > epochs_allowed:
        raise CorpusError(
            f"a run of {tokens:,} tokens was asked for, and corpus {data.index.corpus!r} has {there:,} training tokens "
            f"under tokenizer {data.index.tokenizer!r}: that is {epochs:.2f} epochs, {epochs_allowed:g} are allowed. "
            f"Ask for at most {int(there * epochs_allowed):,} tokens, take a larger corpus, or allow "
            f"{_up(epochs):g} epochs."
        )
    return epochs


def require_vocabulary(data: Tokenised, n_vocab: int):
    """Check that a model's vocabulary is that of the data.

    Raises:
        CorpusError: it is larger, so that rows of the embedding would never be trained, or too small for the ids.
    """
    if n_vocab != data.vocabulary:
        larger = n_vocab > data.vocabulary
        raise CorpusError(
            f"n_vocab = {n_vocab} is {'more' if larger else 'fewer'} than the {data.vocabulary} tokens that tokenizer "
            f"{data.index.tokenizer!r} gives on corpus {data.index.corpus!r}. Set n_vocab = {data.vocabulary}, or take "
            f"tokenizer bpe:{max(n_vocab, 257)}."
        )


def _up(epochs: float) -> float:
    """Round up to a tenth, so that allowing as much suffices."""
    return -(-epochs * 10 // 1) / 10
