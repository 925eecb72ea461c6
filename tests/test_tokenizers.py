"""Tokenizers lose nothing, and say what a vocabulary can be."""

import numpy as np
import pytest

from scalinglaws.errors import CorpusError, NameUnknownError
from scalinglaws.tokenizers import SEPARATOR, check_tokenizer_name, make_tokenizer, read_bpe

TEXTS = [
    "",
    "scaling laws\n\n  for neural\tlanguage models",
    "Grüße, 世界 — 🚀\r\n",
    "<|endoftext|> spelled out",
    "\x01\x7f é",
]
PROSE = [f"The loss of model {i} falls as a power law of size, of data, and of compute.".encode() for i in range(300)]


@pytest.fixture(scope="module", params=["bytes", "bpe:257", "bpe:400"])
def tokenizer(request):
    return make_tokenizer(request.param, PROSE)


def test_text_comes_back_as_it_was(tokenizer):
    for text, ids in zip(TEXTS, tokenizer.encode([text.encode() for text in TEXTS]), strict=True):
        assert tokenizer.decode(ids) == text


def test_ids_lie_in_the_vocabulary_and_none_is_the_separator(tokenizer):
    ids = np.concatenate(list(tokenizer.encode([text.encode() for text in TEXTS])))
    assert ids.max() < tokenizer.vocabulary
    assert not (ids == SEPARATOR).any()


def test_a_byte_is_a_token():
    [ids] = make_tokenizer("bytes", []).encode(["né".encode()])
    assert ids.tolist() == [110, 195, 169]


def test_a_vocabulary_without_merges_is_the_bytes_and_the_separator():
    [ids] = make_tokenizer("bpe:257", PROSE).encode(["né".encode()])
    assert len(ids) == 3


def test_merges_shorten_the_text_they_were_trained_on_and_no_merge_crosses_words():
    tokenizer = make_tokenizer("bpe:400", PROSE)
    lengths = [len(ids) for ids in tokenizer.encode([PROSE[0], b"qzxj qzxj"])]
    assert tokenizer.vocabulary == 400
    assert lengths[0] < len(PROSE[0]) / 3
    assert lengths[1] >= 8


def test_the_same_text_gives_the_same_tokenizer_and_other_text_another():
    first, again, other = (make_tokenizer("bpe:300", texts) for texts in (PROSE, PROSE, [*PROSE[:5], b"zzyzx " * 50]))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_a_kept_tokenizer_gives_the_same_ids():
    made = make_tokenizer("bpe:400", PROSE)
    kept = read_bpe(made.json)
    assert (kept.name, kept.vocabulary, kept.fingerprint) == (made.name, made.vocabulary, made.fingerprint)
    assert [a.tolist() for a in kept.encode(PROSE[:9])] == [a.tolist() for a in made.encode(PROSE[:9])]


def test_many_documents_are_given_one_by_one_in_order():
    documents = [str(i).encode() for i in range(5000)]
    tokenizer = make_tokenizer("bpe:300", PROSE)
    assert [tokenizer.decode(ids) for ids in tokenizer.encode(documents)] == [d.decode() for d in documents]


def test_text_with_too_few_pairs_says_how_many_tokens_it_gives():
    with pytest.raises(CorpusError, match=r"it gave (\d+) tokens.*Ask for bpe:\1 or fewer"):
        make_tokenizer("bpe:5000", PROSE)


@pytest.mark.parametrize(
    "name, kind, expected",
    [
        ("bpe:256", CorpusError, "257 .* to 1,000,000"),
        ("bpe:many", CorpusError, "size of the vocabulary"),
        ("bpe", CorpusError, "as in 'bpe:2048'"),
        ("byte", NameUnknownError, "Did you mean 'bytes'"),
        ("bytes:3", NameUnknownError, "no tokenizer"),
    ],
)
def test_a_wrong_name_is_an_error_that_helps(name, kind, expected):
    with pytest.raises(kind, match=expected):
        check_tokenizer_name(name) and make_tokenizer(name, PROSE)
