"""Kinds of step -> seconds that each takes on this machine, by a short measurement, or by FLOPs where that is long."""

import time
from collections.abc import Iterable

import torch

from ..designing.costs import Pace, Step
from ..instruments.throughput import matmul_ceiling
from ..models import FAMILIES, make_drop
from ..models.precision import DTYPES, in_precision, set_float32
from ..run.run import RunSpec
from .optimizer import gradient, make_optimizer, move

EVALUATED_TOKENS = 8192  # at a time, as an evaluation does
LONGEST_TRIAL = 2.0  # seconds that one part of a batch may take by its FLOPs; a longer one is not tried
LARGEST_TRIAL = 1 << 28  # parameters of a model that is built to be timed
SLOWEST = 3.0  # times the FLOPs' seconds that a trial is allowed for beforehand
UNTRIED = 0.5  # share of the ceiling that is assumed where nothing could be measured


def calibrate(
    steps: Iterable[Step], *, seconds_each: float = 0.4, seconds: float = 30.0, device: str = "cpu"
) -> dict[Step, Pace]:
    """Measure how long each kind of step takes, one thread on a CPU: the median of a short while.

    A part of the batch is timed and stands for its equals under accumulation. Kinds are tried from the cheapest up;
    one whose part would take more than some seconds, or that the time left is too short for, is given by its FLOPs: at
    the largest share of the matmul ceiling that any one tried reached.

    Args:
        seconds_each, seconds: time for one kind, and for all together.
    """
    if device == "cpu":
        torch.set_num_threads(1)
    kinds = sorted(dict.fromkeys(steps), key=lambda step: step.flops / step.accumulate)
    ceilings = {precision: matmul_ceiling(device, DTYPES[precision]) for precision in {k.precision for k in kinds}}
    each = min(seconds_each, seconds / max(1, len(kinds)))
    began, shares, paces = time.perf_counter(), [], {}
    for kind in kinds:
        ceiling = ceilings[kind.precision]
        expected = kind.flops / kind.accumulate / ceiling
        left = seconds - (time.perf_counter() - began)
        if expected <= min(LONGEST_TRIAL, left / SLOWEST) and kind.shape.params("total") <= LARGEST_TRIAL:
            paces[kind] = _measured(kind, each, device)
            shares.append(min(1.0, kind.flops / paces[kind].step_seconds / ceiling))
        else:
            paces[kind] = by_flops(kind, max(shares, default=UNTRIED) * ceiling)
    return paces


def by_flops(step: Step, flops_per_second: float, launch_seconds: float = 0.0) -> Pace:
    """Give the pace of a kind of step that does its FLOPs at a speed.

    Args:
        launch_seconds: least time of one part of a batch, however small: what starting its kernels takes.
    """
    forward = step.shape.flops_per_token("exact", train=False)
    seconds = max(step.flops / flops_per_second, step.accumulate * launch_seconds)
    return Pace(seconds, max(forward / flops_per_second, launch_seconds / 3 / EVALUATED_TOKENS), measured=False)


def _measured(step: Step, seconds: float, device: str) -> Pace:
    set_float32(step.precision, device)
    model = FAMILIES[step.shape.family](step.shape, 0).to(device)
    spec = RunSpec(step.shape, "", "", "", 1, step.batch, 1e-4, 0, optimizer=step.optimizer)
    optimizer, drop = make_optimizer(spec, model), make_drop(0.1 * step.drops, 0, device)
    part, asked = _tokens(step, step.batch // step.accumulate, device), {"drop": drop, "precision": step.precision}
    to_descend = _median(lambda: gradient(model, optimizer.weights, *part, **asked), seconds / 2, device)
    to_move = _median(lambda: move(optimizer, 1e-4), seconds / 4, device)
    return Pace(step.accumulate * to_descend + to_move, _evaluating(model, step, seconds / 4, device), measured=True)


def _evaluating(model, step: Step, seconds: float, device: str) -> float:
    rows = max(1, EVALUATED_TOKENS // step.shape.n_ctx)
    windows = _tokens(step, rows, device)

    def evaluate():
        with in_precision(step.precision, device):
            model.losses(*windows)

    return _median(evaluate, seconds, device) / (rows * step.shape.n_ctx)


def _tokens(step: Step, rows: int, device: str):
    shape = step.shape
    tokens = torch.randint(shape.n_vocab, (rows, shape.n_ctx + 1), generator=torch.Generator().manual_seed(0))
    return tokens[:, :-1].to(device), tokens[:, 1:].to(device)


def _median(act, seconds: float, device: str) -> float:
    """Time an action for a while, the first time left out, unless it alone takes that long."""
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < 2 or time.perf_counter() - began < seconds:
        start = time.perf_counter()
        act()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append(time.perf_counter() - start)
    times = sorted(times[1:])
    return times[len(times) // 2]
