"""Multiple-choice items of one's own: how they are read, cut into tokens, scored and told apart from memory."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.corpora.facts import parse_facts
from scalinglaws.corpora.in_text import in_text
from scalinglaws.corpora.item_tokens import ItemFacts, tokenise_items, told_of_items
from scalinglaws.corpora.items import Item, read_items
from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.costs import evaluated_tokens
from scalinglaws.designing.design import lay_out
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import CorpusError, FailureError, StudyError
from scalinglaws.instruments.items import costs_of, scores_of
from scalinglaws.models import FAMILIES
from scalinglaws.run.item_scores import ItemScores
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.run.trainer import Trainer
from scalinglaws.store.points_of_runs import ITEM_COLUMNS, points_of
from scalinglaws.tokenizers import SEPARATOR, read_bpe
from scalinglaws.training.own_trainer.result import read_result
from scalinglaws.training.own_trainer.run_made import run_of
from scalinglaws.training.train import train

CAPITAL = Item("line 1", "The capital of France is", ("Lyon", "Paris", "Nice"), 1)
WRITTEN = {
    "query and gold": {"query": CAPITAL.asked, "choices": CAPITAL.choices, "gold": 1},
    "question and answer": {"question": CAPITAL.asked, "choices": CAPITAL.choices, "answer": 1, "id": "x"},
    "HellaSwag": {"ctx": CAPITAL.asked, "endings": CAPITAL.choices, "label": "1", "ind": 24},
    "ARC": {
        "question": CAPITAL.asked,
        "choices": {"text": CAPITAL.choices, "label": ["A", "B", "C"]},
        "answerKey": "B",
    },
    "ARC by numbers": {
        "question": CAPITAL.asked,
        "choices": {"text": CAPITAL.choices, "label": ["1", "2", "3"]},
        "answerKey": "2",
    },
}


def written(path, *records):
    path.write_text("".join(json.dumps(one) + "\n" for one in records))
    return path


@pytest.mark.parametrize("form", WRITTEN)
def test_the_usual_formats_are_read(form, tmp_path):
    assert read_items(written(tmp_path / "items.jsonl", WRITTEN[form])) == (CAPITAL,)
    (tmp_path / "list.json").write_text(json.dumps([WRITTEN[form]]))
    assert read_items(tmp_path / "list.json") == (replace(CAPITAL, place="record 1"),)


GOOD = WRITTEN["question and answer"]
MALFORMED = {
    "line 2 has the answer 3; it must be the place of the right choice, from 0 to 2": GOOD | {"answer": 3},
    "line 2 has the answer true": GOOD | {"answer": True},
    "from 0 to 2, or one of A, B, C": WRITTEN["ARC"] | {"answerKey": "E"},
    "line 2 has none of answer, gold, label, answerKey: it has question, choices": {
        "question": "a",
        "choices": ["b", "c"],
    },
    "line 2 has query and question; it needs one": GOOD | {"query": "twice"},
    "line 2 has a choice that is empty, or twice the same": GOOD | {"choices": ["Lyon", "Lyon"]},
    r"line 2 has the choices \[\"Lyon\"\]; it needs a list of two or more": GOOD | {"choices": ["Lyon"]},
    "line 2 has 5 where text is needed": GOOD | {"question": 5},
    "line 2 is no JSON record": ["a"],
    "line 2 contains the character 0": GOOD | {"question": "a\0b"},
}


@pytest.mark.parametrize("said", MALFORMED)
def test_what_is_no_item_is_refused_with_its_line_and_an_example(said, tmp_path):
    with pytest.raises(CorpusError, match=said):
        read_items(written(tmp_path / "items.jsonl", GOOD, MALFORMED[said]))


def test_a_line_that_is_no_json_a_missing_file_and_an_empty_one_are_refused(tmp_path):
    (tmp_path / "items.jsonl").write_text(json.dumps(GOOD) + "\n\n{'question': 1}\n")
    with pytest.raises(CorpusError, match=r"line 3 is not JSON. Write one item a line: \{\"query\""):
        read_items(tmp_path / "items.jsonl")
    with pytest.raises(CorpusError, match=r"no such file or directory\. Name a file of JSON lines"):
        read_items(tmp_path / "absent.jsonl")
    with pytest.raises(CorpusError, match="has 0 items"):
        read_items(written(tmp_path / "empty.jsonl"))
    with pytest.raises(CorpusError, match="a list of token ids, because the study's text is token ids"):
        read_items(written(tmp_path / "text.jsonl", GOOD), symbols=True)


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    words = ["The", "capital", "of", "France", "is", "Paris", "Lyon", "Nice", "loss", "law"]
    for i in range(60):
        (folder / f"{i}.txt").write_text(" ".join(rng.choice(words, 300)))
    return folder


def test_context_and_choice_are_tokenised_as_one_text_with_one_space_and_scored_from_where_they_differ(text, tmp_path):
    data = tokenise(f"text:{text}", "bpe:290", tmp_path)
    tokenizer = read_bpe((data.folder / "tokenizer.json").read_text())
    spaced = GOOD | {"question": CAPITAL.asked + " "}
    leading = GOOD | {"choices": [f" {one}" for one in CAPITAL.choices]}
    newline = GOOD | {"question": CAPITAL.asked + ":\n"}
    path = written(tmp_path / "items.jsonl", GOOD, spaced, leading, newline)
    items = tokenise_items(str(path), data, tmp_path, n_ctx=32)
    sequences, facts = items.sequences, items.facts
    assert all(one[0] == SEPARATOR for one in sequences)
    texts = [tokenizer.decode(one[1:]) for one in sequences]
    assert texts[:9] == [f"{CAPITAL.asked} {one}" for one in CAPITAL.choices] * 3
    assert texts[9:] == [f"{CAPITAL.asked}:\n{one}" for one in CAPITAL.choices]
    scored = [tokenizer.decode(one[first:]) for one, first in zip(sequences, facts.firsts, strict=True)]
    assert scored[:9] == [" Lyon", " Paris", " Nice"] * 3  # also where the space stood in the context
    assert facts.sizes == (5, 6, 5, 4, 5, 4, 5, 6, 5, 4, 5, 4)
    assert tokenise_items(str(path), data, tmp_path, n_ctx=32).data_id == items.data_id
    assert tokenise_items(str(path), data, tmp_path, per="choice", n_ctx=32).data_id != items.data_id
    with pytest.raises(CorpusError, match=r"line 1 has a choice of .* tokens, and n_ctx = 1"):
        tokenise_items(str(path), data, tmp_path, n_ctx=1)


def test_costs_are_those_of_the_model_read_alone_by_either_engine_and_long_texts_lose_their_beginning(text, tmp_path):
    data = tokenise(f"text:{text}", "bytes", tmp_path)
    path = written(tmp_path / "items.jsonl", *[GOOD] * 9, GOOD | {"question": "of France " * 9})
    items = tokenise_items(str(path), data, tmp_path / "cache", n_ctx=40)
    spec = RunSpec(Shape(1, 16, 1, 40, 256), "text", "bytes", data.data_id, 4_000, 4, 0.02, 3, evaluations=3)
    spec = replace(spec, eval_tokens=512, items=items.data_id, noise_every=0)
    assert spec.id != replace(spec, items="").id and spec.data_ids == (data.data_id, items.data_id)
    runs = {engine: train(spec, data, tmp_path / engine, items=items, engine=engine) for engine in ("auto", "plain")}
    one, two = (run.final.items for run in runs.values())
    assert (one.count, one.chance) == (10, pytest.approx(1 / 3))
    assert one.bits_per_byte == pytest.approx(two.bits_per_byte, rel=1e-4) and one.accuracy == two.accuracy
    assert [e.items.count for e in runs["plain"].curve[:-1]] == [2, 2]  # along the run one in eight
    model = FAMILIES["transformer"](spec.shape, 0)
    by_hand = []
    for sequence, first in zip(items.sequences, items.facts.firsts, strict=True):
        tokens = torch.from_numpy(sequence[-41:].astype(np.int64))[None]
        losses = model.losses(tokens[:, :-1], tokens[:, 1:])[0]
        by_hand.append(float(losses[len(losses) - (len(sequence) - first) :].sum()))
    found = costs_of(model, items.sequences, np.array(items.facts.firsts), 40, "cpu")
    assert found == pytest.approx(by_hand, rel=1e-5)
    assert "3 of 30 texts with their choice are longer than n_ctx" in told_of_items(items, data, 40)


def test_scores_are_by_byte_token_or_choice_ties_are_guesses_and_the_probability_is_that_of_the_text():
    nats, lengths = np.array([2.0, 3.0, 1.0, 1.0]), np.array([1, 2, 1, 1])
    facts = ItemFacts("byte", (2, 2), (1, 0), (1,) * 4, (2, 6, 4, 4))
    assert scores_of(nats, lengths, facts).accuracy == pytest.approx((1 + 0.5) / 2)
    assert scores_of(nats, lengths, replace(facts, per="token")).accuracy == pytest.approx((1 + 0.5) / 2)
    found = scores_of(nats, lengths, replace(facts, per="choice"))
    assert found.accuracy == pytest.approx((0 + 0.5) / 2)
    assert found.choice_probability == pytest.approx((1 / (1 + math.e) + 0.5) / 2)
    assert found.bits_per_byte == pytest.approx((3 / 6 + 1 / 4) / 2 / math.log(2))
    assert found.accuracy_sem == pytest.approx(math.sqrt(0.25 * 0.75 / 2)) and found.chance == 0.5
    assert scores_of(nats, lengths, replace(facts, per="token", sizes=(0,) * 4)).bits_per_byte is None


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_sequences_in_a_text_are_found_as_by_reading_it(seed):
    rng = np.random.default_rng(seed)
    text = rng.integers(0, 3, 400).astype(np.uint8)
    sequences = [rng.integers(0, 3, rng.integers(1, 9)) for _ in range(20)]
    sequences += [text[i : i + 60] for i in rng.integers(0, 390, 3)]
    read = text.tobytes()
    assert in_text(text, sequences) == sum(one.astype(np.uint8)[-48:].tobytes() in read for one in sequences)


FACTS = "facts:questions=64,answers=16,tail=50,tokens=400000,val_tokens=1024,test_tokens=8192"


def of_facts(path, name=FACTS, every=1):
    """Items of a corpus of facts: each question once, with its answer and three others."""
    facts, rng = parse_facts(name), np.random.default_rng(0)
    records = []
    for question, right in enumerate(facts.answer_of()[::every]):
        others = [one for one in range(facts.questions, facts.questions + facts.answers) if one != right]
        choices = [[int(one)] for one in (*rng.choice(others, 3, replace=False), right)]
        order = rng.permutation(4)
        records.append(
            {"query": [question * every], "choices": [choices[i] for i in order], "answer": int(np.argmax(order == 3))}
        )
    return written(path, *records)


def test_a_model_that_learns_facts_answers_items_about_them(tmp_path):
    study = Study(
        "s",
        ((1, 16),),
        (6e4,),
        corpus=FACTS,
        tokenizer="symbols",
        n_ctx=16,
        batch=32,
        warmup_steps=20,
        lr_scale=0.16,
        items=str(of_facts(tmp_path / "items.jsonl")),
        evaluations=4,
        eval_tokens=4096,
    )
    data = tokenise(FACTS, "symbols", tmp_path / "cache")
    items = tokenise_items(study.items, data, tmp_path / "cache", n_ctx=16)
    [spec] = lay_out(study, data, tmp_path / "cache").runs
    assert spec.items == items.data_id
    run = train(spec, data, tmp_path / "run", items=items)
    first, last = run.curve[0].items, run.final.items
    assert first.accuracy < 0.5 < 0.8 < last.accuracy and last.choice_probability > 0.7 > first.choice_probability
    sweep = lay_out(study, data, tmp_path / "cache")
    without = evaluated_tokens(replace(spec, items=""), sweep.test_tokens)
    assert evaluated_tokens(spec, sweep.test_tokens) - without == pytest.approx(64 * 4 * 16 * (1 + 3 / 8))
    points = points_of([run])
    row = {name: points[name][0] for name in ITEM_COLUMNS if name != "loss_task_bits_per_byte"}
    assert row == {
        "accuracy": last.accuracy,
        "accuracy_sem": last.accuracy_sem,
        "accuracy_chance": 0.25,
        "choice_probability": last.choice_probability,
        "items": 64,
    }
    assert told_of_items(items, data, 16).startswith("items: 64 of 4 choices, chance 0.25, compared per token")
    assert "stand in the training text with the right answer" in told_of_items(items, data, 16)


def test_items_of_ids_that_the_text_does_not_have_and_items_per_byte_of_ids_are_refused(tmp_path):
    data = tokenise(FACTS, "symbols", tmp_path / "cache")
    path = written(tmp_path / "items.jsonl", {"query": [1], "choices": [[70], [81]], "answer": 0})
    with pytest.raises(CorpusError, match="line 1 has the id 81; the text has 81"):
        tokenise_items(str(path), data, tmp_path, n_ctx=8)
    with pytest.raises(CorpusError, match="take 'token' or 'choice'"):
        tokenise_items(str(path), data, tmp_path, per="byte", n_ctx=8)
    with pytest.raises(StudyError, match="items_per = 'bytes'; it must be one of byte, token, choice"):
        Study("s", ((1, 8),), (1e4,), items_per="bytes")


def test_a_trainer_of_one_s_own_may_report_its_accuracy(tmp_path):
    trainer = Trainer("python t.py {run_file}")
    spec = RunSpec(Shape(1, 8, 1, 32, 256), "own", "own", "own", 10**4, 4, 0.01, 1, trainer=trainer)
    said = {"loss": 3.0, "steps": spec.steps, "accuracy": 0.4, "items": 600, "accuracy_chance": 0.25}
    (tmp_path / "result.json").write_text(json.dumps(said))
    run = run_of(spec, 1, read_result(trainer, spec, tmp_path), 1.0)
    assert run.final.items == ItemScores(600, 0.4, 0.25)
    points = points_of([run])
    assert (points["accuracy"][0], points["accuracy_sem"][0]) == (0.4, pytest.approx(0.02))
    for wrong, why in {
        "accuracy = 40; it must be from 0 to 1": {"accuracy": 40},
        "no accuracy": {"accuracy": None},
    }.items():
        kept = {key: value for key, value in (said | why).items() if value is not None}
        (tmp_path / "result.json").write_text(json.dumps(kept))
        with pytest.raises(FailureError, match=wrong):
            read_result(trainer, spec, tmp_path)
