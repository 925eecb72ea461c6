"""Luo et al. 2025, "A Multi-Power Law for Loss Curve Prediction Across Learning Rate Schedules".

This is not a law of one row: the loss after a step depends on every learning rate before it. `MULTI_POWER` takes the
whole schedule of one run; `along` makes a law of (schedule, step) from several runs, which a fit uses row by row.
"""

from collections.abc import Sequence

import numpy as np

from .along_schedules import Schedule, along_runs, since_changes
from .declaration import Law, Parameter, Published

PAPER = "Luo et al. 2025"
CELLS = 2_000_000  # steps x changes worked on at once


def loss_at(lr, steps, held=1.0, *, L0, A, alpha, B, C, beta, gamma):
    """Give the loss after chosen steps of one run, (..., steps).

    Args:
        lr: learning rate of every step of the run in order, warm-up included: (all steps,).
        steps: the steps asked for, counted from 0: (steps,).
        held: for how many steps each rate applies, if `lr` has one entry per piece of the schedule: (all steps,).
        L0, A, alpha, B, C, beta, gamma: numbers, or arrays of shape (rows, 1).
    """
    lr, steps = np.asarray(lr, dtype=np.float64), np.asarray(steps, dtype=int)
    forward = np.cumsum(lr * held)[steps]
    return L0 + A * forward**-alpha - B * _annealed(lr, steps, held, C, beta, gamma)


def slopes_at(lr, steps, held=1.0, *, L0, A, alpha, B, C, beta, gamma):
    """Give `loss_at` and its derivative along the logarithm of each parameter."""
    lr, steps = np.asarray(lr, dtype=np.float64), np.asarray(steps, dtype=int)
    log_forward = np.log(np.cumsum(lr * held)[steps])
    power = A * np.exp(-alpha * log_forward)
    annealed, along = _annealed_with_slopes(lr, steps, held, C, beta, gamma)
    return L0 + power - B * annealed, {
        "L0": L0,
        "A": power,
        "alpha": -alpha * log_forward * power,
        "B": -B * annealed,
        "C": -B * along["C"],
        "beta": -B * along["beta"],
        "gamma": -B * along["gamma"],
    }


def _annealed(lr, steps, held, C, beta, gamma):
    """Sum over the changes k <= t: (eta_{k-1} - eta_k) (1 - (1 + C eta_k^-gamma S_k(t))^-beta)."""
    parts = [
        (fall * (1 - np.exp(-_last(beta) * np.log1p(reach)))).sum(-1)
        for fall, _, reach in _reached(lr, steps, held, C, gamma)
    ]
    return np.concatenate(parts, axis=-1)


def _annealed_with_slopes(lr, steps, held, C, beta, gamma):
    sums, along = [], {"C": [], "beta": [], "gamma": []}
    for fall, log_rate, reach in _reached(lr, steps, held, C, gamma):
        spread = np.log1p(reach)
        left = np.exp(-_last(beta) * spread)
        steep = _last(beta) * left * reach / (1 + reach)
        sums.append((fall * (1 - left)).sum(-1))
        along["C"].append((fall * steep).sum(-1))
        along["beta"].append((fall * _last(beta) * left * spread).sum(-1))
        along["gamma"].append((-_last(gamma) * log_rate * fall * steep).sum(-1))
    return np.concatenate(sums, -1), {name: np.concatenate(part, -1) for name, part in along.items()}


def _reached(lr, steps, held, C, gamma):
    """Give, for blocks of steps: the falls (changes,), ln eta_k, and C eta_k^-gamma S_k(t), (..., steps, changes)."""
    scale = _last(C)
    for changes, travelled in since_changes(lr, np.cumsum(lr * held), steps, CELLS // np.size(C)):
        fall, rate = lr[changes - 1] - lr[changes], lr[changes]
        log_rate = np.log(np.where(rate > 0, rate, 1.0))  # after a fall to zero nothing more is travelled: S_k = 0
        yield fall, log_rate, scale * np.exp(-_last(gamma) * log_rate) * travelled


def _last(parameter):
    """Give a number, or (rows, 1), one more axis for the changes."""
    return np.asarray(parameter)[..., None] if np.ndim(parameter) else parameter


def whole_run(lr, *, L0, A, alpha, B, C, beta, gamma):
    lr = np.atleast_1d(lr)
    return loss_at(lr, np.arange(len(lr)), L0=L0, A=A, alpha=alpha, B=B, C=C, beta=beta, gamma=gamma)


def whole_run_slopes(lr, *, L0, A, alpha, B, C, beta, gamma):
    lr = np.atleast_1d(lr)
    return slopes_at(lr, np.arange(len(lr)), L0=L0, A=A, alpha=alpha, B=B, C=C, beta=beta, gamma=gamma)


def along(schedules: Sequence[Schedule | np.ndarray]) -> Law:
    """Make the law of several runs; a plain array is the rate of every step."""
    given = [one if isinstance(one, Schedule) else Schedule(one) for one in schedules]
    return along_runs(MULTI_POWER, loss_at, slopes_at, given)


def fitted(size: str, *values: float) -> Published:
    names = ("L0", "A", "alpha", "B", "C", "beta", "gamma")
    return Published(f"{PAPER}, {size} (authors' repository)", dict(zip(names, values, strict=True)))


MULTI_POWER = Law(
    name="multi-power",
    predicts="loss",
    evaluate=whole_run,
    slopes=whole_run_slopes,
    formula="L(t) = L0 + A (S_1(t) + S_W)^-alpha - B sum_k (eta_{k-1} - eta_k) (1 - (1 + C eta_k^-gamma "
    "S_k(t))^-beta), S_k(t) = sum_{i=k..t} eta_i",
    source=f"{PAPER} (arXiv 2503.12811), equation of the multi-power law",
    parameters=(
        Parameter("L0", "nats/token", (1.0, 4.0)),
        Parameter("A", "nats/token", (0.1, 2.0)),
        Parameter("alpha", "1", (0.2, 1.0)),
        Parameter("B", "nats/token per learning rate", (100.0, 1000.0)),
        Parameter("C", "learning rate^(gamma - 1)", (0.5, 8.0)),
        Parameter("beta", "1", (0.2, 1.2)),
        Parameter("gamma", "1", (0.3, 0.9)),
    ),
    convention={"lr": "lr_by_step"},
    along=along,
    domain={"lr": (0.0, 3e-4)},
    data="Llama-2-like; batch, data and peak learning rate 3e-4 the same for every run; warm-up 2160 steps",
    published=(
        fitted("25M", 3.04045406, 0.52468604, 0.50786857, 363.78751622, 2.06560812, 0.58279013, 0.64142257),
        fitted("100M", 2.6514477, 0.60115152, 0.45295811, 437.9464276, 2.13245612, 0.59785199, 0.65523644),
        fitted("400M", 2.37474466, 0.65421216, 0.42878731, 523.42464371, 2.02462735, 0.59350493, 0.63472457),
    ),
    about="For one run at a time: `lr` is its whole schedule from the first step, one row per step, and the law gives "
    "the loss at every step. The warm-up is part of it: its increases enter the sum with their sign, and leaving them "
    "out shifts the loss by -0.11 to -0.16 nats. A table of curves is fitted with each run's own schedule, as its rows "
    "have it.",
)


LAWS = (MULTI_POWER,)
