"""The learning rate at each step, and where a run is evaluated."""

import math

from .run import RunSpec

SPAN = 256  # from the first evaluation of a run to its last, in steps
CURVE_SHARE = 8  # evaluations before the last use one in this many of the test windows


def learning_rate(spec: RunSpec, step: int) -> float:
    """Give the learning rate of optimiser step `step`, counted from 0.

    Linear warm-up lr (s+1)/w; then lr (e + (1 - e) f), where e is `lr_end`, x = (s-w)/(T-w) and f is
        constant      1, whatever `lr_end`
        linear        (1 - x)^p, p being `decay_power`
        cosine        (1/2 (1 + cos(pi x)))^p, to zero at T (Kaplan et al. 2020, section 2.2)
        inverse-sqrt  sqrt(w / (s+1)), which has no end of its own (Vaswani et al. 2017, eq 3)
        wsd           1 until the last `decay` share of the horizon, of which z has passed: then 1 - z under `cooldown`
                      "linear", 1 - sqrt(z) under "1-sqrt" (Hägele et al. 2024)
    """
    peak = spec.lr
    if step < spec.warmup:
        return peak * (step + 1) / spec.warmup
    if spec.schedule == "constant":
        return peak
    end = peak * spec.lr_end
    if spec.schedule == "wsd":
        return peak if step < spec.decay_start else end + _cooled(spec, peak - end, step)
    return end + (peak - end) * _share(spec, step)


def _cooled(spec: RunSpec, height: float, step: int) -> float:
    left, length = spec.steps - step, max(1, spec.steps - spec.decay_start)
    return height * left / length if spec.cooldown == "linear" else height * (1 - math.sqrt(1 - left / length))


def _share(spec: RunSpec, step: int) -> float:
    if spec.schedule == "inverse-sqrt":
        return math.sqrt(max(1, spec.warmup) / (step + 1))
    done = (step - spec.warmup) / max(1, spec.steps - spec.warmup)
    falling = 1 - done if spec.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return falling**spec.decay_power


def evaluation_steps(spec: RunSpec) -> list[int]:
    """Choose the steps after which the test loss is taken: evenly in log step, the last one included.

    A branch only adds its decay to its trunk's curve, and takes a quarter as many. A trunk may be asked to go on: its
    steps lie as densely and start from its warm-up, so that they are the same whatever its horizon.
    """
    count = max(2, spec.evaluations // (4 if spec.parent else 1))
    if spec.is_trunk:
        first, ratio = max(1, spec.warmup // 16), SPAN ** (1 / (count - 1))
        count = 1 + math.ceil(math.log(max(1, spec.steps / first)) / math.log(ratio))
    else:
        first = max(spec.first_step + 1, spec.steps // SPAN)
        ratio = (spec.steps / first) ** (1 / (count - 1))
    return sorted({min(spec.steps, max(first, round(first * ratio**i))) for i in range(count)} | {spec.steps})


def phase(spec: RunSpec, step: int) -> str:
    """Say whether the learning rate after `step` steps was warming up, constant or decaying."""
    if step <= spec.warmup:
        return "warm-up"
    if spec.schedule == "constant" or (spec.schedule == "wsd" and step <= spec.decay_start):
        return "constant"
    return "decay"


def log_places(n_ctx: int) -> list[int]:
    """Places 1, 2, 4, ... n_ctx at which a run's curve keeps its loss by position."""
    return sorted({2**k for k in range(n_ctx.bit_length()) if 2**k <= n_ctx} | {n_ctx})
