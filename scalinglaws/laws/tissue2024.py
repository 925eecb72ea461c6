"""Tissue et al. 2024, "Scaling Law with Learning Rate Annealing": the loss along one run, from its learning rates."""

import numpy as np

from .law import Law, Parameter


def annealed(lr, *, L_0, A, alpha, C, decay):
    """Give the loss after each step of one run; `lr` holds the learning rate of every step, in order: (steps,)."""
    return annealed_slopes(lr, L_0=L_0, A=A, alpha=alpha, C=C, decay=decay)[0]


def annealed_slopes(lr, *, L_0, A, alpha, C, decay):
    lr = np.atleast_1d(lr)
    log_forward = np.log(np.cumsum(lr))
    power = A * np.exp(-alpha * log_forward)
    area, along = _annealing(lr, decay)
    return L_0 + power - C * area, {
        "L_0": L_0,
        "A": power,
        "alpha": -alpha * log_forward * power,
        "C": -C * area,
        "decay": -C * decay * along,
    }


def _annealing(lr, decay):
    """S_2 and its derivative by the decay, (..., steps): momentum m_i = decay m_{i-1} + eta_{i-1} - eta_i."""
    falls = -np.diff(lr, prepend=lr[:1])
    decay = np.reshape(decay, -1) if np.ndim(decay) else decay
    areas = np.empty((2, *np.shape(decay), len(lr)), dtype=np.result_type(decay, lr))
    momentum = along = area = area_along = 0.0
    for i, fall in enumerate(falls):
        along = decay * along + momentum
        momentum = decay * momentum + fall
        area, area_along = area + momentum, area_along + along
        areas[0, ..., i], areas[1, ..., i] = area, area_along
    return areas


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
    convention={"lr": "lr"},
    about="For one run at a time: `lr` is its whole schedule, a row a step, and the loss comes back for every step. "
    "The memory of an annealing fades as decay^steps, about .999; multi-power finds a power law instead. The "
    "warm-up's rise enters S_2 with its sign.",
)

LAWS = (TISSUE,)
