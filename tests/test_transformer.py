"""The Transformer is the one that Shape counts, and it reads no token before its time."""

import math

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from scalinglaws.models.head import CHUNK_LOGITS, head_loss, head_losses
from scalinglaws.models.transformer import Transformer
from scalinglaws.shape import Shape

SHAPES = [
    Shape(1, 8, 1, 64, 256),
    Shape(2, 16, 2, 64, 256),
    Shape(3, 24, 3, 32, 300, d_ff=50, tied=False),
    Shape(0, 16, 1, 16, 256),
    Shape(2, 128, 8, 1024, 50257),
]


def tokens(shape, batch=2, seed=0):
    return torch.randint(shape.n_vocab, (batch, shape.n_ctx), generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_built_module_has_the_parameters_that_its_shape_counts(shape):
    model = Transformer(shape, seed=0)
    assert sum(p.numel() for p in model.parameters()) == shape.params("total")
    outside = shape.params("embedding") * (1 if shape.tied else 2) + shape.params("position")
    assert shape.params("total") - outside == shape.params("non_embedding_exact")
    matrices = sum(p.numel() for n, p in model.named_parameters() if p.ndim == 2 and n.startswith("blocks"))
    assert matrices == shape.params("non_embedding")


@pytest.mark.parametrize("shape", SHAPES[:4], ids=str)
def test_measured_matrix_products_are_the_counted_flops(shape):
    model, batch = Transformer(shape, seed=0), tokens(shape)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        model.losses(batch, batch)
    assert counter.get_total_flops() == shape.flops_per_token("dense", train=False) * batch.numel()


def test_a_later_token_changes_no_earlier_loss():
    shape = SHAPES[1]
    model, one = Transformer(shape, seed=0), tokens(shape)
    other = one.clone()
    other[:, 40] = (other[:, 40] + 1) % shape.n_vocab
    targets = tokens(shape, seed=1)
    before, after = model.losses(one, targets), model.losses(other, targets)
    assert torch.equal(before[:, :40], after[:, :40])
    assert not torch.equal(before[:, 40:], after[:, 40:])


def test_tied_weights_share_storage_and_untied_ones_do_not():
    tied, untied = Transformer(SHAPES[1], seed=0), Transformer(SHAPES[2], seed=0)
    assert tied.head_VW.data_ptr() == tied.embed.weight.data_ptr()
    assert untied.head_VW.data_ptr() != untied.embed.weight.data_ptr()


@pytest.mark.parametrize("shape", SHAPES[:4], ids=str)
def test_the_loss_starts_at_the_logarithm_of_the_vocabulary(shape):
    batch, targets = tokens(shape, 16), tokens(shape, 16, seed=1)
    assert Transformer(shape, seed=0)(batch, targets).item() == pytest.approx(math.log(shape.n_vocab), abs=0.1)


def test_weights_follow_from_the_seed_alone():
    first, again, other = (torch.cat([p.flatten() for p in Transformer(SHAPES[1], s).parameters()]) for s in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("vocabulary", [256, CHUNK_LOGITS // 16 + 3])
def test_the_head_in_chunks_gives_the_loss_and_gradients_of_the_whole(vocabulary):
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(3, 11, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(vocabulary, 8, generator=generator, dtype=torch.float64, requires_grad=True)
    targets = torch.randint(vocabulary, (3, 11), generator=generator)
    whole = torch.nn.functional.cross_entropy((hidden @ weight.t()).flatten(0, 1), targets.flatten())
    expected = torch.autograd.grad(whole, (hidden, weight))
    chunked = head_loss(hidden, weight, targets)
    assert chunked.item() == pytest.approx(whole.item(), rel=1e-12)
    for ours, theirs in zip(torch.autograd.grad(3 * chunked, (hidden, weight)), expected, strict=True):
        assert torch.allclose(ours, 3 * theirs, rtol=1e-10, atol=1e-14)
    assert head_losses(hidden, weight, targets).mean().item() == pytest.approx(whole.item(), rel=1e-12)
