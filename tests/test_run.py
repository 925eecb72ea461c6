"""A run's id is a hash of what was asked: stable for ever, and different for whatever is asked differently."""

import dataclasses

import pytest

from scalinglaws.errors import StudyError
from scalinglaws.run.run import Evaluation, Run, RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.run.trainer import Trainer

SPEC = RunSpec(
    Shape(n_layer=2, d_model=16, n_heads=2, n_ctx=64, n_vocab=256),
    corpus="synthetic",
    tokenizer="bytes",
    data="0123456789abcdef",
    tokens=1_000_000,
    batch=32,
    lr=0.004,
    warmup=50,
)

# Another value for every field that can be asked for. A field added without one here fails the test below.
OTHERWISE = {
    "shape": Shape(n_layer=2, d_model=16, n_heads=4, n_ctx=64, n_vocab=256),
    "corpus": "stdlib",
    "tokenizer": "bpe-1024",
    "data": "fedcba9876543210",
    "tokens": 1_000_001,
    "batch": 33,
    "lr": 0.0040001,
    "warmup": 51,
    "seed": 1,
    "schedule": "cosine",
    "decay": 0.3,
    "optimizer": "adam",
    "beta1": 0.8,
    "beta2": 0.99,
    "eps": 1e-9,
    "weight_decay": 0.0,
    "clip": 0.0,
    "parent": "L2-d16-0123456789ab",
    "branch_at": (100, 200),
    "evaluations": 3,
    "eval_tokens": 1024,
    "recipe": 2,
    "cooldown": "1-sqrt",
    "lr_end": 0.1,
    "decay_power": 2.0,
    "dropout": 0.1,
    "accumulate": 4,
    "unique_tokens": 5000,
    "data_seed": 7,
    "foreign": (("text:other", "abc"),),
    "early_stop": 3,
    "noise_every": 8,
    "watch_weights": True,
    "precision": "bfloat16",
    "trainer": Trainer("python train.py {run_file}"),
    "batch_ramp": ((100_000, 64),),
    "items": "0123456789abcdef",
}

# The same for the fields of a shape; d_attn, reuse and rotary positions ask for other fields to go with them.
OTHER_SHAPE = {
    "n_layer": {"n_layer": 3},
    "d_model": {"d_model": 32},
    "n_heads": {"n_heads": 1},
    "n_ctx": {"n_ctx": 32},
    "n_vocab": {"n_vocab": 257},
    "d_ff": {"d_ff": 8},
    "tied": {"tied": False},
    "family": {"family": "universal"},
    "norm": {"norm": "rmsnorm"},
    "positions": {"positions": "rotary"},
    "activation": {"activation": "swiglu"},
    "qk_norm": {"qk_norm": True},
    "biases": {"biases": False},
    "n_experts": {"family": "moe", "n_experts": 4, "experts_active": 2},
    "experts_active": {"family": "moe", "n_experts": 4, "experts_active": 1},
    "balance": {"family": "moe", "n_experts": 4, "experts_active": 2, "balance": 0.05},
    "parametrisation": {"parametrisation": "mup"},
    "base_width": {"base_width": 128},
    "d_attn": {"d_attn": 32},
    "reuse": {"reuse": 2, "family": "universal"},
    "sharing": {"sharing": "stacked"},
    "base_d_head": {"base_d_head": 4},
}


def test_an_id_written_down_once_is_the_id_for_ever():
    assert SPEC.id == "L2-d16-6aa934e0b47d"
    assert dataclasses.replace(SPEC, seed=1, schedule="cosine").id == "L2-d16-29159b43565d"


def test_a_run_under_mup_is_none_of_those_whose_patterns_were_flatter():
    """Up to one release attention under mu-P was q k / d_head; this id was given to such a run."""
    shape = dataclasses.replace(SPEC.shape, parametrisation="mup", base_width=16)
    assert dataclasses.replace(SPEC, shape=shape).id != "L2-d16-a2b70c99fd26"


def test_every_field_has_another_value_to_try():
    assert OTHERWISE.keys() == {field.name for field in dataclasses.fields(RunSpec)}


@pytest.mark.parametrize("name", OTHERWISE)
def test_the_id_changes_with_every_field(name):
    other = dataclasses.replace(SPEC, **{name: OTHERWISE[name]})
    assert other.id != SPEC.id


def test_the_id_changes_with_every_field_of_the_shape():
    assert OTHER_SHAPE.keys() == {field.name for field in dataclasses.fields(Shape)}
    shapes = [dataclasses.replace(SPEC.shape, **changes) for changes in OTHER_SHAPE.values()]
    ids = {dataclasses.replace(SPEC, shape=shape).id for shape in shapes}
    assert len(ids - {SPEC.id}) == len(OTHER_SHAPE)


def test_no_two_of_these_runs_share_an_id():
    ids = {dataclasses.replace(SPEC, **{name: value}).id for name, value in OTHERWISE.items()}
    assert len(ids) == len(OTHERWISE)


def test_a_default_said_aloud_changes_nothing():
    spoken = {f.name: f.default for f in dataclasses.fields(RunSpec) if f.default is not dataclasses.MISSING}
    assert len(spoken) > 10
    assert dataclasses.replace(SPEC, **spoken).id == SPEC.id


def test_the_id_begins_with_the_size():
    assert SPEC.id.startswith("L2-d16-")


def test_steps_cover_the_horizon_and_no_more():
    assert SPEC.batch_tokens == 2048
    assert (SPEC.steps - 1) * SPEC.batch_tokens < SPEC.tokens <= SPEC.steps * SPEC.batch_tokens


def test_a_branch_starts_where_its_decay_does_and_a_whole_run_at_the_beginning():
    branch = dataclasses.replace(SPEC, parent="L2-d16-0123456789ab")
    assert branch.first_step == branch.decay_start == SPEC.steps - round(0.2 * SPEC.steps)
    assert SPEC.first_step == 0


def test_the_order_of_the_data_follows_the_seed_unless_it_has_its_own():
    assert dataclasses.replace(SPEC, seed=3).order_seed == 3
    assert dataclasses.replace(SPEC, seed=3, data_seed=0).order_seed == 0


def test_a_trunk_is_a_run_that_others_branch_from():
    assert dataclasses.replace(SPEC, branch_at=(10,)).is_trunk
    assert not SPEC.is_trunk


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"schedule": "cosin"}, "schedule = 'cosin'; it must be one of wsd, cosine"),
        ({"optimizer": "sgd"}, "optimizer = 'sgd'; it must be one of adamw, adam"),
        ({"cooldown": "sqrt"}, "cooldown = 'sqrt'; it must be one of linear, 1-sqrt"),
        ({"dropout": 1.0}, "dropout = 1.0; it must be at least 0 and below 1"),
        ({"lr_end": -0.1}, "lr_end = -0.1; it must be at least 0"),
        ({"accumulate": 5}, "accumulate = 5 does not divide batch = 32"),
        (
            {"optimizer": "muon", "shape": dataclasses.replace(SPEC.shape, parametrisation="mup")},
            "'muon' with parametrisation 'mup'.*take adam or adamw",
        ),
        ({"tokens": 0}, "tokens = 0; it must be above 0"),
        ({"batch": -1}, "batch = -1"),
        ({"lr": float("nan")}, "lr = nan"),
    ],
)
def test_what_cannot_be_trained_is_refused_by_name(wrong, message):
    with pytest.raises(StudyError, match=message):
        dataclasses.replace(SPEC, **wrong)


def test_only_a_finished_run_has_a_final_loss():
    curve = (Evaluation(0, 0, 0.0, 5.5), Evaluation(489, 1_001_472, 0.0, 3.25, 0.01))
    finished = Run(SPEC, "finished", "reached its horizon", curve, 1.0, 10**6)
    assert finished.final == curve[-1]
    assert dataclasses.replace(finished, outcome="diverged").final is None
