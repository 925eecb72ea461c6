"""Products in bfloat16 are close to float32's, weights stay float32, and neither an id nor a bit of old runs moves."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import StudyError
from scalinglaws.models import FAMILIES, make_drop
from scalinglaws.models.head import head_loss, head_losses
from scalinglaws.models.precision import in_precision, onednn_recurs
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import Interrupted, train
from scalinglaws.training.windows import Order, Windows

PLAIN = Shape(2, 16, 2, 32, 300)
SHAPES = {
    "transformer": PLAIN,
    "later practice": replace(
        PLAIN, norm="rmsnorm", positions="rotary", activation="swiglu", qk_norm=True, biases=False, tied=False
    ),
    "universal": replace(PLAIN, family="universal", reuse=2),
    "lstm": Shape(2, 16, 1, 32, 300, family="lstm"),
}
every_family = pytest.mark.parametrize("name", SHAPES)
WORDS = ["scale", "loss", "law", "token", "model", "data", "compute", "batch", "noise", "step"]


def some_tokens(shape, seed=0):
    tokens = torch.randint(shape.n_vocab, (4, shape.n_ctx + 1), generator=torch.Generator().manual_seed(seed))
    return tokens[:, :-1], tokens[:, 1:]


def loss_and_gradients(shape, precision):
    model = FAMILIES[shape.family](shape, 0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.ndim == 2:
                weight.mul_(3.0)  # away from the flat start, so that the products matter
    with in_precision(precision, "cpu"):
        loss = model(*some_tokens(shape))
    loss.backward()
    return float(loss.detach()), [weight.grad for weight in model.parameters()]


@every_family
def test_loss_and_gradients_in_bfloat16_are_those_of_float32_to_its_eight_bits(name):
    loss, gradients = loss_and_gradients(SHAPES[name], "float32")
    lower_loss, lower = loss_and_gradients(SHAPES[name], "bfloat16")
    assert lower_loss != loss, "autocast changed nothing: the products were not in bfloat16"
    assert lower_loss == pytest.approx(loss, rel=2e-3)
    assert {gradient.dtype for gradient in lower} == {torch.float32}
    size = torch.cat([g.flatten() for g in gradients]).norm()
    apart = torch.cat([(a - b).flatten() for a, b in zip(gradients, lower, strict=True)]).norm()
    assert 0 < apart < 0.02 * size


def test_an_lstm_multiplies_in_bfloat16_where_onednn_has_no_kernel_for_it(monkeypatch):
    monkeypatch.setattr("scalinglaws.models.precision.onednn_recurs", lambda: False)
    test_loss_and_gradients_in_bfloat16_are_those_of_float32_to_its_eight_bits("lstm")
    assert torch.backends.mkldnn.enabled
    loss, _ = loss_and_gradients(SHAPES["lstm"], "bfloat16")
    monkeypatch.undo()
    other, _ = loss_and_gradients(SHAPES["lstm"], "bfloat16")
    assert (loss != other) == onednn_recurs()  # the same kernel where there is one alone


def test_the_head_under_autocast_is_the_plain_head_of_rounded_inputs():
    draw = torch.Generator().manual_seed(0)
    hidden, weight = torch.randn(2, 50, 8, generator=draw), torch.randn(300, 8, generator=draw)
    targets = torch.randint(300, (2, 50), generator=draw)
    hidden, weight = (x.bfloat16().float().requires_grad_() for x in (hidden, weight))
    with in_precision("bfloat16", "cpu"):
        loss, losses = head_loss(hidden, weight, targets), head_losses(hidden.detach(), weight.detach(), targets)
    loss.backward()
    logits = (hidden.detach() @ weight.detach().t()).bfloat16().float()
    plain = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    assert losses.dtype == loss.dtype == hidden.grad.dtype == weight.grad.dtype == torch.float32
    torch.testing.assert_close(losses.flatten(), plain, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(loss.detach(), plain.mean(), rtol=1e-6, atol=1e-6)


def test_dropout_keeps_its_mean_in_bfloat16():
    ones = torch.ones(1000, 1000, dtype=torch.bfloat16)
    dropped = make_drop(0.1, 0)(ones)
    assert dropped.dtype == torch.bfloat16
    assert set(dropped.unique().tolist()) == {0.0, float(torch.tensor(1 / 0.9).bfloat16())}
    assert torch.equal(make_drop(0.1, 0)(torch.ones(1000, 1000)) > 0, dropped > 0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    for i in range(60):
        (folder / f"{i}.txt").write_text(f"document {i} " + " ".join(rng.choice(WORDS, 1500)))
    return tokenise(f"text:{folder}", "bytes", folder / "cache")


@pytest.fixture
def spec(data):
    shape = Shape(1, 16, 1, 32, 256)
    return RunSpec(shape, "text", "bytes", data.data_id, 8_000, 8, 0.02, 10, evaluations=4, eval_tokens=4096)


def curve(run):
    return [(e.step, e.loss_nats, e.loss_train_nats) for e in run.curve]


def test_float32_is_the_default_and_no_part_of_an_id(spec):
    assert replace(spec, precision="float32").id == spec.id
    assert len({replace(spec, precision=p).id for p in ("float32", "tf32", "bfloat16")}) == 3
    with pytest.raises(StudyError, match="float16"):
        replace(spec, precision="float16")


def test_a_run_in_bfloat16_ends_near_that_in_float32_and_goes_on_bit_for_bit(spec, data, tmp_path, monkeypatch):
    whole = train(spec, data, tmp_path / "float32")
    spec = replace(spec, precision="bfloat16", dropout=0.1, accumulate=2)
    plain = train(replace(spec, precision="float32"), data, tmp_path / "dropped")
    lower = train(spec, data, tmp_path / "bfloat16")
    assert lower.final.loss_nats == pytest.approx(plain.final.loss_nats, abs=3e-3)
    assert len({whole.final.loss_nats, plain.final.loss_nats, lower.final.loss_nats}) == 3

    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    again, sittings = None, 0
    while again is None:
        calls = iter(range(10))
        try:
            again = train(spec, data, tmp_path / "pieces", stop=lambda calls=calls: next(calls) == 9)
        except Interrupted:
            sittings += 1
    assert sittings > 2
    assert curve(again) == curve(lower)


def test_tf32_is_float32_on_a_cpu(spec, data, tmp_path):
    runs = [train(replace(spec, precision=p), data, tmp_path / p) for p in ("float32", "tf32")]
    assert curve(runs[0]) == curve(runs[1])


def test_a_text_held_on_a_device_gives_the_windows_that_one_on_disk_gives(spec, data, monkeypatch):
    tokens = data.split("train")
    starts = Order(spec, len(tokens)).starts(3)[::2]
    on_disk, held = Windows(tokens, 32, "cpu"), Windows(tokens, 32, "cpu:0")  # a device that is not called "cpu"
    monkeypatch.setattr("scalinglaws.training.windows.MOST_ON_GPU", 10)
    too_long = Windows(tokens, 32, "cpu:0")
    assert isinstance(held.tokens, torch.Tensor)
    assert not isinstance(too_long.tokens, torch.Tensor)
    for inputs, targets in (windows.at(starts) for windows in (held, too_long)):
        assert torch.equal(inputs, on_disk.at(starts)[0])
        assert torch.equal(targets, on_disk.at(starts)[1])
        assert torch.equal(inputs[:, 1:], targets[:, :-1])
