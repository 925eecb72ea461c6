"""Every preset is read, laid out and costed; kaplan-full costs what the paper's own numbers say."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.costs import costs
from scalinglaws.designing.design import design, lay_out, make_shape, optimizer_of, peak_rate
from scalinglaws.designing.read_study import presets, read_study
from scalinglaws.designing.study_file import Families
from scalinglaws.instruments.early_stopping import should_stop
from scalinglaws.quantities import PF_DAY
from scalinglaws.run.schedule import learning_rate
from scalinglaws.studying.estimate import SetCost, Speed, estimate
from scalinglaws.tokenizers import named_vocabulary
from scalinglaws.training.train import train

SETS = ["smoke", "kaplan-cpu", "kaplan-gpu", "kaplan-full"]
STUDIES = {
    name if not isinstance(asked, Families) else f"{name}/{study.name}": study
    for name, asked in ((name, read_study(name)) for name in presets())
    for study in (asked.studies if isinstance(asked, Families) else (asked,))
}
GPU_FLOPS, GPU_LAUNCH = 1e14, 4e-3  # FLOP/s and seconds that the file of kaplan-gpu takes for granted
CORE = ("F-N", "F-SEED", "F-B", "F-ND")


def laid_out(study):
    vocabulary = 256 if study.tokenizer == "symbols" else named_vocabulary(study.tokenizer)
    return design(study, vocabulary, "absent", None, tuple((corpus, "absent") for corpus in study.evaluate_on))


def family(preset, name):
    return read_study(preset).only([name]).studies[0]


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_that_comes_with_the_package_is_laid_out_and_costed(name):
    sweep = laid_out(STUDIES[name])
    table = costs(sweep)
    assert len({run.id for run in sweep.runs}) == len(sweep.runs) == len(table) > 0
    assert all(cost.flops_exact >= cost.flops_6nd and cost.flops_exact >= cost.flops_paid > 0 for cost in table)
    assert all(run.warmup <= run.steps and 0 < run.lr < 0.1 for run in sweep.runs)
    assert all(run.batch % run.accumulate == 0 for run in sweep.runs)


@pytest.mark.parametrize("name", SETS)
def test_every_family_file_of_a_set_is_listed_and_the_core_families_come_first(name):
    listed = [study.name for study in read_study(name).studies]
    assert set(listed) == {path.stem for path in presets()[name].with_suffix("").glob("*.toml")}
    assert tuple(listed[: len(CORE)]) == CORE or name == "kaplan-full"
    assert set(CORE) <= set(listed)


def full(**changes):
    return replace(family("kaplan-full", "F-N"), **changes)


def test_a_full_run_reads_the_paper_s_tokens_in_its_steps_and_epochs():
    for run in laid_out(full()).runs:
        assert (run.steps, run.batch_tokens, run.warmup) == (250_000, 2**19, 3000)
        assert run.steps * run.batch_tokens == 131_072_000_000
    epochs = run.tokens / 22.0e9
    assert epochs == pytest.approx(5.958, abs=1e-3)
    assert epochs <= full().max_epochs


@pytest.mark.parametrize(("params", "pf_days"), [(1_474_560_000, 13.42), (393_216, 3.579e-3)])
def test_a_full_run_costs_what_six_n_times_its_tokens_is(params, pf_days):
    [cost] = [cost for cost in costs(laid_out(full())) if cost.params == params]
    assert cost.tokens == 131_072_000_000
    assert cost.flops_6nd / PF_DAY == pytest.approx(pf_days, rel=1e-3)
    assert cost.flops_exact > cost.flops_6nd


def test_the_sizes_of_the_paper_are_there():
    stated = [768, 393_216, 3_145_728, 25_165_824, 84_934_656, 301_989_888, 707_788_800, 1_474_560_000]
    assert {*stated, 1_323_859_968, 1_465_122_816} <= {run.shape.params() for run in laid_out(full()).runs}
    assert sorted({run.shape.params() for run in laid_out(family("kaplan-full", "F-ND")).runs}) == stated[1:7]


def test_subsets_are_the_paper_s_halvings():
    asked = family("kaplan-full", "F-ND").each_unique_tokens
    assert asked == (*(22_000_000_000 // 2**k for k in (10, 9, 8, 7, 6, 5, 4)), 0)
    updates_an_epoch = asked[0] / 2**19
    assert updates_an_epoch == pytest.approx(40.98, abs=0.01)


def test_the_rate_and_optimizer_of_each_size_are_the_paper_s():
    study = full()
    for size, rate, name in (
        ((2, 128), 1.442e-3, "adam"),
        ((12, 768), 6.921e-4, "adam"),
        ((48, 1600), 2.939e-4, "adafactor"),
    ):
        shape = make_shape(study, size, 50257)
        assert peak_rate(study, shape) == pytest.approx(rate, rel=1e-3)
        assert optimizer_of(study, shape) == name
    run = laid_out(study).runs[-1]
    assert learning_rate(run, 2999) == run.lr
    assert learning_rate(run, 126_500) == pytest.approx(run.lr / 2, rel=1e-3)
    assert learning_rate(run, 250_000) == pytest.approx(0, abs=1e-12)


def test_rates_about_kaplan_s_rule_are_runs_of_their_own():
    rates = {run.lr for run in laid_out(family("kaplan-full", "F-B")).runs if run.batch == 512}
    assert len(rates) == 6
    assert max(rates) / min(r for r in rates) > 4


def test_the_largest_model_is_trained_a_few_sequences_at_a_time():
    largest = max(laid_out(full()).runs, key=lambda run: run.shape.params())
    sequences = largest.batch // largest.accumulate
    weights = largest.shape.params("total") * (4 + 4 + 4 + 2)  # values, gradients, their sum for the noise, bfloat16
    held = 50 * largest.shape.d_model * largest.shape.n_layer * sequences * largest.shape.n_ctx  # bytes, about
    assert weights + held < 60e9


def test_a_set_of_the_paper_s_size_is_costed_without_its_text():
    said = []
    found = estimate(read_study("kaplan-full"), speed=Speed(4e14), say=said.append)
    assert isinstance(found, SetCost)
    by_name = {one.sweep.name: one for one in found.families}
    assert not by_name["F-OOD"].own, "the runs of F-OOD are those of F-N"
    assert by_name["F-D"].shared == frozenset()
    assert len([run for run in by_name["F-ND"].sweep.runs if run.id in by_name["F-ND"].shared]) == 8
    assert found.total()["runs"] == len({cost.run_id for one in found.families for cost in one.table})
    assert len(said) == 1
    assert "text:webtext" in said[0]


# Training tokens of the texts, as `scalinglaws design SET` finds them.
TEXTS = {
    ("data:arxiv-cs", "bpe:4096"): 22_792_520,
    ("data:arxiv-cs", "bytes"): 95_830_001,
    ("mix:abstracts=0.5,novels=0.5", "bpe:1024"): 55_852_632,
    ("mix:abstracts=0.5,novels=0.5", "bytes"): 121_628_150,
}


@pytest.mark.parametrize("name", [name for name in STUDIES if name.startswith(("kaplan-cpu", "kaplan-gpu"))])
def test_the_text_that_a_set_names_is_long_enough_for_it(name):
    study = STUDIES[name]
    sweep = design(study, 4096, "absent", TEXTS[study.corpus, study.tokenizer], ())
    assert sweep.runs


@pytest.mark.parametrize("name", ["kaplan-cpu/F-ND", "kaplan-gpu/F-ND", "kaplan-full/F-ND"])
def test_the_smallest_subset_of_a_set_makes_fifty_updates_an_epoch_or_the_paper_s_forty(name):
    runs = laid_out(STUDIES[name]).runs
    least = min(run.unique_tokens / run.batch_tokens for run in runs if run.unique_tokens)
    assert least >= (40 if "full" in name else 50)


def test_the_core_families_of_one_gpu_take_under_25_minutes_at_the_speed_its_file_assumes():
    text = presets()["kaplan-gpu"].read_text()
    assert f"--speed {GPU_FLOPS:.0e},{GPU_LAUNCH:g}".replace("e+", "e") in text
    found = estimate(read_study("kaplan-gpu").only(CORE), speed=Speed(GPU_FLOPS, GPU_LAUNCH))
    assert 10 * 60 < found.total()["seconds"] < 25 * 60
    slower = estimate(read_study("kaplan-gpu").only(CORE), speed=Speed(GPU_FLOPS / 2, GPU_LAUNCH))
    assert slower.total()["seconds"] > 25 * 60, "half the speed would be too slow: the bound says something"


@pytest.mark.parametrize("preset", ["kaplan-cpu", "kaplan-gpu"])
def test_the_page_of_trunks_says_what_a_grid_pays_and_saves(preset):
    sweep = laid_out(family(preset, "F-N"))
    trunks = {run.id for run in sweep.runs if run.is_trunk}
    table = costs(sweep)
    paid = sum(cost.flops_paid for cost in table)
    separate = sum(cost.flops_exact for cost in table if cost.run_id not in trunks)
    page = (Path(__file__).parents[1] / "docs" / "trunk.md").read_text()
    assert f"| {paid:.4g} | {separate:.4g} | {1 - paid / separate:.1%} |" in page


WORDS = ["scale", "loss", "law", "token", "model", "data", "compute", "batch", "noise", "step"]


def text_of_words(folder):
    rng = np.random.default_rng(0)
    for i in range(60):
        (folder / f"{i}.txt").write_text(f"document {i} " + " ".join(rng.choice(WORDS, 3000)))
    return f"text:{folder}"


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    name, cache = text_of_words(tmp_path_factory.mktemp("words")), tmp_path_factory.mktemp("cache")
    return {tokenizer: tokenise(name, tokenizer, cache) for tokenizer in ("bytes", "bpe:300")}


@pytest.mark.slow
@pytest.mark.parametrize("name", [study.name for study in read_study("kaplan-gpu").studies])
def test_the_first_two_steps_of_every_family_of_one_gpu_are_taken_on_a_cpu(name, words, tmp_path):
    study = replace(family("kaplan-gpu", name), evaluate_on=())
    data = words["bytes" if study.tokenizer == "bytes" else "bpe:300"]
    runs = [run for run in design(study, data.vocabulary, data.data_id, None).runs if not run.parent]
    run = min(runs, key=lambda run: (run.shape.params(), run.batch, run.unique_tokens, run.tokens))
    few = {"precision": "float32", "tokens": 2 * run.batch_tokens, "unique_tokens": 0, "eval_tokens": 8192, "warmup": 1}
    found = train(replace(run, **few, branch_at=(), schedule="constant"), data, tmp_path / "run")
    assert found.final.step == 2
    assert found.final.loss_nats < found.curve[0].loss_nats < math.log(data.vocabulary) + 0.5


@pytest.mark.slow
def test_the_first_two_steps_of_the_smallest_full_run_are_taken(tmp_path):
    changes = {"corpus": text_of_words(tmp_path), "tokenizer": "bytes", "evaluate_on": [], "precision": "float32"}
    changes |= {"shapes": [[1, 8, 2]], "max_epochs": 1e9, "evaluations": 3, "eval_tokens": 8192}
    [study] = read_study("kaplan-full", changes).only(["F-N"]).studies
    data = tokenise(study.corpus, study.tokenizer, tmp_path / "cache")
    [run] = lay_out(study, data, tmp_path / "cache").runs
    assert (run.steps, run.accumulate) == (250_000, 128)
    found = train(replace(run, tokens=2 * run.batch_tokens), data, tmp_path / "run")
    assert [e.step for e in found.curve] == [1, 2]
    assert found.curve[0].lr == pytest.approx(run.lr / 3000)
    assert found.final.loss_nats == pytest.approx(math.log(256), abs=0.1)
    assert found.final.loss_nats < found.curve[0].loss_nats
    assert found.curve[0].noise.count == 1
    assert not should_stop(found.curve, run.early_stop)
