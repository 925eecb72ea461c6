"""The recorded step is the plain one: what changes from step to step is read anew, and nothing is read on the host.

A CPU has no CUDA graphs. The recorder here notes every operation of PyTorch with its tensors, and plays them again into
the same memory with the numbers that they had, as a graph does.
"""

from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.models import FAMILIES
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.compiled.support import say_engine, supports
from scalinglaws.training.graphed import EAGER_STEPS, Graphed, cannot_graph
from scalinglaws.training.optimizer import make_optimizer
from scalinglaws.training.plain import Plain
from scalinglaws.training.train import train

STEPS = 14
SPEC = RunSpec(Shape(2, 16, 2, 20, 61), "text", "bytes", "", STEPS * 6 * 20, 6, 0.01, 4, noise_every=5, accumulate=2)


class Operations(TorchDispatchMode):
    def __init__(self):
        super().__init__()
        self.noted = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        assert func is not torch.ops.aten._local_scalar_dense.default, "a number was read on the host"
        found = func(*args, **(kwargs or {}))
        self.noted.append((func, args, kwargs or {}, found))
        return found


@torch.no_grad()
def play(noted):
    for func, args, kwargs, found in noted:
        if func.is_view:
            continue  # it reads the same memory still
        again = func(*args, **kwargs)
        if not func._schema.is_mutable:
            for place, value in zip(tree_leaves(found), tree_leaves(again), strict=True):
                if isinstance(place, torch.Tensor):
                    place.copy_(value)


def record(act):
    """Record an action, which runs as it is recorded: the first play does nothing."""
    operations, played = Operations(), []
    with operations:
        act()

    def again():
        if played:
            play(operations.noted)
        played.append(True)

    return again


def engine(make, model, optimizer, spec=SPEC, **how):
    windows = np.random.default_rng(0).integers(0, spec.shape.n_vocab, (STEPS, spec.batch, spec.shape.n_ctx + 1))

    def batch(step):
        found = torch.from_numpy(windows[step])
        return found[:, :-1], found[:, 1:]

    return make(spec, model, optimizer, batch, "cpu", **how)


def made(spec=SPEC):
    model = FAMILIES[spec.shape.family](spec.shape, 0)
    return model, make_optimizer(spec, model)


def steps(one, first, end):
    found = [one.advance(step, end) for step in range(first, end)]
    return [float(advance.losses[0]) for advance in found], [pair for advance in found for pair in advance.noise]


@pytest.mark.parametrize(
    "parts", [{}, {"norm": "rmsnorm", "positions": "rotary", "activation": "swiglu", "tied": False}]
)
def test_a_recorded_step_trains_as_the_plain_path_while_batch_and_rate_change(parts):
    spec = replace(SPEC, shape=replace(SPEC.shape, **parts))
    losses, noise = steps(engine(Graphed, *made(spec), spec, record=record), 0, STEPS)
    expected, expected_noise = steps(engine(Plain, *made(spec), spec), 0, STEPS)
    assert losses == pytest.approx(expected, rel=1e-6)
    assert np.array(noise) == pytest.approx(np.array(expected_noise), rel=1e-3)
    assert len(noise) == 3


def test_a_run_that_was_interrupted_ends_with_the_same_bits():
    model, optimizer = made()
    whole, _ = steps(engine(Graphed, model, optimizer, record=record), 0, STEPS)
    other, its_optimizer = made()
    cut = 9
    assert cut > EAGER_STEPS + 1
    first, _ = steps(engine(Graphed, other, its_optimizer, record=record), 0, cut)
    then, _ = steps(engine(Graphed, other, its_optimizer, record=record), cut, STEPS)
    assert first + then == whole
    assert all(torch.equal(one, two) for one, two in zip(model.parameters(), other.parameters(), strict=True))


def test_the_step_is_recorded_once_and_a_recording_that_kept_the_first_rate_would_be_seen():
    """Played with a rate of 0, it must move no weight."""
    recorded = []

    @contextmanager
    def unchanged(model):
        before = [weight.detach().clone() for weight in model.parameters()]
        yield
        assert all(torch.equal(one, two) for one, two in zip(before, model.parameters(), strict=True))

    def counted(act):
        recorded.append(act)
        return record(act)

    model, optimizer = made()
    one = engine(Graphed, model, optimizer, record=counted)
    steps(one, 0, STEPS - 2)
    assert len(recorded) == 1
    one._rate = lambda step: one.rate.zero_()
    with unchanged(model):
        steps(one, STEPS - 2, STEPS)


def test_what_cannot_be_recorded_says_why_and_a_cpu_takes_the_compiled_step(tmp_path):
    assert cannot_graph(SPEC, "cuda") == ""
    for reason, change in {
        "it is an LSTM": {"shape": Shape(1, 8, 1, 32, 256, family="lstm")},
        "its optimizer is muon": {"optimizer": "muon"},
        "it has dropout": {"dropout": 0.1},
    }.items():
        assert cannot_graph(replace(SPEC, **change), "cuda") == reason
    (tmp_path / "text").mkdir()
    for i in range(60):
        (tmp_path / "text" / f"{i}.txt").write_text(f"a law of scale {i} " * 9)
    text = tokenise(f"text:{tmp_path / 'text'}", "bytes", tmp_path)
    spec = RunSpec(Shape(1, 8, 1, 16, 256), "text", "bytes", text.data_id, 1000, 4, 0.01, 4, evaluations=2)
    expected = "plain" if supports(spec) else "compiled"
    assert train(spec, text, tmp_path / "run", engine="graphed").provenance["engine"] == expected
    said = []
    say_engine([SPEC, replace(SPEC, dropout=0.1)], "cuda", "graphed", said.append)
    assert said == ["1 of 2 runs take the recorded step; the others PyTorch: 1 because it has dropout"]
