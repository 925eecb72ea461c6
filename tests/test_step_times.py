"""Kinds of step are told apart by all that their time depends on, timed in bounded time, and costed in full."""

import resource
import sys
from dataclasses import replace

import pytest

from scalinglaws.designing.costs import Pace, Step, costs, evaluated_tokens, step_of
from scalinglaws.designing.design import design
from scalinglaws.designing.study_file import Families, Study
from scalinglaws.errors import CorpusError, NameUnknownError
from scalinglaws.instruments.throughput import matmul_ceiling
from scalinglaws.records.text_blocks import Table
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.studying.estimate import Speed, estimate
from scalinglaws.tokenizers import named_vocabulary
from scalinglaws.training.compiled.building import home
from scalinglaws.training.kept_paces import paces_here
from scalinglaws.training.step_times import LONGEST_TRIAL, by_flops, calibrate

SPEC = RunSpec(Shape(1, 8, 1, 16, 256), "text", "bytes", "d", 100_000, 4, 0.01, 10)
STEP = step_of(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 8},
        {"accumulate": 2},
        {"optimizer": "adafactor"},
        {"dropout": 0.1},
        {"precision": "bfloat16"},
        {"shape": replace(SPEC.shape, n_layer=2)},
    ],
)
def test_runs_whose_steps_take_other_times_have_other_kinds_of_step(change):
    assert step_of(replace(SPEC, **change)) != STEP


def test_runs_that_differ_in_what_costs_nothing_share_a_kind_of_step():
    assert step_of(replace(SPEC, lr=0.1, seed=3, tokens=7, schedule="cosine", warmup=1, clip=0.0)) == STEP


def test_a_pace_is_measured_once_on_a_machine_and_again_where_anything_differs(monkeypatch, tmp_path):
    (tmp_path / "scalinglaws").mkdir()
    (tmp_path / "scalinglaws" / "compiled").symlink_to(home())  # which takes 10 CPU seconds to make
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said = []
    found = paces_here([STEP], say=said.append)
    assert paces_here([STEP], say=said.append) == found
    assert said == ["timing 1 kinds of step on cpu ..."]
    both = paces_here([STEP, replace(STEP, batch=2)], say=said.append)
    assert both[STEP] == found[STEP]
    paces_here([STEP], engine="plain", say=said.append)
    monkeypatch.setattr("torch.__version__", "99")
    paces_here([STEP], say=said.append)
    assert len(said) == 4
    [path] = [path for path in (tmp_path / "scalinglaws" / "paces").iterdir() if len(path.read_text()) < 200]
    path.write_text('{"a": 1, "b": {"step_seconds"')
    assert paces_here([STEP], say=said.append)[STEP].measured
    assert len(said) == 5


def test_a_batch_eight_times_as_large_takes_several_times_as_long():
    large = Step(replace(STEP.shape, n_ctx=64), 256, 1, "adamw", False, "float32")
    small, large = (calibrate([step], seconds_each=0.2)[step] for step in (replace(large, batch=32), large))
    assert small.measured
    assert large.measured
    assert 3 < large.step_seconds / small.step_seconds < 20


def test_every_optimizer_family_and_precision_is_timed():
    kinds = [replace(STEP, optimizer=name) for name in ("adam", "adafactor", "muon")]
    kinds += [replace(STEP, shape=Shape(1, 8, 1, 16, 256, family="lstm")), replace(STEP, drops=True, accumulate=2)]
    kinds += [replace(STEP, precision="bfloat16")]
    paces = calibrate(kinds, seconds_each=0.05)
    assert all(pace.measured and pace.step_seconds > 0 < pace.token_seconds for pace in paces.values())


def most_memory_bytes():
    """The most that this process ever held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def test_a_step_of_minutes_is_never_built_but_given_by_its_flops():
    gpt2_xl = Step(Shape(48, 1600, 25, 1024, 50257), 512, 128, "adafactor", False, "float32")
    before = most_memory_bytes()
    pace = calibrate([STEP, gpt2_xl], seconds_each=0.1)[gpt2_xl]
    assert most_memory_bytes() - before < gpt2_xl.shape.params("total")  # weights alone are four bytes each
    assert not pace.measured
    assert gpt2_xl.flops / matmul_ceiling() > LONGEST_TRIAL
    assert pace.step_seconds >= 0.3 * gpt2_xl.flops / matmul_ceiling()  # a machine under load is not steady


def test_time_that_runs_out_leaves_the_costly_kinds_to_their_flops():
    kinds = [replace(STEP, batch=2**k) for k in range(10)]
    paces = calibrate(kinds, seconds=0.0)
    assert not any(pace.measured for pace in paces.values())
    assert [paces[k].step_seconds for k in kinds] == sorted(paces[k].step_seconds for k in kinds)


def test_by_flops_a_step_takes_its_flops_over_the_speed_or_the_start_of_its_kernels():
    assert by_flops(STEP, 1e6).step_seconds == STEP.flops / 1e6
    assert by_flops(replace(STEP, accumulate=4), 1e18, 2e-3).step_seconds == 8e-3


def test_the_time_of_a_run_counts_its_steps_its_noise_and_its_evaluations():
    spec = replace(SPEC, evaluations=2, eval_tokens=1600, noise_every=4)
    study = Study("s", ((1, 8),), (1e5,), n_ctx=16, batch=4, schedule="cosine", noise_every=4, evaluations=2)
    study = replace(study, eval_tokens=1600, warmup_steps=10)
    sweep = design(study, 256, "d", 10**6)
    [cost] = costs(sweep, {step_of(run): Pace(1e-3, 1e-5, measured=True) for run in sweep.runs})
    assert evaluated_tokens(spec) == 1600 * (1 + 1 / 8)
    assert cost.seconds == pytest.approx(1563 * 1.25 * 1e-3 + 1800 * 1e-5)


def test_other_texts_and_early_stopping_make_evaluations_dearer():
    plain = replace(SPEC, evaluations=9, eval_tokens=8000)
    assert evaluated_tokens(replace(plain, foreign=(("a", "1"), ("b", "2")))) == 3 * evaluated_tokens(plain)
    assert evaluated_tokens(replace(plain, early_stop=3)) == 8000 * 9


SET = Families(
    "set",
    (
        Study(
            "A",
            ((1, 8), (2, 8)),
            (1e4,),
            corpus="text:not-there",
            tokenizer="bpe:50257",
            schedule="cosine",
            warmup_steps=2,
        ),
        Study(
            "B",
            ((1, 8),),
            (1e4,),
            corpus="text:not-there",
            tokenizer="bpe:50257",
            schedule="cosine",
            seeds=3,
            warmup_steps=2,
        ),
    ),
)


def test_a_set_is_costed_with_shared_runs_paid_once_where_its_text_is_not_there():
    said = []
    found = estimate(SET, speed=Speed(1e9), say=said.append)
    assert [len(one.own) for one in found.families] == [2, 2]
    assert found.families[1].shared == {found.families[0].table[0].run_id}
    total = found.total()
    assert total["runs"] == 4
    assert total["flops_paid"] == sum(one.plain()["flops_paid"] for one in found.families)
    assert total["seconds"] >= total["flops_paid"] / 1e9
    assert any("not-there" in line and "V = 50,257" in line and "not checked" in line for line in said)
    assert {run.shape.n_vocab for run in found.families[0].sweep.runs} == {50257}
    assert ("all", 4) in [row[:2] for block in found.blocks() if isinstance(block, Table) for row in block.rows]
    assert "1e+09 FLOP/s" in found.families[0].how


def test_a_text_that_is_there_is_checked():
    with pytest.raises(CorpusError, match="max_epochs"):
        estimate(Study("s", ((1, 8),), (1e12,)), speed=Speed(1e9))


def test_the_name_of_a_tokenizer_gives_its_vocabulary_or_says_why_not():
    assert (named_vocabulary("bytes"), named_vocabulary("bpe:4096")) == (256, 4096)
    with pytest.raises(CorpusError, match="synthetic"):
        named_vocabulary("symbols")
    with pytest.raises(NameUnknownError):
        named_vocabulary("bites")
