"""A corpus whose test text is another one, used whole."""

from dataclasses import replace
from functools import partial

import numpy as np

from ..errors import CorpusError
from .corpus import Corpus, Documents, stamp_of


def tested_on(source: Corpus, test: Corpus) -> Corpus:
    """Let all documents of `test` be the test text of `source`; those that `source` holds too are not trained on.

    Raises:
        CorpusError: one of the two is text, and the other token ids. When it is read: their vocabularies differ, or all
            training text is in the test text.
    """
    if source.symbols != test.symbols:
        kinds = [f"{one.name!r} is {'token ids' if one.symbols else 'text'}" for one in (source, test)]
        raise CorpusError(f"corpus {kinds[0]}, and its test_corpus {kinds[1]}. Both must be of one kind.")
    return replace(
        source,
        origin=f"{source.origin} Losses are measured on all of {test.name}: {test.origin}",
        stamp=stamp_of("tested on", source.stamp, test.stamp),
        read=partial(_read, source, test),
        whole=None,
    )


def _read(source: Corpus, test: Corpus) -> Documents:
    found = source.read()
    if source.symbols:
        other = test.read()
        if other.vocabulary != found.vocabulary:
            raise CorpusError(
                f"corpus {source.name!r} has a vocabulary of {found.vocabulary:,}, and its test_corpus {test.name!r} "
                f"of {other.vocabulary:,}: their ids do not mean the same. Both must have one vocabulary."
            )
        held: list = [np.asarray(one) for split in (other.train, other.val, other.test) for one in split]
        stated = {key: value for key, value in found.stated.items() if key != "test_bytes"}
        return replace(found, test=held, stated=stated, truth={}, apart=True)
    held = test.read_whole()
    seen = set(held)
    train, val = ([text for text in split if text not in seen] for split in (found.train, found.val))
    if not train:
        raise CorpusError(
            f"corpus {source.name!r}: all of its training documents are in its test_corpus {test.name!r}. Name other "
            "text to test on."
        )
    return replace(found, train=train, val=val, test=held, truth={}, apart=True)
