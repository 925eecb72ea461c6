"""The gradient noise scale, from the gradients of a batch and of parts of it.

McCandlish et al. 2018 (arXiv 1812.06162), appendix A.1. G is the gradient of the mean loss over all text, and Sigma the
covariance of the gradient per token. The independent draws are whole sequences, so Sigma is the covariance of a
sequence's gradient times its number of tokens. A batch of B tokens has E|g_B|^2 = |G|^2 + tr(Sigma) / B, and two batch
sizes determine both unknowns. Each estimate is unbiased; the ratio of two estimates is not, so only sums are divided.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from ..run.run import NoiseSums


def plus(sums: NoiseSums, grad_sq: float, trace: float) -> NoiseSums:
    """Add the estimates of one step; a step whose gradient is not finite is left out."""
    if not (math.isfinite(grad_sq) and math.isfinite(trace)):
        return sums
    return NoiseSums(
        sums.count + 1,
        sums.grad_sq + grad_sq,
        sums.trace + trace,
        sums.grad_sq_sq + grad_sq**2,
        sums.trace_sq + trace**2,
        sums.product + grad_sq * trace,
    )


def two_batches(small_sq: float, big_sq: float, small: float, big: float) -> tuple[float, float]:
    """Estimate |G|^2 and tr(Sigma) from the squared norms of the gradients at two batch sizes.

    |G|^2 = (B |g_B|^2 - b |g_b|^2) / (B - b);  tr(Sigma) = (|g_b|^2 - |g_B|^2) / (1/b - 1/B). Either estimate may be
    negative at a single step.

    Args:
        small_sq: |g_b|^2, or its mean over several small batches.
        big_sq: |g_B|^2 of the big batch; the small batches may be parts of it.
        small, big: number of tokens of each.
    """
    grad_sq = (big * big_sq - small * small_sq) / (big - small)
    trace = (small_sq - big_sq) / (1 / small - 1 / big)
    return grad_sq, trace


def measure(gradient_of: Callable[[slice], Sequence], batch: int, unit: int, parts: int = 2) -> tuple[float, float]:
    """Estimate |G|^2 and tr(Sigma) in tokens from a batch cut into parts of (nearly) equal size.

    The gradient of each part is computed in a pass of its own, before clipping and before the step.

    Args:
        gradient_of: rows of the batch -> the gradient of their mean loss, one tensor per parameter, not clipped; it may
            return the same tensors each time, because only their sum is kept.
        batch: sequences in the batch, at least `parts`.
        unit: tokens per sequence.
    """
    cuts = [batch * i // parts for i in range(parts + 1)]
    whole: list = []
    squares, sizes = [], [unit * (end - start) for start, end in pairwise(cuts)]
    for (start, end), size in zip(pairwise(cuts), sizes, strict=True):
        part = gradient_of(slice(start, end))
        squares.append(squared_norm(part))
        share = size / sum(sizes)
        if not whole:
            whole = [share * g for g in part]
            continue
        for total, g in zip(whole, part, strict=True):
            total += share * g
    return against_whole(squares, squared_norm(whole), sizes)


def from_parts(parts: Sequence[Sequence], sizes: Sequence[int]) -> tuple[float, float]:
    """Estimate |G|^2 and tr(Sigma) from the gradients of a batch's parts: the mean over parts, each with the whole.

    Args:
        parts: gradient of each part's mean loss, one tensor per parameter.
        sizes: tokens of each part.
    """
    total = sum(sizes)
    whole = [sum(n / total * g for g, n in zip(gs, sizes, strict=True)) for gs in zip(*parts, strict=True)]
    return against_whole([squared_norm(g) for g in parts], squared_norm(whole), sizes)


def against_whole(squares: Sequence[float], whole_sq: float, sizes: Sequence[int]) -> tuple[float, float]:
    """Estimate |G|^2 and tr(Sigma) from squared norms: the mean over a batch's parts, each with the whole.

    Args:
        squares: |g|^2 of each part's mean gradient.
        whole_sq: |g|^2 of the batch.
        sizes: tokens of each part.
    """
    found = [two_batches(sq, whole_sq, n, sum(sizes)) for sq, n in zip(squares, sizes, strict=True)]
    return sum(f[0] for f in found) / len(found), sum(f[1] for f in found) / len(found)


def from_micro_batches(micro_sq: Sequence[float], whole: Sequence, tokens: int) -> tuple[float, float]:
    """Estimate |G|^2 and tr(Sigma) from equal micro-batches, as in gradient accumulation or data parallelism.

    Args:
        micro_sq: |g|^2 of each micro-batch's own mean gradient.
        whole: the mean of those gradients, before clipping.
        tokens: tokens per micro-batch.
    """
    count = len(micro_sq)
    return two_batches(sum(micro_sq) / count, squared_norm(whole), tokens, tokens * count)


def across_processes(gradients: Sequence, tokens: int) -> tuple[float, float]:
    """Estimate |G|^2 and tr(Sigma) under data parallelism, before the gradients are averaged.

    Every process of the default group calls it with its own mean gradient over `tokens` tokens, and gets the same
    result.
    """
    import torch
    import torch.distributed as dist

    world = dist.get_world_size()
    own = torch.tensor([squared_norm(gradients)], dtype=torch.float64)
    dist.all_reduce(own)
    mean = []
    for gradient in gradients:
        shared = gradient.detach().clone()
        dist.all_reduce(shared)
        mean.append(shared / world)
    return two_batches(float(own) / world, squared_norm(mean), tokens, tokens * world)


def squared_norm(gradients: Sequence) -> float:
    """Sum of squares over all tensors, in float64 from float32 norms."""
    return float(sum(g.detach().norm().double() ** 2 for g in gradients))


def noise_scale(sums: NoiseSums) -> tuple[float, float] | None:
    """Return B_simple = tr(Sigma) / |G|^2 in tokens and its standard error (delta method over the measured steps).

    None if fewer than two steps were measured, or if the mean |G|^2 is not positive: the noise hides the gradient.
    """
    n = sums.count
    if n < 2 or sums.grad_sq <= 0:
        return None
    g, t = sums.grad_sq / n, sums.trace / n
    ratio = t / g
    var_g, var_t = sums.grad_sq_sq / n - g * g, sums.trace_sq / n - t * t
    covariance = sums.product / n - g * t
    spread = (var_t - 2 * ratio * covariance + ratio**2 * var_g) / (n - 1)
    return ratio, math.sqrt(max(0.0, spread)) / g


def merged(many: Sequence[NoiseSums]) -> NoiseSums:
    """Add the sums of several parts of a run."""
    names = ("count", "grad_sq", "trace", "grad_sq_sq", "trace_sq", "product")
    return NoiseSums(*(sum(getattr(sums, name) for sums in many) for name in names))
