"""The compiled training step is the plain one: the same gradients, losses and noise; it resumes to the bit."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.costs import Step
from scalinglaws.errors import NameUnknownError, StoreError
from scalinglaws.models import FAMILIES
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.compiled.building import home, missing, native
from scalinglaws.training.compiled.engine import Compiled
from scalinglaws.training.compiled.support import say_engine, supports
from scalinglaws.training.optimizer import gradient, make_optimizer
from scalinglaws.training.plain import Plain
from scalinglaws.training.step_times import calibrate
from scalinglaws.training.train import Interrupted, train

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "numba is installed")
LATER_PARTS = {"norm": "rmsnorm", "positions": "rotary", "activation": "swiglu", "biases": False, "qk_norm": True}


def drawn_shape(rng) -> Shape:
    """A shape of odd widths as often as of round ones, with any of the parts that the step knows."""
    heads, d_head = int(rng.integers(1, 4)), int(rng.choice([2, 6, 8, 10, 16]))
    parts = {key: value for key, value in LATER_PARTS.items() if rng.random() < 0.3}
    family = {"family": "universal", "reuse": 2} if rng.random() < 0.2 else {}
    mup = {"parametrisation": "mup", "base_width": 4, "base_d_head": 4} if rng.random() < 0.2 else {}
    sizes = {"n_ctx": int(rng.integers(3, 70)), "n_vocab": int(rng.integers(20, 300)), "tied": bool(rng.random() < 0.5)}
    return Shape(int(rng.integers(0, 4)), heads * d_head, heads, **sizes, **parts, **family, **mup)


def trained(shape: Shape, batch: int, seed: int, **changes):
    """A run's specification, its model at weights that are far from their start, and windows for `steps` steps."""
    spec = RunSpec(shape, "text", "bytes", "", 10**6, batch, 0.004, 4, seed=seed, **changes)
    model = FAMILIES[shape.family](shape, seed)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=generator)
    rng = np.random.default_rng(seed)
    windows = rng.integers(0, shape.n_vocab, (24, batch, shape.n_ctx + 1))
    return spec, model, lambda step: windows[step % 24]


def compiled(spec, model, windows, optimizer=None):
    def of(first: int, count: int):
        return np.stack([windows(step) for step in range(first, first + count)])

    return Compiled(spec, model, optimizer or make_optimizer(spec, model), of)


def plain(spec, model, windows, optimizer=None):
    def batch(step):
        found = torch.from_numpy(windows(step))
        return found[:, :-1], found[:, 1:]

    return Plain(spec, model, optimizer or make_optimizer(spec, model), batch, "cpu")


def flat(tensors) -> torch.Tensor:
    return torch.cat([tensor.detach().flatten().double() for tensor in tensors])


def errors_of_gradients(seed: int) -> tuple[float, float]:
    """The errors of both gradients of one batch against float64, as fractions of its norm: plain, compiled."""
    rng = np.random.default_rng(seed)
    shape, batch = drawn_shape(rng), int(rng.integers(1, 9))
    spec, model, windows = trained(shape, batch, seed)
    exact = FAMILIES[shape.family](shape, seed).double()
    exact.load_state_dict(model.state_dict())
    if shape.positions == "rotary":
        exact.cosines_TW, exact.sines_TW = exact.cosines_TW.double(), exact.sines_TW.double()
    tokens = torch.from_numpy(windows(0))
    exact(tokens[:, :-1], tokens[:, 1:]).backward()
    truth = flat(weight.grad for weight in exact.parameters())
    engine = compiled(replace(spec, lr=1e-30), model, windows)
    before = flat(model.parameters())
    gradient(model, tuple(weight for weight, _ in engine.weights), tokens[:, :-1], tokens[:, 1:])
    by_torch = flat(weight.grad for weight in model.parameters())
    engine.advance(0, 1)
    by_kernel = flat(weight.grad for weight in model.parameters())
    assert float((flat(model.parameters()) - before).norm()) < 1e-6 * float(before.norm())
    return tuple(float((found - truth).norm() / truth.norm()) for found in (by_torch, by_kernel))


def test_gradients_are_as_exact_as_pytorchs_on_twenty_random_shapes():
    found = np.array([errors_of_gradients(seed) for seed in range(20)])
    assert (found[:, 1] <= 2 * found[:, 0]).all(), found


SHAPES = {
    "the paper's": Shape(2, 16, 1, 64, 256),
    "odd widths and an untied head": Shape(2, 10, 2, 20, 99, tied=False),
    "later parts": Shape(2, 24, 2, 32, 64, **LATER_PARTS),
    "mup": Shape(2, 32, 2, 16, 64, parametrisation="mup", base_width=16),
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_twenty_steps_have_the_losses_and_the_noise_of_the_plain_path(name, optimizer):
    spec, model, windows = trained(SHAPES[name], 7, 0, optimizer=optimizer, accumulate=7, noise_every=5)
    fast = compiled(spec, model, windows)
    spec, model, windows = trained(SHAPES[name], 7, 0, optimizer=optimizer, accumulate=7, noise_every=5)
    slow = plain(spec, model, windows)
    losses, noise, expected, expected_noise = [], [], [], []
    while len(losses) < 20:
        found = fast.advance(len(losses), 20)
        losses += map(float, found.losses)
        noise += found.noise
    for step in range(20):
        found = slow.advance(step, 20)
        expected += map(float, found.losses)
        expected_noise += found.noise
    assert losses == pytest.approx(expected, rel=1e-6)
    assert len(noise) == 4
    assert np.array(noise) == pytest.approx(np.array(expected_noise), rel=1e-3)


def test_scores_are_those_of_the_model():
    spec, model, windows = trained(SHAPES["odd widths and an untied head"], 7, 1)
    tokens = torch.from_numpy(windows(0))
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    found = compiled(spec, model, windows).losses(inputs, targets)
    assert torch.allclose(found, model.losses(inputs, targets), atol=2e-6)


def test_no_number_is_left_that_some_processors_multiply_a_hundred_times_as_slowly():
    spec, model, windows = trained(SHAPES["the paper's"], 4, 4)
    engine = compiled(spec, model, windows)
    engine.advance(0, 1)
    kept = np.abs(engine.layout.memory)
    assert np.count_nonzero(kept) > 10_000
    assert not np.any((kept > 0) & (kept < np.finfo(np.float32).tiny))


def test_clipping_scales_the_gradient_as_the_plain_path_does():
    """The first moving average is a tenth of the clipped gradient, whose norm is what the clip allows."""
    averages = []
    for make in (compiled, plain):
        spec, model, windows = trained(SHAPES["the paper's"], 4, 2, clip=0.01)
        optimizer = make_optimizer(spec, model)
        make(spec, model, windows, optimizer).advance(0, 1)
        averages.append(flat(state["exp_avg"] for state in optimizer.parts[0].state.values()))
    assert [float(one.norm()) for one in averages] == pytest.approx([0.001] * 2, rel=1e-4)
    assert torch.allclose(*averages, atol=1e-9)


def test_a_loss_that_is_no_number_is_reported_at_its_step():
    spec, model, windows = trained(SHAPES["the paper's"], 4, 3, clip=0.0)
    engine = compiled(spec, model, windows)
    with torch.no_grad():
        model.embed.weight[0, 0] = float("nan")
    assert np.isnan(float(engine.advance(0, 1).losses[0]))


UNSUPPORTED = {
    "an LSTM": {"shape": Shape(1, 8, 1, 32, 256, family="lstm")},
    "adafactor": {"optimizer": "adafactor"},
    "dropout": {"dropout": 0.1},
    "bfloat16": {"precision": "bfloat16"},
    "MiB": {"shape": Shape(8, 1024, 16, 32, 256)},
}


@pytest.mark.parametrize("reason", UNSUPPORTED)
def test_what_is_not_supported_says_why_and_takes_the_plain_path(reason):
    spec = RunSpec(Shape(1, 8, 1, 32, 256), "text", "bytes", "", 10**5, 8, 0.01, 4)
    other = replace(spec, **UNSUPPORTED[reason])
    assert supports(spec) == ""
    assert reason in supports(other)
    assert "cuda" in supports(spec, "cuda")
    said = []
    say_engine([spec, other, other], "cpu", "auto", said.append)
    assert said[-1].startswith("1 of 3 runs take the compiled training step; the others PyTorch: 2 because ")
    say_engine([other], "cpu", "plain", said.append)
    assert len(said) == 1


def test_the_machine_code_is_kept_loaded_from_its_file_and_written_nowhere_else(tmp_path):
    assert supports(RunSpec(Shape(1, 8, 1, 32, 256), "text", "bytes", "", 10**5, 8, 0.01, 4)) == ""  # made by now
    for file in home().glob("*.o"):
        shutil.copy(file, tmp_path)
    before = sorted(tmp_path.iterdir())
    assert callable(native(tmp_path))
    assert sorted(tmp_path.iterdir()) == before
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        native(tmp_path / "file" / "below")


def test_a_study_is_timed_by_the_path_that_will_train_it():
    kind = Step(Shape(1, 8, 1, 64, 256), 8, 1, "adam", False, "float32")
    paces = {engine: calibrate([kind], seconds=0.2, engine=engine)[kind] for engine in ("auto", "plain")}
    assert paces["auto"].step_seconds < 0.5 * paces["plain"].step_seconds


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    words = np.random.default_rng(0).choice(["scale", "loss", "law", "token"], (60, 700))
    for i, row in enumerate(words):
        (folder / f"{i}.txt").write_text(" ".join(row))
    return tokenise(f"text:{folder}", "bytes", folder / "cache")


def test_the_engine_stands_in_the_provenance_and_not_in_the_id(data, tmp_path, monkeypatch):
    spec = RunSpec(Shape(1, 8, 1, 32, 256), "text", "bytes", data.data_id, 8_000, 8, 0.01, 4, eval_tokens=2048)
    runs = {engine: train(spec, data, tmp_path / engine, engine=engine) for engine in ("auto", "plain")}
    assert runs["auto"].provenance["engine"] == "compiled"
    assert runs["plain"].provenance["engine"] == "plain"
    assert runs["auto"].spec.id == runs["plain"].spec.id
    assert runs["auto"].final.loss_nats == pytest.approx(runs["plain"].final.loss_nats, rel=1e-5)
    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    with pytest.raises(Interrupted):
        train(spec, data, tmp_path / "both", stop=lambda: True, engine="plain")
    assert train(spec, data, tmp_path / "both").provenance["engine"] == "plain, then compiled"
    with pytest.raises(NameUnknownError, match="auto"):
        train(spec, data, tmp_path / "none", engine="fast")


def test_a_trunk_and_its_branch_cut_anywhere_end_as_if_they_never_were(data, tmp_path, monkeypatch):
    spec = RunSpec(Shape(1, 8, 1, 32, 256), "text", "bytes", data.data_id, 20_000, 8, 0.01, 4, eval_tokens=2048)
    start = spec.decay_start
    trunk = replace(spec, schedule="constant", tokens=start * spec.batch_tokens, branch_at=(start,))
    branch = replace(spec, parent=trunk.id, watch_weights=True)
    whole = [train(trunk, data, tmp_path / "t"), train(branch, data, tmp_path / "b", tmp_path / "t")]
    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    pieces, cuts = [], 0
    for one, folder, parent in ((trunk, "pt", None), (branch, "pb", "pt")):
        while len(pieces) < 1 + (one is branch):
            stop = iter((False, True)).__next__  # after two calls of the step
            try:
                run = train(one, data, tmp_path / folder, parent and tmp_path / parent, stop=stop)
                pieces.append(run)
            except Interrupted:
                cuts += 1
    assert cuts > 4
    for run, other in zip(pieces, whole, strict=True):
        assert [replace(e, seconds=0.0) for e in run.curve] == [replace(e, seconds=0.0) for e in other.curve]


@pytest.mark.slow
def test_a_ladder_of_sixteen_runs_ends_where_that_of_the_plain_path_does(tmp_path):
    """Final losses of four sizes, two horizons and two seeds: no shift, and a spread below the seeds'."""
    text = tokenise("stdlib", "bytes", tmp_path, limit_bytes=2_000_000)
    final: dict[str, list[float]] = {"auto": [], "plain": []}
    for n_layer, d_model in ((1, 8), (2, 16), (2, 24), (2, 32)):
        for tokens in (131_072, 262_144):
            for seed in (0, 1):
                shape = Shape(n_layer, d_model, max(1, d_model // 16), 64, 256)
                spec = RunSpec(shape, "stdlib", "bytes", text.data_id, tokens, 8, 0.008, 50, seed=seed, evaluations=2)
                for engine, losses in final.items():
                    run = train(spec, text, tmp_path / f"{engine}-{spec.id}", engine=engine)
                    losses.append(run.final.loss_nats)
    apart = np.array(final["auto"]) - np.array(final["plain"])
    between_seeds = np.diff(np.array(final["plain"]).reshape(-1, 2)).ravel() / np.sqrt(2)
    print(f"mean difference {apart.mean():+.5f}, spread {apart.std(ddof=1):.5f}, seeds {between_seeds.std():.5f} nats")
    assert abs(apart.mean()) < 2 * apart.std(ddof=1) / np.sqrt(len(apart))
    assert apart.std(ddof=1) < np.sqrt(np.mean(between_seeds**2))
