"""The synthetic language: its entropy is what it is said to be, by every way of computing it."""

import hashlib
import itertools

import numpy as np
import pytest

from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.floor import document_nats, floor_of_documents, known_truth, stationary
from scalinglaws.corpora.language import END, ONE, Knobs, build_language, zipf_weights
from scalinglaws.corpora.order import window_starts
from scalinglaws.corpora.synthetic import document_keys, floor_in_windows, make_documents, parse_synthetic
from scalinglaws.corpora.window_floor import window_nats
from scalinglaws.errors import CorpusError

TINY = Knobs(vocabulary=8, words=8, topics=2, classes=2, document=3, boost=16)
SMALL = Knobs(vocabulary=16, words=100, topics=3, classes=2, document=20)


@pytest.fixture(scope="module")
def tiny():
    return build_language(TINY)


@pytest.fixture(scope="module")
def small():
    return build_language(SMALL)


def dense_chain(language):
    """Each token's joint matrix over (topic, state), written from the definition: (tokens, hidden, hidden)."""
    P, (T, S, V) = language.probabilities(), language.cumulative.shape
    matrices = np.zeros((V, T * S, T * S))
    for z, s, x in itertools.product(range(T), range(S), range(V)):
        for after in range(T) if x == END else (z,):
            matrices[x, z * S + s, after * S + language.following[s, x]] += P[z, s, x] / (T if x == END else 1)
    return matrices


def test_every_row_is_a_distribution(small):
    assert (small.cumulative[:, :, -1] == ONE).all()
    assert (np.diff(small.cumulative.astype(np.int64), axis=2) >= 0).all()
    assert np.abs(small.probabilities().sum(2) - 1).max() == 0


def test_words_follow_zipf():
    assert zipf_weights(4, 4, 1200) == [1200, 600, 400, 300]
    assert zipf_weights(4, 8, 3600) == [3600, 900, 400, 225]
    assert zipf_weights(3, 0, 7) == [7, 7, 7]


def test_text_and_tables_are_the_same_on_every_machine():
    language = build_language(Knobs())
    tables = hashlib.sha256(language.cumulative.astype("<u4").tobytes() + language.following.astype("<i4").tobytes())
    tokens = np.concatenate(list(make_documents(language, "train", 10_000)))
    text = hashlib.sha256(tokens.astype("<u2").tobytes())
    assert (tables.hexdigest()[:16], text.hexdigest()[:16]) == ("1f5dabcb5258ef78", "63ed6fb17f93da30")


def test_one_topic_leaves_the_entropy_rate_of_a_markov_chain():
    """Two ways: the mean surprise of a sample, and the stationary average over the tables."""
    language = build_language(Knobs(vocabulary=16, words=100, topics=1, classes=2, document=20))
    found = floor_of_documents(language, list(make_documents(language, "test", 300_000)))
    exact = known_truth(language)["entropy_topic_known_nats"]
    assert found["floor_nats_sem"] < 0.003
    assert abs(found["floor_nats"] - exact) < 4 * found["floor_nats_sem"]


def log_loss(language, document, topic):
    """-ln P(document | topic), token by token."""
    states = [0]
    for token in document:
        states.append(language.following[states[-1], token])
    rows = language.cumulative[topic].astype(np.int64)
    rows = np.diff(rows, axis=1, prepend=0) / ONE
    return -np.log(rows[states[:-1], document]).sum()


def test_a_hidden_topic_costs_something_and_no_more_than_its_own_entropy(small):
    documents = list(make_documents(small, "test", 300_000))
    found, truth = floor_of_documents(small, documents), known_truth(small)
    cost = found["floor_nats"] - truth["entropy_topic_known_nats"]
    assert cost > 3 * found["floor_nats_sem"]
    _, topics = document_keys(SMALL, "test", np.arange(200, dtype=np.uint64))
    nats, _ = document_nats(small, documents[:200])
    told = [log_loss(small, document, topic) for document, topic in zip(documents[:200], topics, strict=True)]
    assert (nats <= np.array(told) + np.log(SMALL.topics) + 1e-9).all()  # rounding: long documents reach it


def test_the_floor_is_minus_the_log_probability_of_the_text_summed_over_topics(tiny):
    documents = list(make_documents(tiny, "test", 400))
    nats, lengths = document_nats(tiny, documents)
    P = tiny.probabilities()
    for document, found, length in zip(documents, nats, lengths, strict=True):
        likely = np.full(TINY.topics, 1 / TINY.topics)
        state = 0
        for token in document:
            likely = likely * P[:, state, token]
            state = tiny.following[state, token]
        assert (found, length) == (pytest.approx(-np.log(likely.sum()), abs=1e-12), len(document))


def test_probabilities_of_all_texts_of_one_length_sum_to_one(tiny):
    texts = [
        np.array(t)
        for n in (1, 2, 3, 4)
        for t in itertools.product(range(8), repeat=n)
        if END not in t[:-1] and (n == 4 or t[-1] == END)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        nats, _ = document_nats(tiny, texts)
    assert np.exp(-nats[~np.isnan(nats)]).sum() == pytest.approx(1, abs=1e-12)


def test_stationary_shares_are_the_eigenvector_of_the_whole_chain(tiny):
    shares = stationary(tiny).ravel()
    assert shares.sum() == pytest.approx(1, abs=1e-12)
    assert np.abs(shares @ dense_chain(tiny).sum(0) - shares).max() < 1e-12


def test_stationary_shares_are_those_of_a_long_text(tiny):
    documents = list(make_documents(tiny, "train", 200_000))
    _, topic = document_keys(TINY, "train", np.arange(len(documents), dtype=np.uint64))
    shares = np.bincount(topic, [len(d) for d in documents]) / 200_000
    assert shares == pytest.approx(stationary(tiny).sum(1), abs=0.01)


def test_the_floor_of_a_window_is_the_forward_algorithm_over_everything_hidden(tiny):
    """P(window) = pi M(x0) M(x1) ... 1, by matrices of every topic and state: nothing shared with the filter."""
    tokens = np.concatenate(list(make_documents(tiny, "test", 3000)))
    matrices, shares = dense_chain(tiny), stationary(tiny).ravel()
    starts = np.arange(0, 2900, 29)
    for start, found in zip(starts, window_nats(tiny, tokens, starts, 6), strict=True):
        belief = shares @ matrices[tokens[start]]
        first = belief.sum()
        for token in tokens[start + 1 : start + 7]:
            belief = belief @ matrices[token]
        assert found == pytest.approx(-np.log(belief.sum() / first) / 6, rel=1e-9)


def test_longer_windows_have_lower_floors_above_the_floor_of_unlimited_context(small):
    documents = list(make_documents(small, "test", 60_000))
    tokens, floor = np.concatenate(documents), floor_of_documents(small, documents)["floor_nats"]
    means = [window_nats(small, tokens, window_starts(len(tokens), n, 20_000), n).mean() for n in (4, 16, 64)]
    assert means[0] > means[1] > means[2] > floor


def test_the_floor_of_windows_is_found_by_the_name_of_the_corpus(small):
    tokens = np.concatenate(list(make_documents(small, "test", 2000)))
    name = "synthetic:vocabulary=16,words=100,topics=3,classes=2,document=20,tokens=5000"
    starts = window_starts(2000, 16, 800)
    assert (floor_in_windows(name, tokens, starts, 16) == window_nats(small, tokens, starts, 16)).all()


def counting_learner(train, test, order):
    """Mean surprise of counts over contexts of up to `order` tokens, each backing off to the shorter one."""

    def contexts(tokens, length):
        code = np.zeros(len(tokens), np.int64)
        for back in range(1, length + 1):
            code = code * 17 + np.concatenate([np.zeros(back, np.int64), tokens[:-back].astype(np.int64) + 1])
        return code

    def count(codes, asked):
        known, counts = np.unique(codes, return_counts=True)
        place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
        return np.where(known[place] == asked, counts[place], 0)

    likely = np.full(len(test), 1 / 16)
    for length in range(order + 1):
        seen, asked = contexts(train, length), contexts(test, length)
        hits, total = count(seen * 17 + train, asked * 17 + test), count(seen, asked)
        likely = (hits + 2 * likely) / (total + 2)
    return -np.log(likely).mean()


def test_a_learner_comes_down_to_the_floor_with_more_data_and_longer_contexts_and_never_beats_it(small):
    train = np.concatenate(list(make_documents(small, "train", 300_000)))
    documents = list(make_documents(small, "test", 50_000))
    test, floor = np.concatenate(documents), floor_of_documents(small, documents)["floor_nats"]
    by_data = [counting_learner(train[:D], test, 4) - floor for D in (1000, 10_000, 100_000, 300_000)]
    by_context = [counting_learner(train, test, order) - floor for order in range(4)]
    assert (np.diff(by_data) < 0).all() and (np.diff(by_context) < 0).all()
    assert by_data[0] > 5 * by_data[-1] > 0


def test_more_text_begins_with_the_same_text_and_splits_differ(small):
    short, long = (np.concatenate(list(make_documents(small, "train", n))) for n in (3000, 30_000))
    assert (len(short), len(long)) == (3000, 30_000)
    assert (short == long[:3000]).all()
    assert (np.concatenate(list(make_documents(small, "test", 3000))) != short).any()


def test_another_seed_is_another_language():
    one, two = (build_language(Knobs(words=50, vocabulary=16, seed=seed)) for seed in (1, 2))
    assert one.lexicon != two.lexicon


def test_few_letters_spell_many_words_by_making_them_longer():
    lexicon = build_language(Knobs(vocabulary=8, words=3000, topics=1, classes=1)).lexicon
    assert len(set(lexicon)) == 3000
    assert len(lexicon[0]) == 1 < len(lexicon[-1])


def test_documents_end_once_and_the_frequent_words_are_the_first(small):
    documents = list(make_documents(small, "train", 50_000))[:-1]
    assert all(document[-1] == END and (document[:-1] != END).all() for document in documents)
    words = " ".join(" ".join(map(str, document)) for document in documents).replace(" 0", " 1").split(" 1")
    heads = [" ".join(map(str, word)) for word in (small.lexicon[0], small.lexicon[50])]
    counts = [sum(word.strip() == head for word in words) for head in heads]
    assert counts[0] > 10 * counts[1]


@pytest.mark.parametrize(
    "name, expected",
    [
        ("synthetic:topcs=3", "Did you mean 'topics'"),
        ("synthetic:topics=0", "from 1 to 64"),
        ("synthetic:tokens=1e6", "whole number"),
        ("synthetic:words", "words = ''"),
        ("synthetic:words=65536,vocabulary=1024", "probabilities"),
    ],
)
def test_a_wrong_knob_is_an_error_that_helps(name, expected):
    with pytest.raises(CorpusError, match=expected):
        open_corpus(name)


def test_knobs_are_read_from_the_name():
    sizes = {"tokens": 4_000_000, "val_tokens": 262_144, "test_tokens": 524_288}
    assert parse_synthetic("synthetic") == (Knobs(), sizes)
    knobs, sizes = parse_synthetic("synthetic:topics=8,tokens=2000000,seed=3")
    assert (knobs, sizes["tokens"]) == (Knobs(topics=8, seed=3), 2_000_000)
