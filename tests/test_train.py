"""Training goes on from where it was, bit for bit, and says what happened."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from scalinglaws.corpora.tokenise import tokenise
from scalinglaws.errors import StoreError
from scalinglaws.instruments.evaluate import clustered_mean
from scalinglaws.models import Transformer
from scalinglaws.run.run import RunSpec
from scalinglaws.run.shape import Shape
from scalinglaws.training.train import Interrupted, train

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


# (step, test loss, training loss), written down on the day before the models had any choice of parts.
WRITTEN_DOWN = {
    "adamw, wsd": ({}, [(1, 5.5120715, 5.5462904), (5, 4.9450782, 5.3498410), (30, 2.6466604, 3.0625351)]),
    "adam, cosine": (
        {"optimizer": "adam", "schedule": "cosine"},
        [(1, 5.5120714, 5.5462904), (5, 4.9440635, 5.3496884), (30, 2.6571010, 3.0600861)],
    ),
}


@pytest.mark.parametrize("name", WRITTEN_DOWN)
def test_a_run_gives_the_losses_that_it_gave_when_they_were_written_down(name, spec, data, tmp_path):
    changes, expected = WRITTEN_DOWN[name]
    run = train(replace(spec, tokens=7_680, evaluations=3, **changes), data, tmp_path)
    found = [(e.step, e.loss_nats, e.loss_train_nats) for e in run.curve]
    assert found == [pytest.approx(row, rel=1e-4) for row in expected]  # processors differ in their last bits


def test_the_same_asking_gives_the_same_numbers_and_another_seed_others(spec, data, tmp_path):
    first, again = train(spec, data, tmp_path / "a"), train(spec, data, tmp_path / "b")
    other = train(replace(spec, seed=1), data, tmp_path / "c")
    assert losses(first) == losses(again)
    assert first.final.loss_nats != other.final.loss_nats


# the plain path asks whether to stop after each step, the compiled one after one at the start and at evaluations
@pytest.mark.parametrize(("engine", "every", "cuts"), [("plain", 40, 3), ("auto", 2, 3)])
def test_an_interrupted_run_ends_with_the_numbers_of_an_uninterrupted_one(
    engine, every, cuts, spec, data, tmp_path, monkeypatch
):
    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    whole = train(spec, data, tmp_path / "whole", engine=engine)
    sittings, told = 0, []
    while True:
        try:
            run = train(
                spec,
                data,
                tmp_path / "pieces",
                stop=lambda: len(told) % every == 0,
                tell=lambda step, loss: told.append(step),
                engine=engine,
            )
            break
        except Interrupted:
            sittings += 1
    assert sittings >= cuts
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
    with pytest.raises(StoreError, match=r"Train its trunk .* again"):
        train(replace(spec, parent="L1-d8-gone"), data, tmp_path / "branch", tmp_path / "gone")


def test_a_run_that_diverges_is_an_outcome_with_its_step(spec, data, tmp_path):
    run = train(replace(spec, lr=1e9, clip=0.0, weight_decay=0.0, tokens=200_000), data, tmp_path)
    assert run.outcome == "diverged"
    assert run.final is None
    assert "not a finite number at step" in run.sentence


@pytest.mark.parametrize(("rate", "engine"), [(1e9, "auto"), (1e9, "plain"), (1e-2, "auto")])
def test_a_run_whose_process_dies_before_its_record_is_written_ends_as_it_would_have(
    rate, engine, spec, data, tmp_path, monkeypatch
):
    monkeypatch.setattr("scalinglaws.training.train.CHECKPOINT_SECONDS", 0.0)
    spec = replace(spec, lr=rate, clip=0.0, weight_decay=0.0, tokens=20_000)
    whole = train(spec, data, tmp_path / "whole", engine=engine)
    again = train(spec, data, tmp_path / "whole", engine=engine)  # from the last state
    assert whole.outcome == ("diverged" if rate > 1 else "finished")
    for one in (again, train(spec, data, tmp_path / "another", engine=engine)):
        assert (one.outcome, one.sentence, one.by_position) == (whole.outcome, whole.sentence, whole.by_position)
        assert losses(one) == losses(whole)


def test_a_run_at_a_rate_far_too_high_is_no_success(spec, data, tmp_path):
    run = train(replace(spec, lr=3.0, clip=0.0, tokens=20_000), data, tmp_path)
    assert run.outcome == "failed to learn"
    assert run.final.loss_nats > run.readings["unigram_nats"] > 2.5
    assert "not below the unigram loss of" in run.sentence


OTHER_WAYS = {
    "adam": {"optimizer": "adam"},
    "adafactor": {"optimizer": "adafactor", "lr": 0.01},
    "muon": {"optimizer": "muon"},
    "mup": {"shape": Shape(1, 8, 1, 32, 256, parametrisation="mup", base_width=4)},
    "dropout and parts of a batch": {"dropout": 0.1, "accumulate": 2},
    "lstm": {"shape": Shape(2, 8, 1, 32, 256, family="lstm"), "dropout": 0.1},
    "universal": {"shape": Shape(1, 8, 1, 32, 256, family="universal", reuse=2), "unique_tokens": 3000},
}


@pytest.mark.parametrize("name", OTHER_WAYS)
def test_every_way_of_training_goes_on_bit_for_bit_from_where_it_was_cut(name, spec, data, tmp_path, monkeypatch):
    monkeypatch.setattr("scalinglaws.training.train.PROGRESS_SECONDS", 0.0)
    asked = replace(spec, **OTHER_WAYS[name], tokens=12_000, evaluations=3, eval_tokens=2048)
    whole, told = train(asked, data, tmp_path / "whole", engine="plain"), []
    cut = {"stop": lambda: len(told) % 20 == 0, "tell": lambda step, loss: told.append(step), "engine": "plain"}
    for _ in range(asked.steps // 20):
        with pytest.raises(Interrupted):
            train(asked, data, tmp_path / "pieces", **cut)
    assert losses(train(asked, data, tmp_path / "pieces", **cut)) == losses(whole)
    assert whole.final.loss_nats < np.log(256) - 0.5


def test_a_batch_in_parts_trains_as_one_in_a_piece(spec, data, tmp_path):
    whole, parts = (train(replace(spec, accumulate=k), data, tmp_path / str(k)).final for k in (1, 4))
    assert parts.loss_nats == pytest.approx(whole.loss_nats, abs=2e-3)
    assert parts.loss_train_nats == pytest.approx(whole.loss_train_nats, abs=2e-3)


def test_dropout_is_off_where_the_loss_is_evaluated(spec, data, tmp_path):
    """At a rate of nothing the weights stay: every evaluation is of the same model, with no mask in the way."""
    still = {"lr": 1e-30, "weight_decay": 0.0, "tokens": 8_000}
    plain, dropped = (
        train(replace(spec, dropout=p, **still), data, tmp_path / str(p), engine="plain") for p in (0.0, 0.5)
    )
    assert dropped.final.loss_nats == plain.final.loss_nats
    assert dropped.final.loss_train_nats != plain.final.loss_train_nats


def test_unique_tokens_are_read_again_and_again_and_make_the_model_overfit(spec, data, tmp_path):
    asked = replace(spec, shape=replace(spec.shape, d_model=32), tokens=120_000, lr=0.003, evaluations=6)
    few, whole = (train(replace(asked, unique_tokens=u), data, tmp_path / str(u)) for u in (600, 0))
    assert (few.tokens_unique, whole.tokens_unique) == (600, len(data.split("train")))
    gaps = [run.final.loss_nats - run.final.loss_train_nats for run in (few, whole)]
    assert gaps[0] > gaps[1] + 0.2
    assert few.final.loss_train_nats < whole.final.loss_train_nats - 0.05


def test_another_order_of_the_data_leaves_the_first_weights(spec, data, tmp_path):
    still = {"lr": 1e-30, "weight_decay": 0.0, "tokens": 2_000}
    first, other = (train(replace(spec, data_seed=s, **still), data, tmp_path / str(s)) for s in (0, 1))
    assert first.final.loss_nats == other.final.loss_nats
    assert first.final.loss_train_nats != other.final.loss_train_nats


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


needs_a_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is visible")


@pytest.mark.gpu
@needs_a_gpu
@pytest.mark.parametrize("name", WRITTEN_DOWN)
def test_a_gpu_gives_the_losses_that_were_written_down_of_a_cpu(name, spec, data, tmp_path):
    changes, expected = WRITTEN_DOWN[name]
    run = train(replace(spec, tokens=7_680, evaluations=3, **changes), data, tmp_path, device="cuda")
    found = [(e.step, e.loss_nats, e.loss_train_nats) for e in run.curve]
    assert found == [pytest.approx(row, rel=2e-3) for row in expected]


@pytest.mark.gpu
@needs_a_gpu
def test_the_peak_memory_of_a_run_on_a_gpu_is_its_own(spec, data, tmp_path):
    large = train(replace(spec, shape=Shape(4, 256, 4, 32, 256)), data, tmp_path / "large", device="cuda")
    small = train(spec, data, tmp_path / "small", device="cuda")
    assert small.readings["peak_memory_bytes"] < large.readings["peak_memory_bytes"] / 4


def limited_to(rows: int, monkeypatch):
    """Let memory run out, as on a GPU, for more than so many sequences at a time."""
    forward = Transformer.forward

    def limited(self, tokens_BT, targets_BT, drop=None):
        if len(tokens_BT) > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return forward(self, tokens_BT, targets_BT, drop)

    monkeypatch.setattr(Transformer, "forward", limited)


def test_where_memory_runs_out_a_batch_is_cut_into_more_parts_and_stays_the_same(spec, data, tmp_path, monkeypatch):
    expected = train(replace(spec, noise_every=4), data, tmp_path / "whole", engine="plain")
    limited_to(2, monkeypatch)
    run = train(replace(spec, noise_every=4), data, tmp_path / "parts", engine="plain")
    assert run.provenance["parts_of_batch"] == "4, because memory ran out"
    assert [e.loss_nats for e in run.curve[:3]] == pytest.approx([e.loss_nats for e in expected.curve[:3]], rel=1e-6)
    noise = [(one.curve[1].noise.grad_sq, one.curve[1].noise.trace) for one in (run, expected)]
    assert noise[0] == pytest.approx(noise[1], rel=1e-4)
    assert run.spec.id == expected.spec.id
    limited_to(0, monkeypatch)
    with pytest.raises(torch.OutOfMemoryError):
        train(spec, data, tmp_path / "none", engine="plain")
