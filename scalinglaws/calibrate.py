"""Shapes -> seconds of a training step on this machine, by a short measurement."""

import time
from collections.abc import Iterable

import torch

from .models import FAMILIES, make_drop
from .optimizer import descend, make_optimizer
from .run import RunSpec
from .shape import Shape

WARM_STEPS = 3


def calibrate(specs: Iterable[RunSpec], *, seconds_each: float = 0.4) -> dict[Shape, float]:
    """Measure one training step of each shape among `specs`, in seconds, one thread: the median of a short while."""
    torch.set_num_threads(1)
    speeds: dict[Shape, float] = {}
    for spec in specs:
        if spec.shape not in speeds:
            speeds[spec.shape] = _seconds_per_step(spec, seconds_each)
    return speeds


def _seconds_per_step(spec: RunSpec, seconds: float) -> float:
    shape = spec.shape
    model = FAMILIES[shape.family](shape, spec.seed)
    optimizer = make_optimizer(spec, model)
    drop = make_drop(spec.dropout, spec.seed)
    tokens = torch.randint(shape.n_vocab, (spec.batch, shape.n_ctx + 1), generator=torch.Generator().manual_seed(0))
    times: list[float] = []
    began = time.perf_counter()
    while len(times) <= WARM_STEPS or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        inputs, targets = tokens[:, :-1], tokens[:, 1:]
        descend(model, optimizer, inputs, targets, spec.lr, spec.clip, accumulate=spec.accumulate, drop=drop)
        times.append(time.perf_counter() - start)
    times = sorted(times[WARM_STEPS:])
    return times[len(times) // 2]
