"""Tissue et al. 2024, "Scaling Law with Learning Rate Annealing": the loss along one run, from its learning rates."""

import numpy as np

from .law import Law, Parameter


def annealed(lr, *, L_0, A, alpha, C, decay):
    """Give the loss after each step of one run; `lr` holds the learning rate of every step, in order: (steps,)."""
    lr = np.atleast_1d(lr)
    forward = np.cumsum(lr)
    falls = -np.diff(lr, prepend=lr[:1])
    momentum, annealing, kept = np.zeros(np.shape(decay)), [], 0.0
    for fall in falls:  # m_i = decay m_{i-1} + (eta_{i-1} - eta_i): the sum over k <= i, in one pass
        momentum = decay * momentum + fall
        kept = kept + momentum
        annealing.append(kept)
    return L_0 + A * forward**-alpha - C * _along_steps(annealing)


def _along_steps(values):
    """Stack what each step gave, (steps) x (...) or (...) x 1, with the steps last."""
    stacked = np.stack(np.broadcast_arrays(*values), axis=-1)
    return stacked[..., 0, :] if stacked.ndim > 1 and stacked.shape[-2] == 1 else stacked


TISSUE = Law(
    name="tissue",
    predicts="loss",
    evaluate=annealed,
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
