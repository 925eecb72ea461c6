"""Lovelace et al. 2026 (arXiv 2605.01640): a data-constrained law with a cost of overfitting."""

import numpy as np

from .declaration import LINEAR, Law, Parameter

PAPER = "Lovelace et al. 2026 (arXiv 2605.01640)"
NEVER = 1e-300  # repeats of data seen once: zero to a power has no complex derivative


def with_overfitting(N, D, U, *, E, A, B, P, alpha, beta, delta, kappa):
    repeats = np.maximum(D / U - 1, NEVER)
    return E + A / N**alpha + B / D**beta + P * np.exp(delta * np.log(repeats)) * (N / U) ** kappa


LOVELACE = Law(
    name="lovelace",
    predicts="loss",
    evaluate=with_overfitting,
    formula="L = E + A / N^alpha + B / (U (1 + R))^beta + P R^delta (N / U)^kappa, with R = D / U - 1",
    source=f"{PAPER}, abstract",
    parameters=(
        Parameter("E", "nats/token", (0.1, 5.0), amplitude=LINEAR),
        Parameter("A", "nats/token x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("B", "nats/token x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("P", "nats/token x (tokens/param)^kappa", (1e-6, 10.0), amplitude=LINEAR),
        Parameter("alpha", "1", (0.1, 1.0)),
        Parameter("beta", "1", (0.1, 1.0)),
        Parameter("delta", "1", (0.2, 2.0)),
        Parameter("kappa", "1", (0.2, 2.0)),
    ),
    convention={"N": "params_total", "D": "tokens", "U": "tokens_unique"},
    domain={"N": (1.5e7, 1e9), "U": (5e7, 6e9), "D/U": (1.0, 1e3)},
    about="Loss under repetition, which may rise again with epochs, the more so the larger the model; strong weight "
    "decay lowers P. A repeated token counts in full in D, and its cost is the term of P. No constants are available: "
    "a form to fit.",
)

LAWS = (LOVELACE,)
