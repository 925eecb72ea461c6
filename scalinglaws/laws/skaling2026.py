"""Skaling 2026 (arXiv 2608.07222): the additive law with an outer power."""

import numpy as np

from .declaration import Law, Parameter

PAPER = "Skaling 2026 (arXiv 2608.07222)"


def outer_power(N, D, *, E, A, B, alpha, beta, k):
    return E + (A / N**alpha + B / D**beta) ** k


def outer_power_slopes(N, D, *, E, A, B, alpha, beta, k):
    log_size, log_data = np.log(N), np.log(D)
    size_term, data_term = A * np.exp(-alpha * log_size), B * np.exp(-beta * log_data)
    whole = size_term + data_term
    log_whole = k * np.log(whole)
    power = np.exp(log_whole)
    share = k * power / whole
    along_size, along_data = share * size_term, share * data_term
    return E + power, {
        "E": E,
        "A": along_size,
        "B": along_data,
        "alpha": -alpha * log_size * along_size,
        "beta": -beta * log_data * along_data,
        "k": log_whole * power,
    }


SKALING = Law(
    name="skaling",
    predicts="loss",
    evaluate=outer_power,
    slopes=outer_power_slopes,
    formula="L(N, D) = (A / N^alpha + B / D^beta)^k + E",
    source=f"{PAPER}, abstract",
    parameters=(
        Parameter("E", "nats/token", (0.3, 4.0)),
        Parameter("A", "(nats/token)^(1/k) x params^alpha", (10.0, 1e6)),
        Parameter("B", "(nats/token)^(1/k) x tokens^beta", (10.0, 1e6)),
        Parameter("alpha", "1", (0.2, 1.2)),
        Parameter("beta", "1", (0.2, 1.2)),
        Parameter("k", "1", (0.2, 1.2)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    about="Chinchilla's law at k = 1, Kaplan's joint law at E = 0; N* does not depend on k. The paper finds k of 0.31 "
    "to 0.45 on text and 0.77 to 0.90 on code and on Chinchilla's runs; E is weakly identified, 0.03 to 0.45 between "
    "refits of one table. No constants are available: a form to fit.",
)

LAWS = (SKALING,)
