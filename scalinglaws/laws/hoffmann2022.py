"""Hoffmann et al. 2022, "Training Compute-Optimal Large Language Models", approach 3, and its refit of 2024.

Parameters and FLOPs count embeddings. Losses in nats a token on MassiveText.
"""

from math import exp

import numpy as np

from .law import LINEAR, Law, Parameter, Published

PAPER = "Hoffmann et al. 2022"
REFIT = "Besiroglu et al. 2024"


def chinchilla(N, D, *, E, A, B, alpha, beta):
    return E + A / N**alpha + B / D**beta


def chinchilla_slopes(N, D, *, E, A, B, alpha, beta):
    minus_log_size, minus_log_data = -np.log(N), -np.log(D)
    size_term, data_term = A * np.exp(alpha * minus_log_size), B * np.exp(beta * minus_log_data)
    return E + size_term + data_term, {
        "E": E,
        "A": size_term,
        "B": data_term,
        "alpha": minus_log_size * size_term,
        "beta": minus_log_data * data_term,
    }


CHINCHILLA = Law(
    name="chinchilla",
    predicts="loss",
    evaluate=chinchilla,
    slopes=chinchilla_slopes,
    formula="L(N, D) = E + A / N^alpha + B / D^beta",
    source=f"{PAPER}, eq 2 (approach 3)",
    parameters=(
        Parameter("E", "nats/token", (0.1, 5.0), amplitude=LINEAR),
        Parameter("A", "nats/token x params^alpha", (1.0, 1e6), amplitude=LINEAR),
        Parameter("B", "nats/token x tokens^beta", (1.0, 1e6), amplitude=LINEAR),
        Parameter("alpha", "1", (0.05, 1.5)),
        Parameter("beta", "1", (0.05, 1.5)),
    ),
    convention={"N": "params_total", "D": "tokens"},
    domain={"N": (7e7, 1.6e10), "D": (5e9, 5e11)},  # abstract of the paper
    published=(
        Published(f"{PAPER}, eq 10 (rounded)", {"E": 1.69, "A": 406.4, "B": 410.7, "alpha": 0.34, "beta": 0.28}),
        Published(
            f"{PAPER}, TeX source (unrounded)",
            {
                "E": exp(0.5267228),
                "A": exp(6.0073404),
                "B": exp(6.0179186),
                "alpha": 0.33917084,
                "beta": 0.2849083,
            },
        ),
        Published(
            f"{REFIT}, table 1",
            {"E": 1.8172, "A": 482.01, "B": 2085.43, "alpha": 0.3478, "beta": 0.3658},
            {"E": 0.0257, "A": 124.5, "B": 1293.0, "alpha": 0.0154, "beta": 0.0206},
        ),
    ),
    about="Final loss of N parameters on D tokens, each seen once. The refit digitised 240 of the paper's runs; its E "
    "comes from Huber's loss at delta 1e-3 and the other four constants from least absolute deviations.",
    data="MassiveText, tokenizer of 32000",
)

LAWS = (CHINCHILLA,)
