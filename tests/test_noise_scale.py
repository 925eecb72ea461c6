"""The gradient noise scale: known answers on gradients whose mean and covariance are known."""

import math

import numpy as np
import pytest
import torch
import torch.multiprocessing as multiprocessing

from scalinglaws.instruments.noise_scale import (
    across_processes,
    from_micro_batches,
    from_parts,
    noise_scale,
    plus,
    squared_norm,
    two_batches,
)
from scalinglaws.run.run import NoiseSums

DIMENSION, SD = 30, 0.7


def linear_gradients(rng, offset, examples):
    """Gradients of 0.5 (w x - y)^2 for w - w* = offset, x ~ N(0, I), noise SD: one a row."""
    x = rng.standard_normal((examples, len(offset)))
    residual = x @ offset - SD * rng.standard_normal(examples)
    return residual[:, None] * x


def linear_truth(offset):
    """|G|^2 and tr(Sigma) of the linear model: |o|^2, and |o|^2 (d + 1) + SD^2 d."""
    squared = float(offset @ offset)
    return squared, squared * (len(offset) + 1) + SD**2 * len(offset)


def summed(estimates):
    sums = NoiseSums()
    for grad_sq, trace in estimates:
        sums = plus(sums, grad_sq, trace)
    return sums


def test_the_ratio_of_means_finds_the_truth_and_the_mean_of_ratios_lies_above():
    # kaplan-2020 spec 6.2: |G|^2 = 9.5635, tr = 1000 in 1000 dimensions, batches of 8 and 64
    rng = np.random.default_rng(0)
    direction = rng.standard_normal(1000)
    gradient = direction * math.sqrt(9.5635) / np.linalg.norm(direction)
    estimates = []
    for _ in range(4000):
        parts = gradient + rng.standard_normal((8, 1000)) / math.sqrt(8)  # eight means of 8 examples
        estimates.append(two_batches((parts**2).sum(1).mean(), (parts.mean(0) ** 2).sum(), 8, 64))
    found, error = noise_scale(summed(estimates))
    assert found == pytest.approx(1000 / 9.5635, rel=0.01)
    assert error == pytest.approx(0.3, abs=0.2)
    ratios = np.array([trace / grad_sq for grad_sq, trace in estimates])
    assert ratios.mean() - 1000 / 9.5635 > 5 * ratios.std() / math.sqrt(len(ratios))


def halves(batch, first, unit=1):
    """The estimates from a batch of per-example gradients cut in two."""
    parts = [[torch.tensor(rows.mean(0))] for rows in (batch[:first], batch[first:])]
    return from_parts(parts, [unit * first, unit * (len(batch) - first)])


@pytest.fixture(scope="module")
def linear():
    rng = np.random.default_rng(1)
    offset = rng.standard_normal(DIMENSION) / 4
    return offset, [linear_gradients(rng, offset, 12) for _ in range(4000)]


def test_a_part_of_the_batch_gives_the_noise_scale_of_a_linear_model(linear):
    offset, batches = linear
    sums = summed(halves(b, 5) for b in batches)
    squared, trace = linear_truth(offset)
    found, error = noise_scale(sums)
    assert found == pytest.approx(trace / squared, abs=3.5 * error)
    assert error < 0.05 * found
    assert sums.grad_sq / sums.count == pytest.approx(squared, rel=0.05)


def test_micro_batches_give_the_same(linear):
    offset, batches = linear
    estimates = []
    for batch in batches:
        micro = batch.reshape(4, 3, DIMENSION).mean(1)
        estimates.append(from_micro_batches((micro**2).sum(1), [torch.tensor(batch.mean(0))], 3))
    found, error = noise_scale(summed(estimates))
    squared, trace = linear_truth(offset)
    assert found == pytest.approx(trace / squared, abs=3.5 * error)


def test_the_standard_error_is_that_of_repeated_measurements(linear):
    _, batches = linear
    estimates = [halves(b, 6) for b in batches]
    groups = [noise_scale(summed(estimates[i : i + 400])) for i in range(0, 4000, 400)]
    spread = np.std([value for value, _ in groups], ddof=1)
    assert 0.5 < np.mean([error for _, error in groups]) / spread < 2


def test_scaling_the_loss_changes_nothing_and_the_unit_scales_the_answer(linear):
    _, batches = linear
    one, scaled, tokens = (
        summed(halves(k * b, 6, unit) for b in batches[:200]) for k, unit in ((1.0, 1), (7.0, 1), (1.0, 64))
    )
    assert noise_scale(scaled)[0] == pytest.approx(noise_scale(one)[0], rel=1e-12)
    assert noise_scale(tokens)[0] == pytest.approx(64 * noise_scale(one)[0], rel=1e-12)


def test_clipping_the_gradient_first_would_spoil_it(linear):
    # the negative control: norms read after clipping to a fixed size see no difference between batch sizes
    offset, batches = linear
    estimates = []
    for batch in batches[:1000]:
        whole, part = torch.tensor(batch.mean(0)), torch.tensor(batch[:6].mean(0))
        estimates.append(two_batches(squared_norm([part / part.norm()]), squared_norm([whole / whole.norm()]), 6, 12))
    squared, trace = linear_truth(offset)
    found = noise_scale(summed(estimates))
    assert found is None or abs(found[0] - trace / squared) > 0.2 * trace / squared


def test_a_gradient_lost_in_noise_has_no_noise_scale():
    assert noise_scale(NoiseSums()) is None
    assert noise_scale(summed([(-1.0, 5.0), (0.5, 5.0)])) is None
    assert summed([(math.nan, 1.0), (1.0, math.inf)]).count == 0


def _one_process(rank, port, results):
    import torch.distributed as dist

    dist.init_process_group("gloo", init_method=f"tcp://127.0.0.1:{port}", rank=rank, world_size=2)
    rng = np.random.default_rng(7)
    offset = rng.standard_normal(DIMENSION) / 4
    batches = [linear_gradients(rng, offset, 12) for _ in range(50)]
    found = [across_processes([torch.tensor(b[6 * rank : 6 * rank + 6].mean(0))], 6) for b in batches]
    micro = [
        from_micro_batches([(b[:6].mean(0) ** 2).sum(), (b[6:].mean(0) ** 2).sum()], [torch.tensor(b.mean(0))], 6)
        for b in batches
    ]
    results[rank] = (found, micro)
    dist.destroy_process_group()


def test_two_processes_measure_what_one_would(unused_tcp_port):
    with multiprocessing.Manager() as manager:
        results = manager.dict()
        multiprocessing.spawn(_one_process, (unused_tcp_port, results), nprocs=2)
        (first, alone), (second, _) = results[0], results[1]
    assert first == second
    assert np.array(first) == pytest.approx(np.array(alone), rel=1e-9)


@pytest.fixture
def unused_tcp_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_squared_norms_add_over_tensors():
    assert squared_norm([torch.full((3,), 2.0), torch.ones(2, 2)]) == pytest.approx(16.0)
