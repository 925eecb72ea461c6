"""The learning rate at each step."""

import math

from .run import RunSpec


def learning_rate(spec: RunSpec, step: int) -> float:
    """Give the learning rate of optimiser step `step`, counted from 0.

    Linear warm-up lr (s+1)/w, then
        constant  lr
        linear    lr (1 - (s-w)/(T-w))
        cosine    lr/2 (1 + cos(pi (s-w)/(T-w))), to zero at T (Kaplan et al. 2020, section 2.2)
        wsd       lr until the last `decay` share of the horizon, then linearly to zero: warm-up, stable, decay
    """
    warmup, horizon = spec.warmup, spec.steps
    if step < warmup:
        return spec.lr * (step + 1) / warmup
    if spec.schedule == "constant":
        return spec.lr
    if spec.schedule == "wsd":
        start = spec.decay_start
        return spec.lr if step < start else spec.lr * (horizon - step) / max(1, horizon - start)
    done = (step - warmup) / max(1, horizon - warmup)
    return spec.lr * (1 - done if spec.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done)))


def evaluation_steps(spec: RunSpec) -> list[int]:
    """Choose the steps after which the test loss is taken: evenly in log step, the last one included.

    A branch only adds its decay to its trunk's curve, and takes a quarter as many.
    """
    count = max(2, spec.evaluations // (4 if spec.parent else 1))
    first = max(spec.first_step + 1, spec.steps // 256)
    ratio = (spec.steps / first) ** (1 / (count - 1))
    return sorted({min(spec.steps, max(first, round(first * ratio**i))) for i in range(count)} | {spec.steps})
