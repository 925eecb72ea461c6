"""The corpus of facts: its entropy, its lowest loss and the learning curve of the ideal learner are exact."""

import numpy as np
import pytest

from scalinglaws.corpora import open_corpus
from scalinglaws.corpora.facts import STOP, TOKENS_PER_FACT, facts_floor, parse_facts
from scalinglaws.corpora.synthetic import evaluation_floor
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import CorpusError
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import train

NAME = "facts:questions=64,answers=16,tail=50,tokens=200000,val_tokens=1024,test_tokens=60000"


def test_questions_have_zipf_s_frequencies_and_one_answer_each():
    facts, text = parse_facts(NAME), open_corpus(NAME).read().train[0].astype(int)
    p = facts.frequencies()
    assert p.sum() == pytest.approx(1) and p[0] / p[7] == pytest.approx(8**1.5, rel=1e-6)
    asked = np.flatnonzero(text < 64)[:-1]
    assert (np.bincount(text[asked], minlength=64) / len(asked))[:4] == pytest.approx(p[:4], rel=0.05)
    assert (facts.answer_of()[text[asked]] == text[asked + 1]).all()
    assert np.mean(text == 80) == pytest.approx(STOP / TOKENS_PER_FACT, rel=0.05)


def test_the_floor_of_windows_is_the_logarithm_of_their_probability_and_on_average_the_entropy():
    facts, text = parse_facts(NAME), open_corpus(NAME).read().test[0]
    p, window = facts.frequencies(), [3, int(facts.answer_of()[3]), 80, 5, int(facts.answer_of()[5]), 0]
    nats = -np.log([STOP, p[5], (1 - STOP) * p[0]]).sum()  # answers cost nothing, and after a stop comes a question
    assert facts_floor(NAME, np.array(window), np.array([0]), 5)[0] == pytest.approx(nats / 5)
    starts = np.arange(0, len(text) - 20, 19)
    found = facts_floor(NAME, text, starts, 19)
    assert found.mean() == pytest.approx(facts.entropy_nats(), abs=4 * found.std() / np.sqrt(len(found)))


def test_the_ideal_learner_s_loss_is_what_the_questions_that_it_has_not_seen_cost():
    facts = parse_facts(NAME)
    rng, p = np.random.default_rng(0), facts.frequencies()
    unseen = [p[np.setdiff1d(np.arange(64), rng.choice(64, 100, p=p))].sum() for _ in range(2000)]
    cost = np.log(16) / TOKENS_PER_FACT
    assert facts.least_excess(100 * TOKENS_PER_FACT) == pytest.approx(np.mean(unseen) * cost, rel=0.02)


@pytest.mark.parametrize("tail", [50, 100])
def test_it_falls_as_the_known_power_of_the_data_while_there_are_unseen_questions(tail):
    facts = parse_facts(f"facts:questions=32768,tail={tail}")
    tokens = np.geomspace(1e3, 1e4, 5)
    slope = np.polyfit(np.log(tokens), np.log(facts.least_excess(tokens)), 1)[0]
    assert facts.exponent == tail / (100 + tail) and -slope == pytest.approx(facts.exponent, abs=0.03)


def test_a_longer_text_begins_with_the_shorter_one_and_a_wrong_key_is_named():
    long, short = (open_corpus(f"facts:questions=64,tokens={n}").read().train[0] for n in (5000, 2000))
    assert (long[:2000] == short).all()
    with pytest.raises(CorpusError, match="Did you mean 'questions'"):
        open_corpus("facts:question=5")
    with pytest.raises(CorpusError, match="from 2 to 32768"):
        open_corpus("facts:questions=1")
    with pytest.raises(CorpusError, match="facts:tokens"):
        open_corpus("facts", limit_bytes=100)


def test_a_trained_transformer_learns_facts_and_is_never_better_than_the_ideal_learner(tmp_path):
    data, n_ctx = tokenise(NAME, "symbols", tmp_path / "cache"), 16
    assert data.truth["floor_nats"] == parse_facts(NAME).entropy_nats()
    shape = Shape(n_layer=1, d_model=16, n_heads=2, d_ff=64, n_ctx=n_ctx, n_vocab=data.vocabulary)
    spec = RunSpec(shape, NAME, "symbols", data.data_id, 60_000, 32, 0.01, 20, evaluations=6, eval_tokens=32768)
    run = train(spec, data, tmp_path / "run")
    excess = np.array([one.loss_nats for one in run.curve]) - evaluation_floor(data, n_ctx, 32768)
    least = parse_facts(NAME).least_excess([one.tokens for one in run.curve])
    assert (excess > least).all() and excess[-1] < 0.1 < 1 < excess[0]
