"""What would fail in training, or could not be answered after it, is reported before any compute is spent."""

from dataclasses import replace

import pytest

from scalinglaws.designing.checks import MOST_STEPS, require_test_text, unanswered
from scalinglaws.designing.costs import Pace, costs, evaluated_tokens, step_of
from scalinglaws.designing.design import design, lay_out
from scalinglaws.designing.study_file import MOST_EVALUATIONS, Study
from scalinglaws.errors import CorpusError, StudyError
from scalinglaws.tokenizers import check_tokenizer_name

STUDY = Study("s", ((1, 8), (1, 16)), (20_000, 40_000), n_ctx=64, warmup_steps=4)  # 40 and 79 steps, decay after 32


def sweep(train_tokens=10**6, **changes):
    return design(replace(STUDY, **changes), 256, "d", train_tokens)


@pytest.mark.parametrize(
    "changes, expected",
    [
        (
            {"warmup_steps": 100},
            r"warmup_steps = 100: the run of 20,000 tokens at d_model 8 takes 40 steps, 32 of them before its decay, "
            r"so it would never train at its peak learning rate\. Set warmup_steps = 3, or warmup_share = 0\.1",
        ),
        ({"warmup_steps": 33}, "32 of them before its decay"),
        ({"warmup_steps": 40, "schedule": "cosine"}, r"takes 40 steps, so it would never train.*Set warmup_steps = 4"),
        ({"decay": 0.01}, r"decay = 0\.01: .* takes 40 steps, and this fraction.*Set decay = 0\.025 or more"),
        ({"decay": 1.0, "warmup_steps": 0}, r"decay = 1 leaves no step before the decay, which the horizons"),
        ({"early_stop": 11, "schedule": "cosine"}, r"evaluated 11 times, so it could never stop early"),
        ({"early_stop": 2}, "if a trunk stopped early, its branches would have no state"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused_with_what_to_type(changes, expected):
    with pytest.raises(StudyError, match=expected):
        sweep(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"warmup_steps": 3},
        {"warmup_steps": 100, "warmup_share": 0.1},
        {"decay": 0.025},
        {"early_stop": 10, "schedule": "cosine"},
        {"warmup_steps": 4, "schedule": "cosine"},
    ],
)
def test_what_is_proposed_is_accepted(changes):
    assert sweep(**changes).runs


def test_steps_that_multiply_beyond_any_machine_are_refused_and_those_just_below_laid_out():
    horizons = {"max_epochs": 1e9, "schedule": "cosine", "train_tokens": 10**9}
    most = MOST_STEPS * 512 / 2  # of two sizes, at eight windows of 64 tokens a step
    with pytest.raises(StudyError, match=r"the 2 runs take 1\.01e\+10 steps together, the longest 5\.05e\+09 .*1e\+10"):
        sweep(tokens=(1.01 * most,), **horizons)
    assert len(sweep(tokens=(0.99 * most,), **horizons).runs) == 2


def test_evaluations_that_multiply_with_runs_are_refused_with_what_to_set():
    wide = {"tokens": tuple(1e5 + i for i in range(249)), "evaluations": 10_000}
    assert replace(STUDY, **wide).most_runs * 10_000 == MOST_EVALUATIONS
    with pytest.raises(StudyError, match=r"up to 502 runs are 5,020,000.*Set evaluations = 9,960 or fewer"):
        replace(STUDY, **wide | {"tokens": (*wide["tokens"], 2e5)})


def test_seeds_of_a_size_that_is_held_out_are_refused():
    with pytest.raises(
        StudyError, match=r"seed_shape = \[1, 16\] is held out.*such as \[1, 8\], or set hold_out_seeds = 3"
    ):
        sweep(hold_out=1, seeds=3, seed_shape=(1, 16))


def test_a_text_that_fills_no_window_is_refused():
    with pytest.raises(
        CorpusError, match="the test text of text:a has 14 tokens, and one window of n_ctx = 64 needs 65"
    ):
        require_test_text(STUDY, {"text:b": 65, "text:a": 14})
    with pytest.raises(CorpusError, match="a run has 64 training tokens of stdlib"):
        sweep(unique_tokens=64, max_epochs=1e6)


def test_a_test_text_too_short_is_found_where_the_study_is_laid_out(tmp_path):
    from scalinglaws.corpora.tokenise import tokenise

    for split, text in {"train": "word " * 20_000, "val": "word", "test": "some 14 bytes"}.items():
        (tmp_path / f"{split}.txt").write_text(text)
    data = tokenise(f"text:{tmp_path}", "bytes", tmp_path / "cache")
    with pytest.raises(CorpusError, match="has 14 tokens"):
        lay_out(replace(STUDY, corpus=f"text:{tmp_path}"), data, tmp_path / "cache")


def test_an_evaluation_costs_no_more_than_the_test_text_there_is():
    """A test text of 4,096 tokens where 262,144 are asked for: 64 times less."""
    long = sweep()
    short = replace(long, test_tokens={"d": 4096})
    spec = long.runs[-1]
    assert evaluated_tokens(spec) == 64 * evaluated_tokens(spec, {"d": 4096})
    paces = {step_of(run): Pace(0.0, 1e-6, measured=True) for run in long.runs}
    assert costs(long, paces)[-1].seconds == pytest.approx(64 * costs(short, paces)[-1].seconds)


def said(**changes):
    study = replace(STUDY, **changes)
    found = design(study, 256, "d", 10**7)
    return unanswered(study, found.runs, found.held_out, found.left_out)


SIZES = ((1, 8), (1, 16), (2, 16), (2, 24), (2, 32), (2, 48))


def test_too_few_sizes_or_horizons_for_a_law_are_told():
    assert said(shapes=SIZES, tokens=(2e4, 4e4)) == []
    assert said()[0].startswith("not answered: 2 sizes and 2 horizons are fitted, 4 pairs of them;")
    assert said(shapes=SIZES, tokens=(4e4,))[0].startswith("not answered: 6 sizes and 1 horizon are fitted, 6 pairs")
    assert "the held-out size cannot be predicted" in said(hold_out=1)[0]


def test_too_few_sizes_to_try_a_law_on_are_told_where_one_is_held_out():
    assert said(shapes=SIZES, tokens=(2e4, 4e4), hold_out=1) == []
    [line] = said(shapes=SIZES, tokens=(2e4, 4e4), hold_out=2)
    assert "4 sizes and 2 horizons are fitted, too few to test a law" in line
    assert said(shapes=SIZES, tokens=(2e4, 4e4), fit_from_layers=2, hold_out=1)[0].startswith("not answered: 3 sizes")


@pytest.mark.parametrize("name", ["bpe:99999999", "bpe:" + "9" * 5000, "bpe:256", "bpe:", "bpe:-1", "bpe:1e3"])
def test_a_vocabulary_out_of_range_is_refused_before_any_text_is_read(name):
    with pytest.raises(CorpusError, match=r"257 \(256 bytes and the end of a document\) to 1,000,000"):
        check_tokenizer_name(name)
