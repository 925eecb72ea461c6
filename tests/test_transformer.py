"""The parts of the Transformer follow their papers' formulas, and its output head in chunks is the whole."""

from dataclasses import replace

import pytest
import torch

from scalinglaws.models.head import CHUNK_LOGITS, head_loss, head_losses
from scalinglaws.models.transformer import Attention, Block, Transformer, turn
from scalinglaws.run.shape import Shape

SHAPE = Shape(2, 16, 2, 64, 256)


def hidden(shape=SHAPE, seed=0):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(2, shape.n_ctx, shape.d_model, generator=rng, dtype=torch.float64)


def filled(part):
    """Give a part weights of size one in double precision, gains and biases included."""
    part = part.double()
    rng = torch.Generator().manual_seed(7)
    for weight in part.parameters():
        weight.data.normal_(generator=rng)
    return part


WIDER = {"parametrisation": "mup", "base_width": 8, "base_d_head": 4}  # heads of 8 where the base has heads of 4


@pytest.mark.parametrize("changes", [{}, WIDER, {"qk_norm": True}, {"d_attn": 24}], ids=str)
def test_attention_is_the_softmax_of_scaled_products_over_the_past(changes):
    shape = replace(SHAPE, **changes)
    part, x = filled(Attention(shape)), hidden(shape)
    q, k, v = (y.view(2, 64, 2, -1).transpose(1, 2) for y in part.qkv(x).chunk(3, dim=-1))
    if shape.qk_norm:
        q, k = (y / y.square().mean(-1, keepdim=True).sqrt() for y in (q, k))
        q, k = q * part.norm_q.weight, k * part.norm_k.weight
    scale = 4**0.5 / 8 if shape.parametrisation == "mup" else shape.d_head**-0.5
    scores = scale * q @ k.transpose(-1, -2)
    past = torch.ones(64, 64, dtype=torch.bool).tril()
    mixed = scores.masked_fill(~past, float("-inf")).softmax(-1) @ v
    assert torch.allclose(part(x), part.project(mixed.transpose(1, 2).flatten(2)), rtol=1e-5, atol=1e-5)


def test_swiglu_is_silu_of_one_half_times_the_other():
    shape = replace(SHAPE, activation="swiglu", d_ff=20)
    block = filled(Block(shape))
    gate, value = torch.randn(2, 3, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).chunk(2, -1)
    found = block.activate(torch.cat([gate, value], -1))
    assert torch.allclose(found, gate / (1 + torch.exp(-gate)) * value, rtol=1e-12, atol=0)


def test_rotary_products_depend_on_the_distance_of_two_places_alone_and_turning_keeps_lengths():
    """Su et al. 2021, eq 11."""
    model = Transformer(replace(SHAPE, positions="rotary"), 0)
    rng = torch.Generator().manual_seed(0)
    q, k = (torch.randn(8, generator=rng).expand(64, 8) for _ in range(2))
    turned_q, turned_k = (turn(x, model.cosines_TW, model.sines_TW) for x in (q, k))
    products = turned_q @ turned_k.T
    for distance in (0, 1, 5, 40):
        along = products.diagonal(-distance)
        assert torch.allclose(along, along[:1].expand_as(along), rtol=1e-4, atol=1e-4)
    assert products[1, 0] != pytest.approx(products[6, 0].item(), abs=1e-2)
    assert torch.allclose(turned_q.norm(dim=-1), q.norm(dim=-1), rtol=1e-5)
    assert torch.equal(turned_q[0], q[0])


def test_rotary_angles_are_those_of_the_paper():
    """theta_i = 10000^(-2 i / d_head) for pair i, times the place."""
    model = Transformer(Shape(1, 8, 1, 32, 256, positions="rotary"), 0)
    assert model.cosines_TW[3].tolist() == pytest.approx(torch.cos(3 * 10.0 ** -torch.arange(4.0)).tolist(), rel=1e-6)


@pytest.mark.parametrize("heads", [1, 2, 16])
@pytest.mark.parametrize("changes", [{}, {"tied": False}, {"activation": "swiglu", "norm": "rmsnorm"}], ids=str)
def test_under_mup_a_model_of_the_base_width_is_the_standard_one(changes, heads):
    standard = Transformer(replace(SHAPE, n_heads=heads, **changes), 3)
    mup = Transformer(replace(SHAPE, n_heads=heads, parametrisation="mup", base_width=16, **changes), 3)
    tokens = torch.randint(256, (2, 64), generator=torch.Generator().manual_seed(0))
    assert torch.equal(standard.losses(tokens, tokens), mup.losses(tokens, tokens))


def test_under_mup_the_variance_of_hidden_matrices_and_the_logits_fall_with_the_width():
    narrow, wide = (Transformer(Shape(2, d, 4, 32, 256, parametrisation="mup"), 0) for d in (64, 256))
    for name in ("qkv", "project"):
        sds = [getattr(model.blocks[0].attention, name).weight.std().item() for model in (narrow, wide)]
        assert sds[0] / sds[1] == pytest.approx(2.0, rel=0.03)
    assert narrow.embed.weight.std().item() == pytest.approx(wide.embed.weight.std().item(), rel=0.03)
    tokens = torch.randint(256, (2, 32), generator=torch.Generator().manual_seed(0))
    sizes = [model.hidden(tokens).square().mean().sqrt().item() for model in (narrow, wide)]
    assert sizes == pytest.approx([1.0, 1 / 4], rel=0.02)  # the last norm's output over m


def test_weights_that_write_to_the_residual_stream_are_smaller_the_more_of_them_there_are():
    plain, often = Shape(2, 64, 4, 32, 256), Shape(2, 64, 4, 32, 256, family="universal", reuse=4)
    sds = [Transformer(shape, 0).blocks[1].narrow.weight.std().item() for shape in (plain, often)]
    assert sds == pytest.approx([0.02 / 2, 0.02 / 4], rel=0.03)


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
