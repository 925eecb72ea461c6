"""The instruments that watch a run: what each reads where the answer is known."""

import math
import time
from dataclasses import replace
from itertools import count

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from scalinglaws.instruments.early_stopping import gap, should_stop  # noqa: E402
from scalinglaws.instruments.evaluate import evaluate  # noqa: E402
from scalinglaws.instruments.learned import judged, unigram_loss  # noqa: E402
from scalinglaws.instruments.spikes import SETTLED, LossWatch  # noqa: E402
from scalinglaws.instruments.throughput import matmul_ceiling, peak_memory_bytes, utilisation  # noqa: E402
from scalinglaws.instruments.weights import activation_rms, decay_timescale, update_ratio  # noqa: E402
from scalinglaws.run.run import Evaluation, Run, RunSpec  # noqa: E402
from scalinglaws.run.schedule import log_places  # noqa: E402
from scalinglaws.run.shape import Shape  # noqa: E402

N_CTX = 16


def curve(*losses: float) -> list[Evaluation]:
    return [Evaluation(i + 1, 100 * (i + 1), 1e-3, loss) for i, loss in enumerate(losses)]


def watched(losses) -> LossWatch:
    watch = LossWatch()
    for loss in losses:
        watch = watch.after(float(loss))
    return watch


def falling(steps: int = 2000, noise: float = 0.05, seed: int = 0) -> np.ndarray:
    """A training loss as they are: a power law of the step with noise."""
    return 2 + 3 * np.arange(1, steps + 1) ** -0.3 + noise * np.random.default_rng(seed).standard_normal(steps)


@pytest.mark.parametrize(
    ("losses", "patience", "stops"),
    [
        ((4, 3, 2, 2.1, 2.2), 2, True),
        ((4, 3, 2, 2.1, 2.2), 3, False),
        ((4, 3, 2, 2.1, 1.9), 2, False),
        ((4, 5, 6, 7), 0, False),
        ((4, 5), 2, False),
    ],
)
def test_a_run_ends_once_so_many_evaluations_brought_nothing_lower(losses, patience, stops):
    assert should_stop(curve(*losses), patience) is stops


def test_where_a_stored_curve_stops_is_found_again_from_the_curve_alone():
    losses = [*np.linspace(4, 2, 10), *np.linspace(2.01, 2.5, 10)]
    stopped = next(n for n in range(1, 21) if should_stop(curve(*losses[:n]), 3))
    assert stopped == 13 and min(range(stopped), key=losses.__getitem__) == 9


def test_the_gap_is_test_less_train_and_none_where_nothing_was_trained():
    assert gap(Evaluation(1, 100, 1e-3, 3.0, loss_train_nats=2.75)) == 0.25
    assert gap(Evaluation(1, 100, 1e-3, 3.0)) is None


@pytest.mark.parametrize("seed", range(5))
def test_planted_spikes_are_counted_and_a_loss_that_only_falls_has_none(seed):
    losses = falling(seed=seed)
    assert watched(losses).spikes == 0
    for step, height in ((300, 1.0), (301, 0.8), (1500, 2.0)):
        losses[step] += height
    found = watched(losses)
    assert found.spikes == 3 and found.largest == pytest.approx(2.0, abs=0.2)


def test_a_spike_is_neither_called_so_early_nor_raises_the_mean_it_stands_out_from():
    early = falling()
    early[SETTLED // 2] += 5
    assert watched(early).spikes == 0
    plain, spiked = falling(), falling()
    spiked[700] += 50
    spiked[900] = math.nan
    assert watched(spiked).spikes == 1
    assert watched(spiked).mean == pytest.approx(watched(plain).mean, abs=0.01)


def test_the_timescale_of_weight_decay_is_that_of_tokens_and_the_steps_in_which_weights_fall_by_e():
    lr, decay, batch, tokens = 2e-3, 0.1, 512, 5e6
    share = decay_timescale(lr, decay, int(tokens / batch))
    assert share == pytest.approx(batch / (lr * decay * tokens), rel=1e-3)
    assert (1 - lr * decay) ** (share * int(tokens / batch)) == pytest.approx(math.exp(-1), rel=1e-3)
    assert decay_timescale(lr, 0.0, 100) is None


def test_the_update_ratio_is_of_the_norms_over_all_tensors_and_free_of_scale():
    before = [torch.tensor([3.0, 0.0]), torch.tensor([[4.0]])]
    after = [torch.tensor([3.0, 0.3]), torch.tensor([[4.4]])]
    assert update_ratio(before, after) == pytest.approx(0.5 / 5)
    assert update_ratio([10 * w for w in before], [10 * w for w in after]) == pytest.approx(0.5 / 5)
    assert update_ratio(before, before) == 0


class Doubling(torch.nn.Module):
    """Three blocks that each double what they are given; the last gives a tuple, as recurrent ones do."""

    def __init__(self):
        super().__init__()
        self.blocks = torch.nn.ModuleList([Twice(False), Twice(False), Twice(True)])

    def hidden(self, inputs_BT):
        hidden = inputs_BT.float()
        for block in self.blocks:
            hidden = block(hidden)
            hidden = hidden[0] if isinstance(hidden, tuple) else hidden
        return hidden


class Twice(torch.nn.Module):
    def __init__(self, as_tuple: bool):
        super().__init__()
        self.as_tuple = as_tuple

    def forward(self, hidden):
        return (2 * hidden, None) if self.as_tuple else 2 * hidden


def test_activation_size_is_the_root_mean_square_after_each_block_and_leaves_no_hook():
    model = Doubling()
    assert activation_rms(model, torch.tensor([[3, -4]])) == pytest.approx([f * 12.5**0.5 for f in (2, 4, 8)])
    assert all(not block._forward_hooks for block in model.blocks)


class ByPlace(torch.nn.Module):
    """A model whose loss at place T is that of the input plus T^-1/2; in training it would give something else."""

    def losses(self, inputs_BT, targets_BT):
        places_T = torch.arange(1, N_CTX + 1, dtype=torch.float32)
        return inputs_BT.float() + places_T**-0.5 + (100.0 if self.training else 0.0)


def test_the_held_out_loss_is_the_mean_over_places_and_windows_and_known_at_each_place():
    model = ByPlace().train()
    texts = np.array([1.0, 2.0, 6.0])

    def windows(starts):
        rows = torch.tensor(texts[starts])[:, None].expand(-1, N_CTX)
        return rows, rows

    found = evaluate(model, windows, np.arange(3), np.arange(3))
    expected_T = 3 + np.arange(1, N_CTX + 1) ** -0.5
    assert found.by_position == pytest.approx(expected_T, rel=1e-6)
    assert found.mean == pytest.approx(expected_T.mean(), rel=1e-6)
    assert found.sem == pytest.approx(texts.std(ddof=1) / 3**0.5, rel=1e-6)
    assert model.training


def test_a_curve_keeps_the_places_that_are_powers_of_two_and_the_last():
    assert log_places(16) == [1, 2, 4, 8, 16]
    assert log_places(100) == [1, 2, 4, 8, 16, 32, 64, 100]


def test_utilisation_is_the_share_of_the_ceiling():
    assert utilisation(1e4, 6e6, 1.2e11) == pytest.approx(0.5)


@pytest.mark.parametrize("seconds", [0.0, 0.05])
def test_the_ceiling_counts_two_flops_a_multiply_and_add(monkeypatch, seconds):
    ticks = count()
    monkeypatch.setattr(time, "perf_counter", lambda: 0.02 * next(ticks))  # a clock on which a product takes .02 s
    assert matmul_ceiling(seconds=seconds) == pytest.approx(2 * 512**3 / 0.02)


def test_peak_memory_is_in_bytes_and_holds_what_was_held():
    held = np.ones(2**23)
    assert held.nbytes < peak_memory_bytes() < 2**45


def test_the_unigram_loss_counts_every_token_of_a_text_that_is_counted_in_parts():
    train, test = (
        np.random.default_rng(seed).integers(0, 7, size).astype(np.uint8) for seed, size in ((0, 150_001), (1, 70_000))
    )
    chance = (np.bincount(train, minlength=7) + 1) / (len(train) + 7)
    assert unigram_loss(train, test, 7) == pytest.approx(-np.log(chance[test]).mean(), rel=1e-12)


def test_the_unigram_loss_is_the_entropy_of_frequencies_on_the_test_text():
    """Of 3 zeros and a one, with one more count each: p = 4/6, 2/6; over the test text 0 1 1."""
    found = unigram_loss(np.array([0, 0, 0, 1], np.uint8), np.array([0, 1, 1], np.uint8), 2)
    assert found == pytest.approx(-(math.log(4 / 6) + 2 * math.log(2 / 6)) / 3, rel=1e-12)


def ended(loss, outcome="finished", **changes):
    spec = RunSpec(Shape(1, 8, 1, 32, 256), "text", "bytes", "d", 10_000, 8, 0.01, 10, schedule="cosine")
    return Run(replace(spec, **changes), outcome, "", (Evaluation(39, 9984, 0.0, loss),), 1.0, 10**6)


@pytest.mark.parametrize(
    "loss, outcome, said",
    [
        (2.99, "finished", ""),
        (3.0, "failed to learn", "failed to learn: its final test loss is 3, not below the unigram loss of 3"),
        (32.6, "failed to learn", "failed to learn: its final test loss is 32.6, above ln V = 5.545"),
    ],
)
def test_a_run_that_ends_above_guessing_or_above_the_unigram_model_failed_to_learn(loss, outcome, said):
    run = judged(ended(loss), 3.0, 256)
    assert (run.outcome, run.sentence) == (outcome, said)
    assert run.readings["unigram_nats"] == 3.0
    assert run.final.loss_nats == loss


def test_what_diverged_and_what_is_read_at_no_end_is_not_judged():
    assert judged(ended(9.0, "diverged"), 3.0, 256).outcome == "diverged"
    assert judged(ended(9.0, schedule="constant", branch_at=(39,)), 3.0, 256).outcome == "finished"
