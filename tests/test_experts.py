"""Mixtures of experts: exact counts, the formula of the layer, the loss that balances them, and a run of one."""

import numpy as np
import pytest
import torch

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.designing.arms_of_study import told_of_arms
from scalinglaws.designing.design import lay_out, make_shape
from scalinglaws.designing.study_file import Study
from scalinglaws.errors import MisuseError, ShapeError, StudyError
from scalinglaws.fitting.fit import fit
from scalinglaws.models import FAMILIES, Transformer
from scalinglaws.models.experts import Experts, imbalance
from scalinglaws.run.run import OTHER_EXPERTS, Evaluation, Run, RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.store.points_of_runs import points_of
from scalinglaws.studying.training_columns import with_arms
from scalinglaws.training.compiled.support import supports
from scalinglaws.training.sharded import require_shardable
from scalinglaws.training.train import train

KINDS = {
    "of the paper": {},
    "later practice": {"activation": "swiglu", "biases": False, "norm": "rmsnorm", "tied": False, "d_ff": 20},
    "one active": {"positions": "rotary", "qk_norm": True, "experts_active": 1},
    "all active": {"experts_active": 4},
}


def shape(**changes) -> Shape:
    return Shape(2, 16, 2, 8, 50, **{"family": "moe", "n_experts": 4, "experts_active": 2} | changes)


@pytest.mark.parametrize("kind", KINDS)
def test_active_and_total_counts_are_those_of_the_built_module(kind):
    made = shape(**KINDS[kind])
    model = FAMILIES["moe"](made, 0)
    assert sum(weight.numel() for weight in model.parameters()) == made.params("total")
    idle = made.n_layer * (made.n_experts - made.experts_active)
    of_one = sum(w[0].numel() for name, w in model.blocks[0].experts.named_parameters() if "router" not in name)
    assert made.params("active") == made.params("total") - idle * of_one
    matrices = [w for name, w in model.blocks.named_parameters() if w.ndim >= 2 and not name.endswith("bias")]
    assert made.params("non_embedding_all") == sum(weight.numel() for weight in matrices)
    assert made.params() == made.params("non_embedding_all") - idle * of_one + idle * (
        of_one - made.parts.expert_matrices
    )
    assert made.flops_per_token("6n", train=False) == 2 * made.params()


def test_equal_experts_that_are_all_used_are_the_dense_layer():
    torch.manual_seed(0)
    dense = Transformer(Shape(1, 16, 2, 8, 50), 0)
    mixed = Experts(Shape(1, 16, 2, 8, 50, family="moe", n_experts=3, experts_active=3))
    block, x = dense.blocks[0], torch.randn(2, 8, 16)
    with torch.no_grad():
        for name in ("widen", "narrow"):
            layer = getattr(block, name)
            getattr(mixed, name).copy_(layer.weight.expand(3, -1, -1))
            getattr(mixed, f"{name}_bias").copy_(layer.bias.normal_().expand(3, -1))
        torch.testing.assert_close(mixed(x), block.narrow(block.activate(block.widen(x))))


def test_a_token_takes_the_experts_of_highest_probability_by_their_gates():
    torch.manual_seed(0)
    mixed = Experts(shape(biases=False))
    with torch.no_grad():
        mixed.widen.normal_()
        mixed.narrow.normal_()
        x = torch.randn(1, 1, 16)
        chance = torch.softmax(mixed.router(x[0, 0]), -1)
        first, second = chance.topk(2).indices.tolist()
        of = [torch.nn.functional.gelu(x[0, 0] @ mixed.widen[i].T) @ mixed.narrow[i].T for i in (first, second)]
        gates = chance[[first, second]] / (chance[first] + chance[second])
        torch.testing.assert_close(mixed(x)[0, 0], gates[0] * of[0] + gates[1] * of[1])


def test_the_imbalance_is_1_when_experts_are_used_alike_and_their_number_when_one_takes_all():
    even = torch.full((8, 4), 0.25)
    assert imbalance(even, torch.arange(8)[:, None] % 4) == pytest.approx(1.0)
    one = torch.eye(4)[torch.zeros(8, dtype=torch.long)]
    assert imbalance(one, torch.zeros(8, 1, dtype=torch.long)) == pytest.approx(4.0)


def test_balancing_changes_the_gradient_of_the_router_and_no_reported_loss():
    tokens = torch.randint(50, (3, 8), generator=torch.Generator().manual_seed(0))
    found = {}
    for balance in (0.0, 1.0):
        model = FAMILIES["moe"](shape(balance=balance), 0)
        loss = model(tokens, tokens)
        loss.backward()
        found[balance] = (float(loss.detach()), model.blocks[0].experts.router.weight.grad.clone())
        assert found[balance][0] == pytest.approx(float(model.losses(tokens, tokens).mean()), rel=1e-6)
    assert found[0.0][0] == found[1.0][0]
    assert (found[0.0][1] - found[1.0][1]).abs().max() > 1e-4


def test_a_run_learns_on_the_plain_path_is_repeated_to_the_bit_and_its_points_have_the_experts(tmp_path):
    text = "\n\n\n".join(f"the loss of run {i} falls as the power of its size and of its data" for i in range(800))
    (tmp_path / "text.txt").write_text(text)
    data = tokenise(f"text:{tmp_path}/text.txt", "bytes", tmp_path)
    made = Shape(1, 16, 1, 16, 256, family="moe", n_experts=4, experts_active=1, d_ff=16)
    spec = RunSpec(made, "text", "bytes", data.data_id, 10_000, 8, 0.03, 5, evaluations=2, eval_tokens=1024)
    assert supports(spec) == "it is a mixture of experts"
    whole = train(spec, data, tmp_path / "a")
    assert whole.outcome == "finished" and whole.provenance["engine"] == "plain"
    again = train(spec, data, tmp_path / "b")
    assert [e.loss_nats for e in again.curve] == [e.loss_nats for e in whole.curve]
    points = points_of([whole])
    row = {name: points[name][0] for name in ("n_experts", "n_experts_active", "activation_ratio", "granularity")}
    assert row == {"n_experts": 4, "n_experts_active": 1, "activation_ratio": 0.25, "granularity": 4}
    assert points["params_active"][0] == made.params("active") < points["params_total"][0] == made.params("total")


def test_what_a_mixture_cannot_be_is_refused_with_what_to_write():
    with pytest.raises(ShapeError, match="n_experts = 8 and experts_active = 2"):
        shape(experts_active=0)
    with pytest.raises(ShapeError, match="experts are of family 'moe'"):
        shape(family="transformer")
    with pytest.raises(ShapeError, match="not defined here"):
        shape(parametrisation="mup", base_width=16)
    spec = RunSpec(shape(), "t", "bytes", "x", 1000, 4, 0.01, 5)
    with pytest.raises(MisuseError, match="mixture of experts"):
        require_shardable(spec)
    with pytest.raises(StudyError, match="take adam or adamw"):
        RunSpec(shape(), "t", "bytes", "x", 1000, 4, 0.01, 5, optimizer="muon")
    assert Study("s", ((1, 16),), (1e4,)).n_experts == 0


def several(**changes) -> Study:
    keys = {"family": "moe", "experts_active": 1, "each_experts": (1, 2, 4), "n_ctx": 8, "batch": 4, "warmup_steps": 2}
    return Study("s", ((1, 16), (1, 24), (1, 32), (1, 48)), (2e3, 4e3), **keys | changes)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "text.txt").write_text("\n\n\n".join(f"run {i} has the loss {i * 7 % 90}" for i in range(900)))
    return tokenise(f"text:{folder}/text.txt", "bytes", folder / "cache")


def test_numbers_of_experts_are_arms_of_one_study_whose_first_is_dense(data, tmp_path):
    study = several(corpus=data.index.corpus, hold_out=1)
    sweep = lay_out(study, data, data.folder.parent)
    by_count = {n: [run for run in sweep.runs if run.shape.n_experts == n] for n in (0, 2, 4)}
    plain = {"family": "transformer", "experts_active": 0, "each_experts": ()}
    dense = lay_out(several(corpus=data.index.corpus, hold_out=1, **plain), data, tmp_path)
    assert {run.id for run in by_count[0]} == {run.id for run in dense.runs}
    assert {sweep.left_out.get(run.id, "") for run in by_count[0]} == {""}
    assert {sweep.left_out[run.id] for run in by_count[4]} == {OTHER_EXPERTS}
    assert {run.shape.d_model for run in by_count[4]} == {16, 24, 32} and sweep.held_out
    assert all(run.shape.experts_active == 1 and run.shape.family == "moe" for run in by_count[2])
    assert "3 arms: experts=1; experts=2; experts=4" in told_of_arms(study)[0]
    wide = make_shape(several(experts_active=2, each_experts=(1, 2, 4)), (1, 16), 256)
    assert wide.family == "transformer" and wide.width_ff == 2 * 64
    mixed = make_shape(several(experts_active=2, each_experts=(4,)), (1, 16), 256)
    assert wide.params() == mixed.params() - 16 * 4  # the router


def test_leverage_is_read_off_the_dense_runs_and_the_law_of_leverage_takes_all_arms(data):
    sweep, runs = lay_out(several(corpus=data.index.corpus), data, data.folder.parent), []
    for spec in (one for one in sweep.runs if not one.is_trunk):
        flops = spec.shape.flops_per_token("6n") * spec.trained_tokens
        worth = max(1, spec.shape.n_experts) ** (0.1 * np.log10(flops) - 0.4)  # of the law, with a = 0.4 and d = -0.1
        loss = 1 + 3 * (flops * worth / spec.trained_tokens / 1e5) ** -0.3
        last = Evaluation(spec.steps, spec.trained_tokens, 0.0, loss)
        runs.append(Run(spec, "finished", "", (last,), 1.0, 10**4))
    points = with_arms(points_of(runs, left_out=sweep.left_out), runs)
    assert set(points["arm"]) == {"experts=1", "experts=2", "experts=4"}
    read = np.isfinite(points["efficiency_leverage"])
    assert read.sum() >= 8 and (points["n_experts"][read] > 1).all() and (points["n_experts"][~read] == 1).sum() == 8
    worth = points["n_experts"] ** (0.1 * np.log10(points["flops_6nd"]) - 0.4)
    assert points["efficiency_leverage"][read] == pytest.approx(worth[read], rel=0.05)
    held = {"gamma": 0.0, "beta": 0.0, "A_start": 0.002}
    found = fit("moe-leverage", points.take(read), fix=held)
    assert found.values["d"] == pytest.approx(-0.1, abs=0.03) and found.n == read.sum()
    assert fit("chinchilla", points, fix={"E": 1.0, "alpha": 0.3, "beta": 0.3}).n == 8  # the dense arm alone


def test_numbers_of_experts_that_cannot_be_are_refused():
    for changes, said in {
        "a number is given twice": {"each_experts": (2, 2)},
        "set family = 'moe', and leave n_experts out": {"n_experts": 4},
        "a token uses 1 to 2 of them": {"experts_active": 3},
        "cannot be given together": {"each_corpus": ("stdlib", "text:x")},
    }.items():
        with pytest.raises(StudyError, match=changes):
            several(**said)
