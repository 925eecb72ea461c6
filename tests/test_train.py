"""Training goes on from where it was, bit for bit, and says what happened."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import StoreError
from scalinglaws.models.transformer import Transformer
from scalinglaws.optimizer import clip, flatten, make_optimizer
from scalinglaws.run import RunSpec
from scalinglaws.shape import Shape
from scalinglaws.train import Interrupted, clustered_mean, train

WORDS = ["scale", "loss", "law", "token", "model", "data", "compute", "batch", "noise", "step"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    rng = np.random.default_rng(0)
    for i in range(60):
        (folder / f"{i}.txt").write_text(f"document {i} " + " ".join(rng.choice(WORDS, 1500)))
    return tokenise(f"text:{folder}", "bytes", folder / "cache")


@pytest.fixture
def spec(data):
    return RunSpec(
        Shape(1, 8, 1, 32, 256), "text", "bytes", data.data_id, 40_000, 8, 0.03, 10, evaluations=5, eval_tokens=4096
    )


def losses(run):
    return [(e.step, e.loss_nats, e.loss_nats_sem, e.loss_train_nats, e.lr) for e in run.curve]


def test_training_lowers_the_loss_below_the_entropy_of_single_bytes(spec, data, tmp_path):
    run = train(replace(spec, tokens=200_000), data, tmp_path)
    counts = np.bincount(data.split("test"))
    share = counts[counts > 0] / counts.sum()
    assert run.outcome == "finished"
    assert run.final.loss_nats < -(share * np.log(share)).sum() - 0.3
    assert run.final.tokens == run.spec.steps * run.spec.batch_tokens


def test_the_same_asking_gives_the_same_numbers_and_another_seed_others(spec, data, tmp_path):
    first, again = train(spec, data, tmp_path / "a"), train(spec, data, tmp_path / "b")
    other = train(replace(spec, seed=1), data, tmp_path / "c")
    assert losses(first) == losses(again)
    assert first.final.loss_nats != other.final.loss_nats


def test_an_interrupted_run_ends_with_the_numbers_of_an_uninterrupted_one(spec, data, tmp_path, monkeypatch):
    monkeypatch.setattr("scalinglaws.train.PROGRESS_SECONDS", 0.0)
    whole = train(spec, data, tmp_path / "whole")
    sittings, told = 0, []
    while True:
        try:
            run = train(
                spec,
                data,
                tmp_path / "pieces",
                stop=lambda: len(told) % 40 == 0,
                tell=lambda step, loss: told.append(step),
            )
            break
        except Interrupted:
            sittings += 1
    assert sittings == spec.steps // 40
    assert losses(run) == losses(whole)


def test_branches_of_a_trunk_equal_runs_that_never_branched(spec, data, tmp_path):
    alone = train(spec, data, tmp_path / "alone")
    trunk = replace(
        spec, schedule="constant", tokens=spec.decay_start * spec.batch_tokens, branch_at=(spec.decay_start,)
    )
    train(trunk, data, tmp_path / "trunk")
    branch = train(replace(spec, parent=trunk.id), data, tmp_path / "branch", tmp_path / "trunk")
    assert branch.final.loss_nats == alone.final.loss_nats


def test_a_branch_without_its_trunks_state_says_what_to_do(spec, data, tmp_path):
    with pytest.raises(StoreError, match=r"Run its trunk .* again"):
        train(replace(spec, parent="L1-d8-gone"), data, tmp_path / "branch", tmp_path / "gone")


def test_a_run_that_diverges_is_an_outcome_with_its_step(spec, data, tmp_path):
    run = train(replace(spec, lr=1e9, clip=0.0, weight_decay=0.0, tokens=200_000), data, tmp_path)
    assert run.outcome == "diverged"
    assert run.final is None
    assert "not a finite number at step" in run.sentence


@pytest.mark.parametrize("kind", ["adam", "adamw"])
def test_flat_weights_take_the_steps_that_single_ones_take(spec, kind):
    asked = replace(spec, optimizer=kind)
    flat, single = Transformer(spec.shape, 0).double(), Transformer(spec.shape, 0).double()
    flats = flatten(flat)
    ours = make_optimizer(asked, flats)
    settings = {"lr": asked.lr, "betas": (asked.beta1, asked.beta2), "eps": asked.eps}
    if kind == "adam":
        theirs = torch.optim.Adam(single.parameters(), **settings)
    else:
        weights = list(single.parameters())
        theirs = torch.optim.AdamW(
            [
                {"params": [w for w in weights if w.ndim > 1], "weight_decay": asked.weight_decay},
                {"params": [w for w in weights if w.ndim < 2], "weight_decay": 0.0},
            ],
            **settings,
        )
    batch = torch.randint(256, (4, 33), generator=torch.Generator().manual_seed(1))
    for _ in range(3):
        for flat_part in flats:
            flat_part.grad.zero_()
        theirs.zero_grad()
        flat(batch[:, :-1], batch[:, 1:]).backward()
        single(batch[:, :-1], batch[:, 1:]).backward()
        norm = clip(flats, 0.5)
        assert norm.item() == pytest.approx(torch.nn.utils.clip_grad_norm_(single.parameters(), 0.5).item(), rel=1e-12)
        ours.step()
        theirs.step()
    for a, b in zip(flat.parameters(), single.parameters(), strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-12)


def test_the_standard_error_counts_documents_and_not_windows():
    rng = np.random.default_rng(0)
    effects, noise = rng.normal(0, 1, (2000, 20)), rng.normal(0, 0.1, (2000, 20, 8))
    windows = (effects[:, :, None] + noise).reshape(2000, -1)
    documents = np.repeat(np.arange(20), 8)
    found = [clustered_mean(row, documents) for row in windows]
    true_sd = np.std([mean for mean, _ in found])
    assert np.sqrt(np.mean([sem**2 for _, sem in found])) == pytest.approx(true_sd, rel=0.05)
    naive = np.mean(windows.std(1) / np.sqrt(160))
    assert naive < 0.5 * true_sd
    assert clustered_mean(windows[0], np.zeros(160))[1] is None
