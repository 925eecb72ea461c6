"""Every family of models is the one that its Shape counts, reads no token before its time, and starts at ln V."""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from scalinglaws.models import FAMILIES, make_drop
from scalinglaws.models.recurrent import block_order
from scalinglaws.run.shape import FAMILIES as NAMES
from scalinglaws.run.shape import Shape

PLAIN = Shape(2, 16, 2, 64, 256)
LSTM = Shape(2, 16, 1, 64, 256, family="lstm")
SHAPES = {
    "one layer": Shape(1, 8, 1, 64, 256),
    "two layers": PLAIN,
    "untied, narrow feed-forward": Shape(3, 24, 3, 32, 300, d_ff=50, tied=False),
    "no layer": Shape(0, 16, 1, 16, 256),
    "as in Kaplan et al. 2020": Shape(2, 128, 8, 1024, 50257),
    "rmsnorm": replace(PLAIN, norm="rmsnorm"),
    "rotary": replace(PLAIN, positions="rotary"),
    "swiglu": replace(PLAIN, activation="swiglu"),
    "swiglu of a given width": replace(PLAIN, activation="swiglu", d_ff=20),
    "qk-norm": replace(PLAIN, qk_norm=True),
    "no biases": replace(PLAIN, biases=False),
    "wide attention": replace(PLAIN, d_attn=48, n_heads=3),
    "mup": replace(PLAIN, parametrisation="mup", base_width=8),
    "all of later practice": Shape(
        2, 24, 3, 32, 256, 0, False, norm="rmsnorm", positions="rotary", activation="swiglu", qk_norm=True, biases=False
    ),
    "recurrent, cyclic": replace(PLAIN, family="universal", reuse=3),
    "recurrent, stacked": replace(PLAIN, family="universal", reuse=3, sharing="stacked"),
    "recurrent, later practice": replace(PLAIN, family="universal", reuse=2, positions="rotary", activation="swiglu"),
    "mixture of experts": replace(PLAIN, family="moe", n_experts=4, experts_active=2),
    "lstm": LSTM,
    "lstm of four layers, untied": replace(LSTM, n_layer=4, tied=False),
    "lstm without biases": replace(LSTM, n_layer=1, biases=False),
}
SMALL = {name: shape for name, shape in SHAPES.items() if shape.n_vocab < 1000}
every_shape = pytest.mark.parametrize("name", SHAPES)
every_small_shape = pytest.mark.parametrize("name", SMALL)


def build(shape, seed=0):
    return FAMILIES[shape.family](shape, seed)


def tokens(shape, batch=2, seed=0):
    return torch.randint(shape.n_vocab, (batch, shape.n_ctx), generator=torch.Generator().manual_seed(seed))


def test_every_family_that_a_shape_may_name_is_on_the_shelf_and_in_the_table():
    assert set(FAMILIES) == set(NAMES) == {shape.family for shape in SHAPES.values()}


def is_matrix(name, weight):
    """Whether it is a matrix, or one of each expert; the biases of experts are two-dimensional too."""
    return weight.ndim > 1 and not name.endswith("_bias")


@every_shape
def test_the_built_module_has_the_parameters_that_its_shape_counts(name):
    shape = SHAPES[name]
    model = build(shape)
    assert sum(p.numel() for p in model.parameters()) == shape.params("total")
    outside = ("embed.", "position.", "untied.")
    inside = {n: p.numel() for n, p in model.named_parameters() if not n.startswith(outside)}
    assert sum(inside.values()) == shape.params("non_embedding_exact")
    counted = "bias_ih" if shape.family == "lstm" else "no bias"  # one bias a gate is counted (Shape.params)
    matrices = {n: p.numel() for n, p in model.named_parameters() if n in inside and (is_matrix(n, p) or counted in n)}
    assert sum(matrices.values()) == shape.params("non_embedding_all")


def in_place(total, a, b, out_shape=None, **others):
    """FLOPs of total += a b, which the counter does not know."""
    return 2 * a[0] * a[1] * b[1]


def products(model, work):
    """FLOPs of the matrix products of some work, in float64: oneDNN's fused LSTM, which is not counted, has float32."""
    model.double()
    with (
        sdpa_kernel(SDPBackend.MATH),
        FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: in_place}) as counter,
    ):
        work()
    return counter.get_total_flops()


@every_small_shape
def test_measured_matrix_products_are_the_counted_flops(name):
    shape = SMALL[name]
    model, batch = build(shape), tokens(shape)
    assert (
        products(model, lambda: model.losses(batch, batch))
        == shape.flops_per_token("dense", train=False) * batch.numel()
    )


@every_small_shape
def test_a_training_step_costs_three_forward_passes_of_matrix_products(name):
    shape = SMALL[name]
    model, batch = build(shape), tokens(shape)
    # the state that an LSTM starts from is no parameter: nothing goes back to it
    spared = shape.n_layer * 8 * shape.d_model**2 * len(batch) if shape.family == "lstm" else 0
    found = products(model, lambda: model(batch, batch).backward())
    assert found == shape.flops_per_token("dense") * batch.numel() - spared


@every_small_shape
def test_a_later_token_changes_no_earlier_loss(name):
    shape = SMALL[name]
    model, one, cut = build(shape), tokens(shape), shape.n_ctx * 5 // 8
    other = one.clone()
    other[:, cut] = (other[:, cut] + 1) % shape.n_vocab
    targets = tokens(shape, seed=1)
    before, after = model.losses(one, targets), model.losses(other, targets)
    assert torch.equal(before[:, :cut], after[:, :cut])
    changed = (before != after)[:, cut:].any(0)
    assert changed[0]
    assert changed[1:].any() == (shape.n_layer > 0)  # without layers a token speaks for its own place alone


@every_small_shape
def test_the_loss_starts_at_the_logarithm_of_the_vocabulary(name):
    shape = SMALL[name]
    batch, targets = tokens(shape, 16), tokens(shape, 16, seed=1)
    assert build(shape)(batch, targets).item() == pytest.approx(math.log(shape.n_vocab), abs=0.1)


@pytest.mark.parametrize("family", NAMES)
def test_tied_weights_share_storage_and_untied_ones_do_not(family):
    experts = {"n_experts": 4, "experts_active": 2} if family == "moe" else {}
    shape = replace(LSTM, family=family, **experts)
    tied, untied = build(shape), build(replace(shape, tied=False))
    assert tied.head_VW.data_ptr() == tied.embed.weight.data_ptr()
    assert untied.head_VW.data_ptr() != untied.embed.weight.data_ptr()


@every_small_shape
def test_weights_follow_from_the_seed_alone(name):
    first, again, other = (torch.cat([p.flatten() for p in build(SMALL[name], s).parameters()]) for s in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@every_small_shape
def test_dropout_changes_a_training_loss_and_follows_from_its_seed(name):
    shape = SMALL[name]
    model, batch, targets = build(shape), tokens(shape), tokens(shape, seed=1)
    for weight in model.parameters():
        weight.data.mul_(10)  # at the start nothing is large enough to be missed
    plain, first, again, other = (
        model(batch, targets, drop).item()
        for drop in (None, make_drop(0.3, seed=1), make_drop(0.3, seed=1), make_drop(0.3, seed=2))
    )
    assert first == again
    assert len({plain, first, other}) == 3
    assert model.losses(batch, targets).mean().item() == pytest.approx(plain, rel=1e-5)


@pytest.mark.parametrize("sharing", ["cyclic", "stacked"])
def test_a_recurrent_transformer_that_uses_each_block_once_is_the_plain_one(sharing):
    recurrent = build(replace(PLAIN, family="universal", sharing=sharing), 5)
    plain, batch = build(PLAIN, 5), tokens(PLAIN)
    assert torch.equal(recurrent.losses(batch, batch), plain.losses(batch, batch))
    for a, b in zip(recurrent.parameters(), plain.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize(("sharing", "order"), [("cyclic", (0, 1, 0, 1, 0, 1)), ("stacked", (0, 0, 0, 1, 1, 1))])
def test_blocks_used_again_are_a_deeper_transformer_with_equal_weights(sharing, order):
    shape = replace(PLAIN, family="universal", reuse=3, sharing=sharing)
    assert block_order(shape) == order
    recurrent, deep = build(shape), build(replace(PLAIN, n_layer=6))
    for weight, other in ((deep.embed, recurrent.embed), (deep.position, recurrent.position)):
        weight.load_state_dict(other.state_dict())
    for block, i in zip(deep.blocks, order, strict=True):
        block.load_state_dict(recurrent.blocks[i].state_dict())
    batch = tokens(PLAIN)
    assert torch.equal(recurrent.losses(batch, batch), deep.losses(batch, batch))


def cell(weights, x, h, c):
    """One step of an LSTM as Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000."""
    gates = x @ weights.weight_ih_l0.t() + h @ weights.weight_hh_l0.t() + weights.bias_ih_l0 + weights.bias_hh_l0
    i, f, g, o = gates.chunk(4, dim=-1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def test_the_lstm_is_the_cell_written_by_hand():
    model, batch = build(LSTM), tokens(LSTM)
    rng = torch.Generator().manual_seed(0)
    for weight in model.parameters():
        weight.data.normal_(generator=rng).mul_(0.5)
    with torch.no_grad():
        hidden = model.embed(batch)
        for block in model.blocks:
            h = c = torch.zeros(2, LSTM.d_model)
            steps = []
            for t in range(LSTM.n_ctx):
                h, c = cell(block, hidden[:, t], h, c)
                steps.append(h)
            hidden = torch.stack(steps, 1)
        assert torch.allclose(model.hidden(batch), hidden, rtol=0, atol=1e-6)


def test_an_lstm_starts_with_open_forget_gates_and_no_other_bias():
    first = build(LSTM).blocks[0]
    total = (first.bias_ih_l0 + first.bias_hh_l0).detach()
    assert total.view(4, -1).mean(1).tolist() == [0.0, 1.0, 0.0, 0.0]
