"""Seconds per step on this machine for each kind of step: measured briefly, or estimated from FLOPs if that is long."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch

from ..designing.costs import Pace, Step
from ..instruments.throughput import matmul_ceiling
from ..models import FAMILIES, Transformer, make_drop
from ..models.precision import DTYPES, in_precision, set_float32
from ..run.run import RunSpec
from .compiled.engine import Compiled
from .compiled.support import supports
from .optimizer import gradient, make_optimizer, move
from .plain import Plain

EVALUATED_TOKENS = 8192  # at a time, as in an evaluation
STEPS_TIMED = 64  # of the compiled step, in one call
LONGEST_TIMING = 30.0  # seconds for all kinds of step together
LONGEST_TRIAL = 2.0  # maximum estimated seconds of one part of a batch; a longer one is not timed
LARGEST_TRIAL = 1 << 28  # maximum parameters of a model that is built to be timed
SLOWEST = 3.0  # a trial is assumed to take up to this many times the seconds estimated from its FLOPs
UNTRIED = 0.5  # fraction of the peak FLOP rate that is assumed if nothing could be measured


def calibrate(
    steps: Iterable[Step],
    *,
    seconds_each: float = 0.4,
    seconds: float = LONGEST_TIMING,
    device: str = "cpu",
    engine: str = "auto",
    known: Mapping[Step, Pace] | None = None,
) -> dict[Step, Pace]:
    """Measure how long each kind of step takes by the engine that will train it, with one thread on a CPU: the median.

    With gradient accumulation, one part of the batch is timed and multiplied. Kinds are timed in the order of their
    cost. A kind of which one part would take more than 2 seconds, or for which too little time is left, is estimated
    from its FLOPs, at the highest fraction of the matmul peak rate that any timed kind reached.

    Args:
        seconds_each, seconds: time for one kind, and for all together.
        engine: "auto" or "plain", as `train` takes it.
        known: paces that were measured before, and are not measured again.
    """
    if device == "cpu":
        torch.set_num_threads(1)
    kinds = sorted(dict.fromkeys(steps), key=lambda step: step.flops / step.accumulate)
    ceilings = {precision: matmul_ceiling(device, DTYPES[precision]) for precision in {k.precision for k in kinds}}
    known = known or {}
    each = min(seconds_each, seconds / max(1, len(kinds) - len(known)))
    began, shares, paces = time.perf_counter(), [], {}
    for kind in kinds:
        ceiling = ceilings[kind.precision]
        if kind in known:
            paces[kind] = known[kind]
            shares.append(min(1.0, kind.flops / paces[kind].step_seconds / ceiling))
            continue
        expected = kind.flops / kind.accumulate / ceiling
        left = seconds - (time.perf_counter() - began)
        if expected <= min(LONGEST_TRIAL, left / SLOWEST) and kind.shape.params("total") <= LARGEST_TRIAL:
            paces[kind] = _measured(kind, each, device, engine)
            shares.append(min(1.0, kind.flops / paces[kind].step_seconds / ceiling))
        else:
            paces[kind] = by_flops(kind, max(shares, default=UNTRIED) * ceiling)
    return paces


def by_flops(step: Step, flops_per_second: float, launch_seconds: float = 0.0) -> Pace:
    """Estimate the pace of a kind of step from its FLOPs and a FLOP rate.

    Args:
        launch_seconds: minimum time of one part of a batch, however small: the time to start its kernels.
    """
    forward = step.shape.flops_per_token("exact", train=False)
    seconds = max(step.flops / flops_per_second, step.accumulate * launch_seconds)
    return Pace(seconds, max(forward / flops_per_second, launch_seconds / 3 / EVALUATED_TOKENS), measured=False)


def path_of(step: Step, device: str, engine: str) -> str:
    """Name the engine that trains a kind of step."""
    return Plain.name if engine == "plain" or supports(_spec_of(step), device) else Compiled.name


def _spec_of(step: Step) -> RunSpec:
    how: dict[str, Any] = {"optimizer": step.optimizer, "precision": step.precision, "dropout": 0.1 * step.drops}
    return RunSpec(step.shape, "", "", "", 10**12, step.batch, 1e-4, 0, noise_every=0, **how)


def _measured(step: Step, seconds: float, device: str, engine: str) -> Pace:
    set_float32(step.precision, device)
    model, spec = FAMILIES[step.shape.family](step.shape, 0).to(device), _spec_of(step)
    if path_of(step, device, engine) == Compiled.name and isinstance(model, Transformer):
        return _measured_compiled(spec, model, step, seconds)
    optimizer, drop = make_optimizer(spec, model), make_drop(0.1 * step.drops, 0, device)
    part, asked = _tokens(step, step.batch // step.accumulate, device), {"drop": drop, "precision": step.precision}
    to_descend = _median(lambda: gradient(model, optimizer.weights, *part, **asked), seconds / 2, device)
    to_move = _median(lambda: move(optimizer, 1e-4), seconds / 4, device)
    return Pace(step.accumulate * to_descend + to_move, _evaluating(model, step, seconds / 4, device), measured=True)


def _measured_compiled(spec: RunSpec, model: Transformer, step: Step, seconds: float) -> Pace:
    shape, generator = spec.shape, torch.Generator().manual_seed(0)
    windows = torch.randint(shape.n_vocab, (spec.batch, shape.n_ctx + 1), generator=generator).numpy()
    compiled = Compiled(spec, model, make_optimizer(spec, model), lambda _, count: np.stack([windows] * count))
    compiled.advance(0, 1)  # after which it knows how many steps it takes at once
    to_step = _median(lambda: len(compiled.advance(0, STEPS_TIMED).losses), seconds * 3 / 4, "cpu")
    token = _evaluating(compiled, step, seconds / 4, "cpu")
    return Pace(to_step, token, measured=True, noise_share=0.0)  # the noise is that of the batch that trains


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
    """Return the median time of an action over `seconds`, at least two calls; the first call is not counted.

    Where the action returns a number of steps, the time is that of one.

    On a CPU it is CPU time: that of an otherwise idle core, whatever else runs on the machine just now.
    """
    clock = time.process_time if device == "cpu" else time.perf_counter
    times: list[float] = []
    began = time.perf_counter()
    while len(times) < 2 or time.perf_counter() - began < seconds:
        start = clock()
        done = act()
        if device != "cpu":
            torch.cuda.synchronize()
        times.append((clock() - start) / (done if isinstance(done, int) else 1))
    times = sorted(times[1:])
    return times[len(times) // 2]
