"""A batch that grows: its stages, tokens and schedules, both engines alike, resumed to the bit, refused in words."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.costs import Pace, costs, steps_of
from scalinglaws.designing.design import Sweep, design
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import StudyError
from scalinglaws.instruments.noise_scale import from_parts
from scalinglaws.models import FAMILIES
from scalinglaws.run.memory import bytes_of
from scalinglaws.run.run import RunSpec
from scalinglaws.run.schedule import learning_rate
from scalinglaws.run.shape import Shape
from scalinglaws.store.points_of_runs import points_of
from scalinglaws.training.compiled.building import missing
from scalinglaws.training.compiled.engine import Compiled
from scalinglaws.training.compiled.support import supports
from scalinglaws.training.graphed import cannot_graph
from scalinglaws.training.optimizer import gradient, make_optimizer
from scalinglaws.training.plain import Plain
from scalinglaws.training.train import Interrupted, train
from scalinglaws.training.windows import Order

SHAPE = Shape(1, 8, 1, 32, 256)
RAMP = ((10_000, 8), (20_000, 24))
SPEC = RunSpec(SHAPE, "text", "bytes", "x", 60_000, 4, 0.02, 5, evaluations=5, eval_tokens=2048, batch_ramp=RAMP)
CONSTANT = replace(SPEC, batch_ramp=())


@given(st.integers(1, 9), st.integers(1, 50), st.lists(st.integers(1, 3000), max_size=4), st.integers(1, 20_000))
@settings(max_examples=80, deadline=None)
def test_steps_tokens_and_batches_are_those_of_counting_step_by_step(batch, n_ctx, gaps, tokens):
    starts, shape = np.cumsum(gaps).tolist(), replace(SHAPE, n_ctx=n_ctx)
    ramp = tuple((start, batch * (i + 2)) for i, start in enumerate(starts))
    try:
        spec = replace(SPEC, shape=shape, batch=batch, batch_ramp=ramp, tokens=tokens)
    except StudyError as problem:
        assert "there is no step" in str(problem)
        return
    read, step = 0, 0
    while read < tokens:
        now = ([batch] + [larger for start, larger in ramp if start <= read])[-1]
        assert (spec.tokens_at(step), spec.batch_at(step)) == (read, now)
        read, step = read + now * n_ctx, step + 1
    assert (spec.steps, spec.trained_tokens) == (step, read)


def test_the_id_of_a_run_without_a_ramp_is_as_it_was_and_a_ramp_changes_it():
    assert CONSTANT.id == "L1-d8-cd94aa03cf8a"
    assert len({one.id for one in (CONSTANT, SPEC, replace(SPEC, batch_ramp=RAMP[:1]))}) == 3


def test_the_order_of_the_data_is_that_of_a_constant_batch():
    orders = (Order(spec, 90_000) for spec in (SPEC, CONSTANT))
    ramped, constant = (np.concatenate([o.starts(step) for step in range(o.spec.steps)]) for o in orders)
    assert (ramped[: len(constant)] == constant[: len(ramped)]).all() and len(ramped) > 1800


@pytest.mark.parametrize("schedule", ["cosine", "linear", "wsd"])
def test_schedules_follow_the_tokens(schedule):
    """After the warm-up the rate is that of a run of constant batch, at equal tokens, up to a step of either."""
    spec = replace(SPEC, schedule=schedule, warmup=0)
    constant = replace(spec, batch_ramp=(), batch=1)
    for step in range(spec.steps):
        near = [learning_rate(constant, max(0, spec.tokens_at(step) // 32 + one)) for one in (-24, 0, 24)]
        assert min(near) - 1e-9 <= learning_rate(spec, step) <= max(near) + 1e-9
    assert spec.tokens_at(spec.decay_start) == pytest.approx(0.8 * spec.trained_tokens, abs=24 * 32)


@pytest.mark.skipif(bool(missing()), reason="numba is not installed")
def test_both_engines_give_the_same_losses_and_noise_at_every_stage():
    spec = replace(SPEC, batch=3, batch_ramp=((300, 6), (1000, 15)), noise_every=2, accumulate=3)
    windows = np.random.default_rng(0).integers(0, 256, (12, 15, 33))
    found = {}
    for engine in (Compiled, Plain):
        model = FAMILIES["transformer"](SHAPE, 0)

        def batch(step):
            tokens = torch.from_numpy(windows[step][: spec.batch_at(step)])
            return tokens[:, :-1], tokens[:, 1:]

        def many(first, count):
            return np.stack([windows[step][: spec.batch_at(first)] for step in range(first, first + count)])

        reads = {Compiled: (many,), Plain: (batch, "cpu")}[engine]
        made, losses, noise = engine(spec, model, make_optimizer(spec, model), *reads), [], []
        stops = [*(stage.first_step for stage in spec.stages[1:]), 12]
        while len(losses) < 12:
            done = made.advance(len(losses), next(stop for stop in stops if stop > len(losses)))
            losses += map(float, done.losses)
            noise += done.noise
        found[engine] = losses, np.array(noise)
    assert found[Compiled][0] == pytest.approx(found[Plain][0], rel=1e-6)
    assert found[Compiled][1] == pytest.approx(found[Plain][1], rel=1e-3) and len(found[Plain][1]) == 6
    model, tokens = FAMILIES["transformer"](SHAPE, 0), torch.from_numpy(windows[0][:3])
    weights = make_optimizer(spec, model).weights
    parts = []
    for row in tokens:
        gradient(model, weights, row[None, :-1], row[None, 1:])
        parts.append([weight.grad.clone() for weight in weights])
    assert found[Plain][1][0] == pytest.approx(from_parts(parts, [32] * 3), rel=1e-4)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    words = np.random.default_rng(0).choice(["scale", "loss", "law", "token"], (60, 900))
    for i, row in enumerate(words):
        (folder / f"{i}.txt").write_text(" ".join(row))
    return tokenise(f"text:{folder}", "bytes", folder / "cache")


def seen(run):
    return [replace(e, seconds=0.0) for e in run.curve]


@pytest.mark.parametrize("engine", ["auto", "plain"])
def test_a_run_cut_anywhere_ends_as_an_uninterrupted_one_and_a_branch_as_one_of_its_own(
    engine, data, tmp_path, monkeypatch
):
    spec = replace(SPEC, data=data.data_id, tokens=30_000, eval_tokens=512, evaluations=4, noise_every=8)
    whole = train(spec, data, tmp_path / "whole", engine=engine)
    trunk = replace(spec, schedule="constant", tokens=spec.tokens_at(spec.decay_start), branch_at=(spec.decay_start,))
    assert (trunk.steps, spec.stages[2].first_step < spec.decay_start) == (spec.decay_start, True)
    branch = replace(spec, parent=trunk.id)
    assert branch.lineage == trunk.id
    train(trunk, data, tmp_path / "trunk", engine=engine)
    ended = train(branch, data, tmp_path / "branch", tmp_path / "trunk", engine=engine)
    assert ended.final.loss_nats == whole.final.loss_nats
    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr("scalinglaws.training.compiled.engine.PATIENT_SECONDS", 0.0)
    told, cuts, run = [], 0, None
    cut = {"stop": lambda: len(told) % 13 == 0, "tell": lambda step, loss: told.append(step), "engine": engine}
    while run is None:
        try:
            run = train(spec, data, tmp_path / "pieces", **cut)
        except Interrupted:
            cuts += 1
    assert cuts >= 5 and seen(run) == seen(whole)
    points = points_of([whole])
    row = {name: points[name][0] for name in ("tokens", "steps", "batch_tokens_first", "batch_tokens_last")}
    assert row == {
        "tokens": spec.trained_tokens,
        "steps": spec.steps,
        "batch_tokens_first": 128,
        "batch_tokens_last": 768,
    }
    assert points["batch_tokens"][0] * points["steps"][0] == pytest.approx(spec.trained_tokens)
    assert points["batch_ramp"][0] == "4, 8 from 10000, 24 from 20000"


def test_a_study_costs_every_stage_and_its_branches_share_the_trunk():
    study = Study("s", ((1, 8),), (3e4, 6e4), n_ctx=32, batch=4, batch_ramp=((1e4, 8), (2e4, 24)), warmup_steps=5)
    sweep = design(study, 256, "x", 10**6)
    [trunk, short, long] = sweep.runs
    assert trunk.tokens == long.tokens_at(long.decay_start) and trunk.branch_at == (short.decay_start, long.decay_start)
    assert [step.batch for step in steps_of(trunk)] == [4, 8, 24] and [s.batch for s in steps_of(long)] == [24]
    assert sum(steps_of(trunk).values()) == trunk.steps
    paces = {
        step: Pace(step.batch * 1e-3, 0.0, measured=True, noise_share=0.0)
        for run in sweep.runs
        for step in steps_of(run)
    }
    for run, cost in zip(sweep.runs, costs(sweep, paces), strict=True):
        assert cost.seconds == pytest.approx(run.paid_tokens / 32 * 1e-3)
        assert cost.flops_exact == SHAPE.flops_per_token("exact") * run.trained_tokens
    assert costs(Sweep("s", (long,)), {})[0].seconds is None
    assert bytes_of(trunk) == bytes_of(replace(trunk, batch_ramp=(), batch=24))


def test_what_makes_no_sense_is_refused_with_what_to_write():
    def study(**changes):
        return Study(
            "s", ((1, 8),), (3e4,), n_ctx=32, **{"batch": 4, "batch_ramp": ((1e4, 8),), "warmup_steps": 5} | changes
        )

    for changes, said in {
        "each_batch compares constant batches": {"each_batch": (4, 8)},
        r"Set batch = 16 and batch_ramp = \[\[20000, 32\]\]": {"batch_ramp": ((0, 16), (2e4, 32))},
        r"Give \[tokens, sequences": {"batch_ramp": ((1e4, 8.5),)},
        r"such as \[\[2e5, 8\]": {"batch_ramp": ((1e4,),)},
        "both must grow": {"batch_ramp": ((1e4, 4),)},
        "must grow": {"batch_ramp": ((1e4, 8), (5e3, 16))},
        r"Leave out \[10000, 8\]": {"batch_ramp": ((1e4, 8), (10001, 16))},
        "only our trainer does this": {"trainer": "python t.py {steps} {n_layer}", "n_vocab": 256},
    }.items():
        with pytest.raises(StudyError, match=changes):
            study(**said)
    for changes, said in {
        r"no run reaches the stage \[40000, 8\]": {"batch_ramp": ((4e4, 8),)},
        "does not divide batch = 9": {"batch_ramp": ((1e4, 9),), "accumulate": 4},
        "Set max_sequences = 9": {"batch_ramp": ((1e4, 9),), "max_sequences": 4},
    }.items():
        with pytest.raises(StudyError, match=changes):
            design(study(**said), 256, "x", 10**6)
    assert design(study(max_sequences=2), 256, "x", 10**6).runs[0].accumulate == 4
    assert cannot_graph(SPEC, "cuda") == "its batch grows" and "grows" not in supports(SPEC)
