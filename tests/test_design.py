"""A study becomes the sweep it asks for, at the cost it says."""

from dataclasses import MISSING, fields, replace

import pytest

from scalinglaws.designing.costs import Pace, costs, makespan, step_of
from scalinglaws.designing.design import design, make_shape, optimizer_of, peak_rate
from scalinglaws.designing.read_study import RENAMED, presets, read_study
from scalinglaws.designing.spending import BUYS, START_SECONDS, spending
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import CorpusError, ShapeError, StudyError
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape

STUDY = Study(
    "s", ((1, 8), (2, 16), (2, 32), (3, 64)), (1e5, 2e5, 4e5), seeds=3, seed_shape=(2, 16), hold_out=1, hold_out_seeds=2
)


def sweep(**changes):
    return design(replace(STUDY, **changes), 256, "d", 10**6)


def test_every_size_has_a_trunk_and_a_branch_for_each_horizon():
    chains = sweep().only(held_out=False).chains
    assert len(chains) == 1 + 3 + 1
    for trunk, *branches in chains:
        assert trunk.is_trunk
        assert trunk.schedule == "constant"
        assert [b.parent for b in branches] == [trunk.id] * 3
        assert [b.first_step for b in branches] == list(trunk.branch_at)
        assert trunk.steps == max(trunk.branch_at)


def test_the_largest_size_is_held_out_at_its_longest_horizon_with_its_seeds():
    found = sweep()
    held = [run for run in found.runs if run.id in found.held_out]
    assert [(r.shape.d_model, r.tokens, r.seed) for r in held] == [(64, 400_000, 0), (64, 400_000, 1)]
    assert not set(found.held_out) & {run.id for run in found.only(held_out=False).runs}
    assert set(found.held_out) == {run.id for run in found.only(held_out=True).runs}


def test_a_trunk_and_its_branches_pay_for_each_step_once():
    chain = sweep().chains[0]
    table = {c.run_id: c for c in costs(sweep())}
    steps = chain[0].steps + sum(b.steps - b.first_step for b in chain[1:])
    per_step = chain[0].shape.flops_per_token("exact") * chain[0].batch_tokens
    assert sum(table[s.id].flops_paid for s in chain) == steps * per_step


def test_costs_give_kaplans_flops_and_the_exact_ones():
    spec = sweep().runs[1]
    cost = costs(sweep())[1]
    assert cost.flops_6nd == 6 * spec.shape.params() * spec.steps * spec.batch_tokens
    assert cost.flops_exact / cost.tokens == spec.shape.flops_per_token("exact")


def test_other_schedules_train_each_horizon_on_its_own():
    found = sweep(schedule="cosine")
    assert not any(run.parent or run.is_trunk for run in found.runs)


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
def test_a_key_by_its_old_name_is_refused_and_the_new_one_named(tmp_path, old, new):
    path = tmp_path / "mine.toml"
    path.write_text(f"shapes = [[1, 8]]\ntokens = [1e5]\n{old} = 8\n")
    with pytest.raises(StudyError, match=f"Write {new} = 8"):
        read_study(str(path))
    path.write_text(path.read_text().replace(old, new))
    assert getattr(read_study(str(path)), new) == 8
    with pytest.raises(StudyError, match=f"Write {new} = 8"):
        read_study(str(path), {old: 8})


def test_max_flops_takes_long_horizons_from_large_sizes_alone():
    cost = {run.shape.d_model: run.shape.flops_per_token("exact") for run in sweep().runs}
    found = sweep(shapes=((1, 8), (2, 16), (2, 32)), hold_out=0, max_flops=3e5 * cost[32])
    longest = {d: max(r.tokens for r in found.runs if r.shape.d_model == d and not r.is_trunk) for d in (8, 32)}
    assert longest == {8: 400_000, 32: 200_000}


def test_every_setting_of_a_model_and_a_run_reaches_them():
    asked = {"norm": "rmsnorm", "positions": "rotary", "activation": "swiglu", "qk_norm": True, "biases": False}
    asked |= {"parametrisation": "mup", "base_width": 32, "family": "universal", "reuse": 2, "sharing": "stacked"}
    run = {"cooldown": "1-sqrt", "lr_end": 0.1, "decay_power": 2.0, "dropout": 0.1, "accumulate": 2, "data_seed": 5}
    run |= {"unique_tokens": 500_000, "schedule": "cosine", "decay": 0.3, "beta1": 0.8, "beta2": 0.9, "clip": 0.5}
    spec = sweep(**asked, **run).runs[0]
    assert {name: getattr(spec.shape, name) for name in asked} == asked
    assert {name: getattr(spec, name) for name in run} == run


@pytest.mark.parametrize("kind", [RunSpec, Shape])
def test_a_key_of_a_study_that_a_run_has_too_has_its_default(kind):
    ours, theirs = ({f.name: f.default for f in fields(one) if f.default is not MISSING} for one in (Study, kind))
    alike = ours.keys() & theirs.keys()
    assert len(alike) > 10
    assert {name: ours[name] for name in alike} == {name: theirs[name] for name in alike}


def test_under_mup_every_size_knows_the_width_of_a_head_at_the_base():
    """Heads of 16 at a base of 64; narrower models than that have one head of their own width."""
    shapes = ((1, 8), (1, 32), (1, 64), (1, 128))
    asked = {"shapes": shapes, "d_head": 16, "parametrisation": "mup", "seed_shape": None, "hold_out": 0}
    found = {run.shape.d_model: (run.shape.d_head, run.shape.base_d_head) for run in sweep(**asked).runs}
    assert found == {8: (8, 16), 32: (16, 16), 64: (16, 16), 128: (16, 16)}
    with pytest.raises(StudyError, match=r"sets its own number of heads.*for example base_d_head = 32"):
        sweep(**asked | {"shapes": ((1, 128, 2),)})
    named = sweep(**asked | {"shapes": ((1, 64, 2), (1, 128, 2)), "base_d_head": 32}).runs
    assert {(run.shape.d_head, run.shape.base_d_head) for run in named} == {(32, 32), (64, 32)}
    with pytest.raises(ShapeError, match="Set base_d_head = 32"):
        sweep(**asked | {"shapes": ((1, 64, 2),), "base_d_head": 16})


def test_an_lstm_is_laid_out_without_heads():
    assert {run.shape.n_heads for run in sweep(family="lstm").runs} == {1}


def test_the_optimizer_auto_is_adam_and_adafactor_above_a_thousand_million_parameters():
    study = replace(STUDY, optimizer="auto")
    sizes = {(36, 1280): "adam", (48, 1600): "adafactor"}  # 708M and 1.47G (Kaplan et al. 2020)
    assert {size: optimizer_of(study, make_shape(study, size, 50257)) for size in sizes} == sizes
    assert optimizer_of(STUDY, make_shape(STUDY, (48, 1600), 50257)) == "adamw"


def test_unique_tokens_limit_the_text_of_a_study():
    with pytest.raises(CorpusError, match=r"400,000 tokens, and stdlib has 300,000"):
        sweep(unique_tokens=300_000)
    with pytest.raises(CorpusError, match=r"unique_tokens = 2,000,000; stdlib has 1,000,000"):
        sweep(unique_tokens=2_000_000)


def test_two_processes_take_half_the_time_of_one_at_best():
    found = sweep()
    table = costs(found, {step_of(run): Pace(1e-3, 1e-6, measured=True) for run in found.runs})
    one, two = makespan(found, table, 1), makespan(found, table, 2)
    assert one == pytest.approx(sum(c.seconds for c in table))
    assert one / 2 <= two < 0.7 * one


def test_the_parts_of_the_spending_are_the_whole_of_it():
    found = sweep()
    table = costs(found, {step_of(run): Pace(1e-3, 1e-6, measured=True, noise_share=0.5) for run in found.runs})
    spent = spending(table, set(found.held_out), starts=3)
    assert spent.total == pytest.approx(sum(cost.seconds for cost in table) + 3 * START_SECONDS)
    assert spent.seconds["held-out runs"] == sum(c.seconds for c in table if c.run_id in found.held_out) > 0
    steps = sum((run.steps - run.first_step) for run in found.runs if run.id not in found.held_out)
    assert spent.seconds["training"] == pytest.approx(1e-3 * steps)
    assert spent.seconds["noise scale"] == pytest.approx(0.5e-3 * steps / 32)
    assert [line.split("%")[1].strip() for line in spent.lines()] == list(BUYS.values())


def test_a_text_too_small_says_how_much_there_is():
    with pytest.raises(CorpusError, match=r"400,000 tokens, and stdlib has 300,000"):
        design(STUDY, 256, "d", 300_000)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"hold_out": 4}, StudyError, "leaves no size to fit"),
        ({"seed_shape": (2, 17)}, StudyError, "not one of the shapes"),
        ({"batch": 0}, StudyError, "batch = 0"),
        ({"max_flops": 1.0}, StudyError, "Raise max_flops"),
        ({"level": 95.0}, StudyError, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused(changes, error, message):
    with pytest.raises(error, match=message):
        sweep(**changes)


def test_heads_that_do_not_divide_the_width_are_refused():
    with pytest.raises(ShapeError, match="does not divide d_model = 40"):
        sweep(shapes=((2, 40), (2, 16), (2, 48)), d_head=12)


def test_every_preset_is_read_and_names_itself():
    assert "quickstart" in presets()
    for name in presets():
        assert read_study(name).name == name


def test_a_misspelt_key_offers_the_nearest_one(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("shapes = [[1, 8]]\ntokens = [1e5]\nbacth = 4\n")
    with pytest.raises(StudyError, match=r"unknown key 'bacth'\. Did you mean 'batch'"):
        read_study(str(path))


def test_a_misspelt_preset_offers_the_nearest_one():
    with pytest.raises(StudyError, match="Did you mean 'quickstart'"):
        read_study("quikstart")


def test_a_file_that_is_not_toml_says_where(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("shapes = [[1, 8\n")
    with pytest.raises(StudyError, match="is not TOML"):
        read_study(str(path))


def test_every_combination_of_listed_settings_becomes_runs():
    study = replace(
        STUDY, shapes=((1, 8), (2, 16)), tokens=(1e5,), each_batch=(4, 8), each_lr_factor=(0.5, 1.0, 2.0), hold_out=0,
        lr_batch_exponent=0.5, batch=4, schedule="constant", seeds=1, seed_shape=None,
    )  # fmt: skip
    sweep = design(study, 256, "data", 10**6)
    assert len(sweep.runs) == len({run.id for run in sweep.runs}) == 2 * 2 * 3
    rates = {(run.shape.d_model, run.batch): [] for run in sweep.runs}
    for run in sweep.runs:
        rates[run.shape.d_model, run.batch].append(run.lr)
    rule = min(study.lr_max, study.lr_scale / 8)
    assert rates[8, 4] == pytest.approx([rule / 2, rule, 2 * rule])
    assert rates[8, 8] == pytest.approx([2**0.5 * r for r in rates[8, 4]])


def test_subsets_schedules_and_reuse_are_listed_too():
    study = replace(STUDY, shapes=((1, 8),), tokens=(1e5,), hold_out=0, seeds=1, seed_shape=None, max_epochs=100)
    study = replace(study, warmup_steps=50)
    subsets = design(replace(study, each_unique_tokens=(5000, 0)), 256, "data", 10**6).runs
    assert [run.unique_tokens for run in subsets] == [5000, 0]
    listed = ("cosine", "linear:lr_end=0.1", "wsd:decay=0.5,cooldown=1-sqrt")
    schedules = design(replace(study, each_schedule=listed), 256, "data", 10**6).runs
    assert [(r.schedule, r.lr_end, r.decay, r.cooldown) for r in schedules] == [
        ("cosine", 0.0, 0.2, "linear"), ("linear", 0.1, 0.2, "linear"), ("wsd", 0.0, 0.5, "1-sqrt"),
    ]  # fmt: skip
    shared = replace(study, family="universal", each_reuse=(2, 4), each_sharing=("cyclic", "stacked"))
    assert len(design(shared, 256, "data", 10**6).runs) == 4
    with pytest.raises(StudyError, match="decay_power"):
        design(replace(study, each_schedule=("cosine:speed=2",)), 256, "data", 10**6)
    with pytest.raises(CorpusError, match="2,000,000"):
        design(replace(study, each_unique_tokens=(2_000_000,)), 256, "data", 10**6)


def test_sizes_may_name_heads_and_feed_forward_width():
    study = replace(STUDY, shapes=((2, 32, 4, 64), (2, 32)), tokens=(1e5,), hold_out=0, seed_shape=None, seeds=1)
    shapes = [run.shape for run in design(study, 256, "data", 10**6).runs]
    assert [(s.n_heads, s.width_ff) for s in shapes] == [(4, 64), (2, 128)]


def test_warm_up_is_a_share_of_the_shortest_run_of_a_trunk():
    study = replace(STUDY, shapes=((1, 8),), tokens=(1e5, 2e5), hold_out=0, seed_shape=None, seeds=1, warmup_share=0.05)
    steps = -(-100_000 // (study.batch * study.n_ctx))
    assert {run.warmup for run in design(study, 256, "data", 10**6).runs} == {
        min(study.warmup_steps, round(0.05 * steps))
    }


def test_the_papers_rate_is_used_below_its_root_and_refused_above():
    shape = make_shape(STUDY, (2, 128), 50257)
    assert peak_rate(replace(STUDY, lr_rule="kaplan"), shape) == pytest.approx(1.442e-3, rel=1e-3)
    with pytest.raises(StudyError, match="it is meant for fewer"):
        peak_rate(replace(STUDY, lr_rule="kaplan"), make_shape(STUDY, (96, 12288), 50257))


def test_seeds_repeat_every_size_where_none_is_named():
    study = replace(STUDY, shapes=((1, 8), (2, 16)), tokens=(1e5,), hold_out=0, seed_shape=None, seeds=2)
    assert sorted((r.shape.d_model, r.seed) for r in design(study, 256, "data", 10**6).runs) == [
        (8, 0), (8, 1), (16, 0), (16, 1),
    ]  # fmt: skip


def test_shallow_and_extreme_sizes_are_trained_and_left_out_of_fits_with_a_reason():
    study = replace(
        STUDY, shapes=((1, 8), (2, 16), (2, 48)), tokens=(1e5,), hold_out=0, seed_shape=None, seeds=1,
        fit_from_layers=2, fit_aspect=(4, 20),
    )  # fmt: skip
    sweep = design(study, 256, "data", 10**6)
    reasons = {run.shape.d_model: sweep.left_out.get(run.id, "") for run in sweep.runs}
    assert reasons == {
        8: "1 of the 2 layers that the study fits from", 16: "", 48: "d_model / n_layer = 24; the study fits 4 to 20",
    }  # fmt: skip
