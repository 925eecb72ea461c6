"""Tissue et al. 2024, "Scaling Law with Learning Rate Annealing": the loss along one run, from its learning rates."""

from collections.abc import Sequence

import numpy as np

from .along_schedules import Schedule, along_runs, since_changes
from .declaration import Law, Parameter

CELLS = 2_000_000  # steps x changes worked on at once


def loss_at(lr, steps, held=1.0, *, L_0, A, alpha, C, decay):
    """Give the loss after chosen steps of one run, (..., steps).

    Args:
        lr: learning rate of every step of the run in order: (all steps,).
        steps: the steps asked for, counted from 0: (steps,).
        held: for how many steps each rate applies, if `lr` has one entry per piece of the schedule: (all steps,).
    """
    return slopes_at(lr, steps, held, L_0=L_0, A=A, alpha=alpha, C=C, decay=decay)[0]


def slopes_at(lr, steps, held=1.0, *, L_0, A, alpha, C, decay):
    """Give `loss_at` and its derivative along the logarithm of each parameter."""
    lr, steps = np.asarray(lr, dtype=np.float64), np.asarray(steps, dtype=int)
    log_forward = np.log(np.cumsum(lr * held)[steps])
    power = A * np.exp(-alpha * log_forward)
    area, along = _annealing(lr, steps, held, decay)
    return L_0 + power - C * area, {
        "L_0": L_0,
        "A": power,
        "alpha": -alpha * log_forward * power,
        "C": -C * area,
        "decay": -C * decay * along,
    }


def annealed(lr, *, L_0, A, alpha, C, decay):
    """Give the loss after each step of one run; `lr` holds the learning rate of every step, in order: (steps,)."""
    return annealed_slopes(lr, L_0=L_0, A=A, alpha=alpha, C=C, decay=decay)[0]


def annealed_slopes(lr, *, L_0, A, alpha, C, decay):
    lr = np.atleast_1d(lr)
    return slopes_at(lr, np.arange(len(lr)), L_0=L_0, A=A, alpha=alpha, C=C, decay=decay)


def _annealing(lr, steps, held, decay):
    """S_2 and its derivative with respect to the decay, (..., steps).

    n steps after it, a fall of the rate has added
    fall x (1 + decay + .. + decay^(n - 1)) = fall (1 - decay^n) / (1 - decay).
    """
    decay = np.asarray(decay)[..., None] if np.ndim(decay) else decay
    areas, slopes = [], []
    for changes, n in since_changes(lr, np.cumsum(np.broadcast_to(held, lr.shape)), steps, CELLS // np.size(decay)):
        fall, left, kept = lr[changes - 1] - lr[changes], 1 - decay, np.exp(n * np.log(decay))
        areas.append((fall * (1 - kept) / left).sum(-1))
        slopes.append((fall * ((1 - kept) / left - n * kept / decay) / left).sum(-1))
    return np.concatenate(areas, -1), np.concatenate(slopes, -1)


def along(schedules: Sequence[Schedule]) -> Law:
    """Make the law of several runs."""
    return along_runs(TISSUE, loss_at, slopes_at, schedules)


TISSUE = Law(
    name="tissue",
    predicts="loss",
    evaluate=annealed,
    slopes=annealed_slopes,
    formula="L(s) = L_0 + A S_1^-alpha - C S_2, S_1 = sum eta_i, "
    "S_2 = sum_i sum_{k<=i} (eta_{k-1} - eta_k) decay^(i-k)",
    source="Tissue et al. 2024 (arXiv 2408.11029), equation of the annealing law",
    parameters=(
        Parameter("L_0", "nats/token", (0.5, 5.0)),
        Parameter("A", "nats/token", (0.05, 5.0)),
        Parameter("alpha", "1", (0.1, 1.0)),
        Parameter("C", "nats/token", (0.05, 10.0)),
        Parameter("decay", "1", (0.9, 0.9999)),
    ),
    convention={"lr": "lr_by_step"},
    along=along,
    about="For one run at a time: `lr` is its whole schedule, one row per step, and the law gives the loss at every "
    "step. The memory of an annealing decays as decay^steps, with decay about 0.999; multi-power finds a power law "
    "instead. The increase of the rate in the warm-up enters S_2 with its sign.",
)

LAWS = (TISSUE,)
