"""The learning rate at each step, and the steps at which a run is evaluated."""

import math

from .run import RunSpec

SPAN = 256  # ratio of the step of a run's last evaluation to that of its first
CURVE_SHARE = 8  # evaluations along a run use one in this many test windows and items: see `reads_whole_test`


def learning_rate(spec: RunSpec, step: int) -> float:
    """Return the learning rate of optimizer step `step`, counted from 0.

    Linear warm-up lr (s+1)/w; then lr (e + (1 - e) f), where e is `lr_end`, x = (s-w)/(T-w), in tokens where the batch
    grows, and f is
        constant      1, whatever `lr_end`
        linear        (1 - x)^p, where p is `decay_power`
        cosine        (1/2 (1 + cos(pi x)))^p, zero at T (Kaplan et al. 2020, section 2.2)
        inverse-sqrt  sqrt(w / (s+1)), which does not depend on the horizon (Vaswani et al. 2017, eq 3)
        wsd           1 until the last fraction `decay` of the horizon; then, with z the fraction of it that is over,
                      1 - z for `cooldown` "linear" and 1 - sqrt(z) for "1-sqrt" (Hägele et al. 2024)
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
    end = spec.elapsed(spec.steps)
    left, length = end - spec.elapsed(step), max(1, end - spec.elapsed(spec.decay_start))
    return height * left / length if spec.cooldown == "linear" else height * (1 - math.sqrt(1 - left / length))


def _share(spec: RunSpec, step: int) -> float:
    if spec.schedule == "inverse-sqrt":
        return math.sqrt(max(1, spec.warmup) / (step + 1))
    begun = spec.elapsed(spec.warmup)
    done = (spec.elapsed(step) - begun) / max(1, spec.elapsed(spec.steps) - begun)
    falling = 1 - done if spec.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return falling**spec.decay_power


def evaluation_steps(spec: RunSpec) -> list[int]:
    """Choose the steps after which the test loss is measured: evenly spaced in log step, including the last step.

    A branch only adds its decay to the curve of its trunk, and has a quarter as many evaluations. A trunk may later be
    extended: its evaluations are equally dense and start in its warm-up, so that they do not depend on its horizon.
    """
    count = max(2, spec.evaluations // (4 if spec.parent else 1))
    if spec.is_trunk:
        first, ratio = max(1, spec.warmup // 16), SPAN ** (1 / (count - 1))
        count = 1 + math.ceil(math.log(max(1, spec.steps / first)) / math.log(ratio))
    else:
        first = max(spec.first_step + 1, spec.steps // SPAN)
        ratio = (spec.steps / first) ** (1 / (count - 1))
    return sorted({min(spec.steps, max(first, round(first * ratio**i))) for i in range(count)} | {spec.steps})


def reads_whole_test(spec: RunSpec, step: int) -> bool:
    """Whether the evaluation after a step scores every test window, and not one in `CURVE_SHARE`.

    It does where the loss is a run's result: after its last step, which is no result of a trunk, and everywhere with
    early stopping, whose result is the lowest loss.
    """
    return spec.early_stop > 0 or (step == spec.steps and not spec.is_trunk)


def phase(spec: RunSpec, step: int) -> str:
    """Return the phase of the learning rate after `step` steps: "warm-up", "constant" or "decay"."""
    if step <= spec.warmup:
        return "warm-up"
    if spec.schedule == "constant" or (spec.schedule == "wsd" and step <= spec.decay_start):
        return "constant"
    return "decay"


def log_places(n_ctx: int) -> list[int]:
    """Positions 1, 2, 4, ... n_ctx of the context for which each evaluation records the loss."""
    return sorted({2**k for k in range(n_ctx.bit_length()) if 2**k <= n_ctx} | {n_ctx})
