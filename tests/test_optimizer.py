"""Optimizers take the steps of their papers, over flat tensors or matrices alike."""

from dataclasses import replace

import pytest
import torch

from scalinglaws.models import FAMILIES, make_drop
from scalinglaws.run.run import OPTIMIZERS, RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.optimizer import ADAFACTOR_FLOOR, clip, descend, gradient, make_optimizer, move

SPEC = RunSpec(Shape(2, 16, 2, 32, 256), "text", "bytes", "0", 40_000, 8, 0.03, 10)


def batch(spec=SPEC, seed=1):
    tokens = torch.randint(256, (spec.batch, 33), generator=torch.Generator().manual_seed(seed))
    return tokens[:, :-1], tokens[:, 1:]


def build(spec):
    return FAMILIES[spec.shape.family](spec.shape, spec.seed)


def hidden(model):
    """The matrices of the blocks."""
    return {name: w for name, w in model.named_parameters() if w.ndim == 2 and name.startswith("blocks.")}


def theirs(spec, model):
    """The same optimizer over a model's weights one by one."""
    settings = {"lr": spec.lr, "betas": (spec.beta1, spec.beta2), "eps": spec.eps}
    if spec.optimizer == "adam":
        return [torch.optim.Adam(model.parameters(), **settings)]
    inside = list(hidden(model).values()) if spec.optimizer == "muon" else []
    rest = [w for w in model.parameters() if not any(w is one for one in inside)]
    groups = [
        {"params": [w for w in rest if w.ndim > 1], "weight_decay": spec.weight_decay},
        {"params": [w for w in rest if w.ndim < 2], "weight_decay": 0.0},
    ]
    muon = {"lr": spec.lr, "weight_decay": spec.weight_decay, "adjust_lr_fn": "match_rms_adamw"}
    return [torch.optim.AdamW(groups, **settings)] + ([torch.optim.Muon(inside, **muon)] if inside else [])


@pytest.mark.parametrize("family", ["transformer", "universal", "lstm"])
@pytest.mark.parametrize("kind", ["adam", "adamw", "muon"])
def test_flat_weights_take_the_steps_that_single_ones_take(kind, family):
    heads = 1 if family == "lstm" else 2
    asked = replace(SPEC, optimizer=kind, shape=replace(SPEC.shape, family=family, n_heads=heads))
    flat, single = build(asked).double(), build(asked).double()
    ours, other = make_optimizer(asked, flat), theirs(asked, single)
    inputs, targets = batch()
    for _ in range(3):
        single.zero_grad()
        single(inputs, targets).backward()
        gradient(flat, ours.weights, inputs, targets)
        norm = torch.nn.utils.clip_grad_norm_(single.parameters(), 0.5).item()
        assert clip(ours.weights, 0.5).item() == pytest.approx(norm, rel=1e-12)
        move(ours, asked.lr)
        for part in other:
            part.step()
    for a, b in zip(flat.parameters(), single.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_the_steps_of_adam_are_those_of_the_class_of_pytorch_bit_for_bit(kind):
    asked = replace(SPEC, optimizer=kind)
    model, twin = build(asked), build(asked)
    ours, other = make_optimizer(asked, model), make_optimizer(asked, twin)
    groups = [{**group} for group in other.parts[0].param_groups]
    cls = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
    theirs = cls(groups, lr=asked.lr, betas=(asked.beta1, asked.beta2), eps=asked.eps, fused=True)
    for step in range(5):
        for one, optimizer in ((model, ours), (twin, other)):
            gradient(one, optimizer.weights, *batch(seed=step))
        move(ours, asked.lr)
        theirs.step()
    assert all(torch.equal(a, b) for a, b in zip(ours.weights, other.weights, strict=True))
    for a, b in zip(ours.weights, other.weights, strict=True):
        assert all(torch.equal(value, theirs.state[b][name]) for name, value in ours.parts[0].state[a].items())


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("family", ["transformer", "universal", "lstm"])
def test_every_optimizer_learns_a_batch_by_heart(kind, family):
    heads = 1 if family == "lstm" else 2
    asked = replace(SPEC, optimizer=kind, shape=replace(SPEC.shape, family=family, n_heads=heads))
    model = build(asked)
    optimizer, losses = make_optimizer(asked, model), []
    for _ in range(60):
        losses.append(descend(model, optimizer, *batch(), 0.01, 1.0).item())
    assert losses[-1] < losses[0] - 0.5


def test_the_weights_of_an_optimizer_are_all_weights_of_its_model_once():
    for kind in OPTIMIZERS:
        model = build(replace(SPEC, optimizer=kind))
        many = sum(weight.numel() for weight in model.parameters())
        assert sum(weight.numel() for weight in make_optimizer(replace(SPEC, optimizer=kind), model).weights) == many


def test_muon_has_the_matrices_of_blocks_and_adamw_the_rest_and_both_decay_matrices():
    model = build(replace(SPEC, optimizer="muon"))
    muon, adamw = make_optimizer(replace(SPEC, optimizer="muon"), model).parts
    assert isinstance(muon, torch.optim.Muon)
    assert [w.shape for w in muon.param_groups[0]["params"]] == [w.shape for w in hidden(model).values()]
    outside = [model.embed.weight.numel() + model.position.weight.numel()]
    assert [sum(w.numel() for w in g["params"]) for g in adamw.param_groups][:1] == outside
    assert [g["weight_decay"] for g in (*muon.param_groups, *adamw.param_groups)] == [0.1, 0.1, 0.0]


class Rows(torch.nn.Module):
    """A model whose gradient with respect to one matrix is a given one."""

    def __init__(self, weight, wanted):
        super().__init__()
        self.weight, self.wanted = torch.nn.Parameter(weight.clone()), wanted

    def forward(self, inputs, targets, drop):
        return (self.weight * self.wanted).sum()


def adafactor_step(weight, wanted, **changes):
    model = Rows(weight, wanted)
    spec = replace(SPEC, optimizer="adafactor", **changes)
    optimizer = make_optimizer(spec, model)
    descend(model, optimizer, None, None, spec.lr, 0.0)
    return model.weight.detach(), optimizer.parts[0].state[model.weight]


def test_adafactor_is_exact_where_the_squared_gradient_has_rank_one_and_keeps_rows_and_columns_alone():
    """Shazeer & Stern 2018: with g_ij^2 = a_i b_j the factored estimate is g^2 itself: the first step is lr sign(g)."""
    rng = torch.Generator().manual_seed(0)
    rows, columns = torch.rand(6, 1, generator=rng).double() + 0.1, torch.rand(1, 9, generator=rng).double() + 0.1
    signs = torch.randn(6, 9, generator=rng).double().sign()
    weight = torch.randn(6, 9, generator=rng).double()
    moved, state = adafactor_step(weight, (rows * columns).sqrt() * signs, weight_decay=0.0)
    assert torch.allclose(moved, weight - SPEC.lr * signs, rtol=0, atol=1e-12)
    assert sum(value.numel() for name, value in state.items() if name != "step") == 6 + 9


def test_adafactor_steps_at_the_schedule_s_rate_whatever_the_size_of_the_weights_and_decays_them():
    rng = torch.Generator().manual_seed(0)
    signs = torch.randn(6, 9, generator=rng).double().sign()
    for size in (1e-3, 1.0, 100.0):
        weight = torch.full((6, 9), size, dtype=torch.float64)
        moved, _ = adafactor_step(weight, signs, weight_decay=0.5)
        assert torch.allclose(moved, weight * (1 - SPEC.lr * 0.5) - SPEC.lr * signs, rtol=1e-12, atol=1e-12)
    assert ADAFACTOR_FLOOR > 100.0


def test_adafactor_leaves_a_weight_alone_that_has_no_gradient():
    weight, wanted = torch.ones(3, 4), torch.ones(3, 4)
    wanted[1] = 0.0
    moved, _ = adafactor_step(weight, wanted, weight_decay=0.0)
    assert torch.equal(moved[1], weight[1])
    assert moved.isfinite().all()
    assert (moved[0] < weight[0]).all()


def test_under_mup_hidden_matrices_learn_more_slowly_and_forget_as_fast():
    shape = replace(SPEC.shape, parametrisation="mup", base_width=4)
    groups = make_optimizer(replace(SPEC, shape=shape), build(replace(SPEC, shape=shape))).parts[0].param_groups
    assert [g["lr_scale"] for g in groups] == [1 / 4, 1.0, 1.0]
    assert [g["lr_scale"] * g["weight_decay"] for g in groups] == pytest.approx([0.1, 0.1, 0.0])
    inside = 12 * 2 * 16**2
    assert [sum(w.numel() for w in g["params"]) for g in groups][:2] == [inside, 256 * 16 + 32 * 16]


@pytest.mark.parametrize("parts", [2, 4, 8])
def test_the_parts_of_a_batch_have_the_gradient_of_the_whole(parts):
    model = build(SPEC).double()
    weights = make_optimizer(SPEC, model).weights
    whole = gradient(model, weights, *batch())
    expected = [weight.grad.clone() for weight in weights]
    assert gradient(model, weights, *batch(), accumulate=parts).item() == pytest.approx(whole.item(), rel=1e-7)
    for weight, grad in zip(weights, expected, strict=True):
        assert torch.allclose(weight.grad, grad, rtol=1e-10, atol=1e-13)


def test_clipping_leaves_a_gradient_of_the_norm_asked_for_or_none_at_all():
    model = build(SPEC)
    weights = make_optimizer(SPEC, model).weights
    gradient(model, weights, *batch())
    before = clip(weights, 0.0).item()
    assert clip(weights, before / 2).item() == before
    assert clip(weights, 0.0).item() == pytest.approx(before / 2, rel=1e-5)


def test_a_drop_keeps_the_mean_follows_from_its_seed_and_is_nothing_for_none():
    ones = torch.ones(400, 500)
    drop = make_drop(0.1, seed=5)
    first, second = drop(ones), drop(ones)
    assert first.unique().tolist() == pytest.approx([0.0, 1 / 0.9])
    assert first.mean().item() == pytest.approx(1.0, abs=4 * (0.1 / 0.9 / 200_000) ** 0.5)
    assert not torch.equal(first, second)
    assert torch.equal(first, make_drop(0.1, seed=5)(ones))
    assert make_drop(0.0, seed=5) is None
